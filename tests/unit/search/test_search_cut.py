import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.models.length_correction import LengthCorrection
from photoorg.search.cut import CERTAIN, IMPROBABLE, NOTHING, bar, least_best

probabilities = st.lists(st.floats(0, 0.96875, width=32), min_size=1, max_size=400).map(
    lambda values: np.array(values, dtype=np.float32)
)
corrections = st.builds(
    LengthCorrection, st.floats(-1, 1), st.floats(0.5, 1.5), st.floats(-0.8, 0.2)
)


def row(*values: float, rest: int = 0) -> np.ndarray:
    """Some probabilities, and so many photos that surely show something else."""
    return np.array([*values, *[1e-4] * rest], dtype=np.float32)


def shown(probability, **more) -> int:
    return int((probability >= bar(probability, **more)).sum())


def test_as_many_are_shown_as_the_f_measure_expects_best():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.uniform(0, 0.98, rng.integers(1, 60)).astype(np.float32)
        heard = np.sort(p[p >= IMPROBABLE])[::-1]
        if not len(heard) or heard[0] < least_best(len(p)):
            continue
        expected = [2 * heard[:k].sum() / (k + heard.sum()) for k in range(1, len(heard) + 1)]
        assert shown(p) == 1 + int(np.argmax(expected))


def test_a_word_that_many_show_has_a_long_answer_and_a_caption_a_short_one():
    many = np.linspace(0.9, 0.3, 100, dtype=np.float32)
    assert shown(many) > 80
    assert shown(row(0.9, 0.35, 0.2, 0.1, rest=100)) == 1
    # Longer captions are less probable than said, near misses most of all.
    near = row(0.9, 0.6, 0.4, 0.2, rest=100)
    stern = LengthCorrection(length=-1.0)
    assert shown(near, words=10, correction=stern) < shown(near, words=1, correction=stern)


@pytest.mark.parametrize("photos", [1, 30, 60, 120, 280, 100_000])
def test_nothing_is_found_where_chance_gives_such_a_best(photos):
    least = least_best(photos)
    assert bar(np.full(photos, least * 0.99, dtype=np.float32)) == NOTHING
    assert shown(row(least * 1.01, rest=photos - 1)) == 1
    assert 0.025 <= least <= 0.2


def test_no_photos_no_answer():
    assert bar(np.empty(0, dtype=np.float32)) == NOTHING


def test_the_answer_does_not_depend_on_the_size_of_the_library():
    small = np.array([0.9, 0.8, 0.5, 0.3, *[0.01] * 400], dtype=np.float32)
    large = np.tile(small, 250)
    assert len(large) > 100_000
    assert bar(large) == bar(small)


def test_confirmed_photos_are_shown_and_leave_the_others_as_they_were():
    likeness = row(0.4, 0.35, 0.3, rest=400)
    confirmed = row(0.99, 0.99, 0.4, 0.35, 0.3, rest=400)
    assert bar(likeness) == bar(confirmed)
    assert shown(confirmed) == shown(likeness) + 2
    assert bar(row(0.99, 0.1, rest=400)) == CERTAIN


@given(probabilities, corrections, st.integers(1, 20), st.data())
def test_what_is_shown_stays_when_it_becomes_more_probable(p, correction, words, data):
    limit = bar(p, words, correction)
    for number in np.flatnonzero(p >= limit)[:5]:
        better = p.copy()
        better[number] = data.draw(st.floats(float(p[number]), 0.9990234375, width=32))
        assert better[number] >= bar(better, words, correction)


@given(probabilities, corrections, st.integers(1, 20), st.integers(0, 2000))
def test_photos_of_something_else_never_add_answers(p, correction, words, count):
    # So improbable that they would not be shown alone either.
    unheard = 0.9 * min(correction.before(IMPROBABLE, words), least_best(1))
    more = np.concatenate([p, np.full(count, unheard, dtype=np.float32)])
    assert bar(more, words, correction) >= bar(p, words, correction)


@given(probabilities, corrections, st.integers(1, 20))
def test_the_order_of_photos_does_not_matter_and_each_answer_is_a_prefix(p, correction, words):
    limit = bar(p, words, correction)
    assert limit == bar(p[::-1].copy(), words, correction)
    assert limit in (NOTHING, CERTAIN) or limit in p


def test_the_engine_says_nothing_found_and_hands_out_near_misses():
    from search_world import FakeCatalog, FakeEncoder, FakeModel, picture

    from photoorg.search.engine import SearchEngine

    catalog = FakeCatalog(pictures={n: picture(beach=1, dog=0.2) for n in range(40)})
    engine = SearchEngine(
        catalog, catalog.index(), catalog.index(similar=True), FakeModel(), FakeEncoder(), None
    )
    results = engine.search("dog")
    assert results.relevant == 0
    assert len(results.hits) == 40
    assert engine.search("beach").relevant == 40


def test_the_engine_takes_the_models_correction():
    from search_world import FakeCatalog, FakeEncoder, FakeModel, picture

    from photoorg.search.engine import SearchEngine

    class Stern(FakeModel):
        length_correction = LengthCorrection(length=-2.0)

    pictures = {1: picture(dog=1, beach=1), 2: picture(dog=1, city=0.9), 3: picture(city=1)}
    catalog = FakeCatalog(pictures=pictures)

    def relevant(model):
        indexes = catalog.index(), catalog.index(similar=True)
        engine = SearchEngine(catalog, *indexes, model, FakeEncoder(), None)
        return engine.search("dog on the beach").relevant

    assert relevant(FakeModel()) == 2
    assert relevant(Stern()) == 1
