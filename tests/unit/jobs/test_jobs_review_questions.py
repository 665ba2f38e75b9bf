from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.progress import CancelToken
from photoorg.jobs.personal_evidence import EvidenceReader
from photoorg.jobs.personal_questions import find_questions
from photoorg.models.personal_fit import NO, Evidence, fit_personal
from photoorg.models.starter_parts import Spread

NAMES = ("sea", "forest", "Snow")
VECTORS = np.random.default_rng(0).normal(size=(120, 6)).astype(np.float32)


class Catalog:
    """A library of which little is said."""

    def __init__(self, said=()):
        self.said = list(said)

    def vector_ids(self, _):
        return np.arange(len(VECTORS))

    def vectors(self, _, photo_ids):
        return np.array(photo_ids, dtype=np.int64), VECTORS[list(photo_ids)]

    def vectors_changed_since(self, _, revision):
        nothing = np.empty(0, dtype=np.int64)
        return revision, nothing, nothing

    def tags_in_use(self):
        return NAMES

    def kept_tags(self, photo_ids):
        return {}

    def carried_tags(self, photo_ids):
        return self._tags(photo_ids, {True})

    def decided_tags(self, photo_ids):
        return self._tags(photo_ids, {True, False})

    def _tags(self, photo_ids, wanted):
        found = {}
        for photo_id, tag, yes in self.said:
            if photo_id in photo_ids and yes in wanted:
                found.setdefault(photo_id, set()).add(NAMES[tag])
        return {photo_id: frozenset(tags) for photo_id, tags in found.items()}

    def said_of_tags(self):
        rows = np.array(sorted(self.said), dtype=np.int64).reshape(-1, 3)
        return SaidOfTags(NAMES, rows[:, 0], rows[:, 1], rows[:, 2].astype(bool))


SIGHT = SimpleNamespace(
    visual_key=ModelKey("eye"),
    traits=lambda visual: visual,
    embed_tags=lambda text: np.eye(6, dtype=np.float32)[: len(text)],
    vocabulary=("Forest", "snow"),
    dimension=6,
    suggest=lambda embedded: np.full((len(embedded), 2), [0.5, 0.25], dtype=np.float32),
)


@pytest.fixture
def model():
    evidence = Evidence(
        names=NAMES,
        words=np.eye(6, dtype=np.float32)[:3],
        traits=VECTORS[:1],
        said=np.zeros((1, 3), dtype=np.int8),
        library=VECTORS,
        examples=np.zeros(3, dtype=np.int64),
        tagged=0,
    )
    return fit_personal(evidence, Spread.of(VECTORS)).model


def ask(model, catalog, *, tag=None, limit=12, skip=(), nearest=lambda _direction, _count: []):
    return find_questions(
        catalog,
        SIGHT,
        model,
        nearest,
        [PhotoId(number) for number in range(len(VECTORS))],
        tag,
        limit,
        skip,
        np.random.default_rng(0),
    )


def test_the_most_useful_questions_come_first_each_photo_once(model):
    items = ask(model, Catalog())
    assert len({item.tag for item in items}) > 1
    assert len({item.photo_id for item in items}) == 12
    useful = [item.usefulness for item in items]
    assert useful == sorted(useful, reverse=True)
    assert 0 < useful[-1] <= useful[0] < 1


def test_what_is_asked_is_what_the_model_finds_open(model):
    heard = model.witnesses(VECTORS, np.zeros((len(VECTORS), 3), dtype=bool))
    probability = model.probabilities(heard)
    for item in ask(model, Catalog()):
        column = NAMES.index(item.tag)
        assert item.probability == pytest.approx(probability[item.photo_id, column], abs=1e-5)
        assert item.probability > np.median(probability[:, column])


def test_one_photo_more_matters_less_where_many_carry_the_tag(model):
    before = {item.photo_id: item.usefulness for item in ask(model, Catalog(), tag="sea")}
    carried = [(photo, 0, True) for photo in range(120) if photo not in before][:60]
    after = {
        item.photo_id: item.usefulness for item in ask(model, Catalog(carried), tag="sea", limit=60)
    }
    assert len(before) == 12
    assert before.keys() <= after.keys()
    assert all(after[photo_id] < before[photo_id] for photo_id in before)


def test_of_very_many_tags_some_are_drawn():
    names = tuple(f"tag {number}" for number in range(130))
    rng = np.random.default_rng(0)
    evidence = Evidence(
        names=names,
        words=rng.normal(size=(130, 6)).astype(np.float32),
        traits=VECTORS[:1],
        said=np.zeros((1, 130), dtype=np.int8),
        library=VECTORS,
        examples=np.zeros(130, dtype=np.int64),
        tagged=0,
    )
    many = fit_personal(evidence, Spread.of(VECTORS)).model
    catalog = Catalog()
    catalog.tags_in_use = lambda: names
    looked_up = []
    assert ask(many, catalog, nearest=lambda each, _: looked_up.append(each) or [])
    assert len(looked_up) == 100


def test_one_tag_alone_can_be_asked_about(model):
    assert {item.tag for item in ask(model, Catalog(), tag="FOREST")} == {"forest"}
    assert ask(model, Catalog(), tag="desert") == ()


def test_what_was_answered_or_skipped_is_not_asked(model):
    said = [(photo, 0, photo % 2 == 0) for photo in range(60)]
    skip = [(PhotoId(photo), "SEA") for photo in range(60, 117)]
    items = ask(model, Catalog(said), tag="sea", skip=skip)
    assert sorted(item.photo_id for item in items) == [117, 118, 119]


def read(said):
    encoder = SimpleNamespace(encode=lambda texts: np.zeros((len(texts), 4), dtype=np.float32))
    reader = EvidenceReader(Catalog(said), SIGHT, encoder)
    return reader.gather(reader.look(), CancelToken())


def test_a_tag_that_was_only_rejected_is_learned():
    gathered = read([(1, 0, True), (2, 2, False), (3, 2, False)])
    assert gathered.evidence.names == ("sea", "Snow")
    assert gathered.evidence.examples.tolist() == [1, 0]
    assert gathered.evidence.said[:, 1].tolist() == [0, NO, NO]
    assert gathered.evidence.tagged == 1


def test_what_the_starter_model_foretells_is_part_of_the_evidence():
    foretold = read([(1, 0, True), (2, 2, False)]).evidence.foretold
    assert np.isnan(foretold[0])  # it does not know "sea"
    assert foretold[1] == 0.25


def test_rejections_alone_are_evidence_and_nothing_is_none():
    assert read([(2, 2, False)]).evidence.names == ("Snow",)
    assert read([]) is None
