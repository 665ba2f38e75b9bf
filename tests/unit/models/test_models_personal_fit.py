"""The personal model's closed forms against naive references, and odd libraries."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from photoorg.models import personal_company, personal_fit
from photoorg.models.personal import LEAST_EXAMPLES, company_scores
from photoorg.models.personal_fit import NO, UNSAID, YES, Evidence, Learned, fit_personal
from photoorg.models.starter_parts import Spread, sigmoid

D, E = 12, 5
PRIOR = Spread(
    np.zeros(D, dtype=np.float32), np.diag(np.linspace(0.5, 1.5, D)).astype(np.float32) / D
)


def photos(count: int, seed: int, kinds: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Traits of photos of some kinds that lie well apart, and the kind of each."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(kinds, D)) / np.sqrt(D)
    kind = random.integers(0, kinds, count)
    noise = 0.25 * random.normal(size=(count, D)) / np.sqrt(D)
    return (centres[kind] + noise).astype(np.float32), kind


def evidence(
    traits: np.ndarray, said: np.ndarray, library: np.ndarray | None = None, seed: int = 0
) -> Evidence:
    said = said.astype(np.int8)
    words = np.random.default_rng(seed).normal(size=(said.shape[1], E)).astype(np.float32)
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    return Evidence(
        names=tuple(f"tag {number}" for number in range(said.shape[1])),
        words=words,
        traits=traits,
        said=said,
        library=traits if library is None else library,
        examples=(said == YES).sum(axis=0).astype(np.int64),
        tagged=int((said == YES).any(axis=1).sum()),
    )


def ask(learned: Learned, traits: np.ndarray, tags: np.ndarray | None = None) -> np.ndarray:
    if tags is None:
        tags = np.zeros((len(traits), len(learned.model.names)), dtype=np.bool_)
    return learned.model.probabilities(learned.model.witnesses(traits, tags))


def finite(learned: Learned) -> None:
    for tensor in learned.model.tensors().values():
        assert np.isfinite(tensor).all()
    for probability in (learned.held_out, learned.library):
        assert ((probability >= 0) & (probability <= 1)).all()


# -- the look ---------------------------------------------------------------------------------


def naive_direction(traits, yes, no, spread, weight) -> np.ndarray:
    """Solve for one tag's direction, float64 [d], not scaled."""
    covariance = spread.covariance.astype(np.float64)
    ridge = personal_fit._SPREAD_RIDGE * np.trace(covariance) / len(covariance)
    centred = traits.astype(np.float64) - spread.mean
    matrix = covariance + ridge * np.eye(D) + weight * centred[no].T @ centred[no]
    return np.linalg.solve(matrix, centred[yes].mean(axis=0))


@pytest.mark.parametrize("rejected", [0, 1, 6, 40], ids=lambda n: f"{n} rejected")
def test_a_look_left_out_is_what_is_learned_without_the_photo(rejected: int) -> None:
    traits, kind = photos(80, seed=1)
    said = np.zeros((80, 1), dtype=np.int8)
    said[np.flatnonzero(kind == 0)[:9], 0] = YES
    others = np.concatenate([np.flatnonzero(kind == 0)[9:], np.flatnonzero(kind != 0)])
    said[others[:rejected], 0] = NO
    seen = evidence(traits, said)
    spread = Spread.of(traits)
    look, held_out = personal_fit._fit_look(seen, spread, lambda: None)
    yes, no = said[:, 0] == YES, said[:, 0] == NO
    unpushed = naive_direction(traits, yes, np.zeros_like(no), spread, 0)
    no &= (traits - spread.mean) @ unpushed > 0
    assert (no.sum() > 0) == (rejected > 0)
    assert (no.sum() > D) == (rejected == 40), "both ways to compute it are tried"
    weight = personal_fit._REJECTED / yes.sum()
    whole = naive_direction(traits, yes, no, spread, weight)
    scale = 1 / np.sqrt(whole @ spread.covariance @ whole)
    np.testing.assert_allclose(look[0], whole * scale, rtol=2e-4, atol=2e-5)
    for photo in range(80):
        without = [np.where(np.arange(80) == photo, False, rows) for rows in (yes, no)]
        direction = naive_direction(traits, *without, spread, weight)
        expected = (traits[photo] - spread.mean) @ direction * scale
        assert held_out[photo, 0] == pytest.approx(expected, rel=2e-3, abs=2e-3)


def test_few_and_many_rejections_are_computed_alike() -> None:
    traits, kind = photos(60, seed=2)
    yes, no = kind == 0, kind == 1
    spread = Spread.of(traits)
    ridged = spread.covariance.astype(np.float64) + 0.1 * np.eye(D)
    inverse = np.linalg.inv(ridged).astype(np.float32)
    at = personal_fit._Looked(traits, spread.mean, inverse, ridged)
    mean = traits[yes].mean(axis=0) - spread.mean
    few = personal_fit._reject_few(at, mean, yes, no, 0.3)
    many = personal_fit._reject_many(at, mean, yes, no, 0.3)
    for one, other in zip(few, many, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_a_rejection_lowers_the_photo_and_its_like_and_no_other_tag() -> None:
    traits, kind = photos(300, seed=3)
    said = np.zeros((300, 2), dtype=np.int8)
    said[np.flatnonzero(kind == 0)[:10], 0] = YES
    said[np.flatnonzero(kind == 1)[:10], 1] = YES
    before = fit_personal(evidence(traits, said), PRIOR)
    heard = [before.model.witnesses(traits, np.zeros((300, 2), dtype=np.bool_))]
    photo = int(np.where(kind == 0, -np.inf, heard[0].look[:, 0]).argmax())
    assert heard[0].look[photo, 0] > 0
    rejecting = said.copy()
    rejecting[photo, 0] = NO
    after = fit_personal(evidence(traits, rejecting), PRIOR)
    heard.append(after.model.witnesses(traits, np.zeros((300, 2), dtype=np.bool_)))
    centred = traits - before.model.mean
    cosine = centred @ centred[photo] / np.linalg.norm(centred, axis=1)
    alike = np.argsort(-cosine)[:6]
    # By how far it lies below the tag's own photos, which is what counts.
    own = (kind == 0).nonzero()[0]
    gaps = [each.look[own, 0].mean() - each.look[alike, 0] for each in heard]
    assert (gaps[1] > gaps[0]).all()
    np.testing.assert_array_equal(heard[0].look[:, 1], heard[1].look[:, 1])
    assert ask(after, traits)[photo, 0] < ask(before, traits)[photo, 0]
    assert ask(after, traits)[own, 0].mean() > ask(before, traits)[own, 0].mean() - 0.02


def test_rejecting_what_nobody_would_suggest_teaches_nothing() -> None:
    traits, kind = photos(300, seed=3)
    said = np.zeros((300, 1), dtype=np.int8)
    said[np.flatnonzero(kind == 0)[:10], 0] = YES
    before = fit_personal(evidence(traits, said), PRIOR)
    looks = before.model.witnesses(traits, np.zeros((300, 1), dtype=np.bool_)).look[:, 0]
    rejecting = said.copy()
    rejecting[np.argsort(looks)[:20], 0] = NO
    after = fit_personal(evidence(traits, rejecting), PRIOR)
    np.testing.assert_allclose(after.model.look, before.model.look, rtol=1e-5)


def test_a_photo_without_a_word_said_changes_the_spread_alone() -> None:
    traits, kind = photos(120, seed=4)
    said = np.zeros((120, 2), dtype=np.int8)
    said[kind == 0, 0] = YES
    said[kind == 1, 1] = YES
    told = np.flatnonzero((said != UNSAID).any(axis=1))
    library = photos(200, seed=5)[0]
    one = fit_personal(evidence(traits[told], said[told], library), PRIOR)
    other = fit_personal(
        evidence(traits[told], said[told], np.concatenate([library, library])), PRIOR
    )
    # The same photos twice are the same spread, but for how far the shipped one stands in.
    for name in ("examples", "usual", "company", "company_mean", "words"):
        np.testing.assert_array_equal(getattr(one.model, name), getattr(other.model, name))
    assert not np.array_equal(one.model.look, other.model.look)


def test_more_examples_never_make_a_tags_own_photos_rank_worse() -> None:
    traits, kind = photos(400, seed=6)
    fresh, fresh_kind = photos(400, seed=60)
    pool = np.flatnonzero(kind == 0)
    ranks = []
    for count in (1, 2, 5, 10, 20, 50):
        said = np.zeros((400, 1), dtype=np.int8)
        said[pool[:count], 0] = YES
        told = np.flatnonzero(said[:, 0])
        learned = fit_personal(evidence(traits[told], said[told], traits), PRIOR)
        scores = ask(learned, fresh)[:, 0]
        own, others = scores[fresh_kind == 0], scores[fresh_kind != 0]
        ranks.append(float((own[:, None] > others[None, :]).mean()))
    assert all(later >= earlier - 0.002 for earlier, later in pairwise(ranks))
    assert ranks[-1] > 0.99


def test_a_private_word_is_known_after_five_examples() -> None:
    traits, kind = photos(200, seed=8, kinds=5)
    said = np.zeros((200, 1), dtype=np.int8)
    said[np.flatnonzero(kind == 3)[:LEAST_EXAMPLES], 0] = YES
    told = np.flatnonzero(said[:, 0])
    learned = fit_personal(evidence(traits[told], said[told], traits), PRIOR)
    fresh, fresh_kind = photos(200, seed=80, kinds=5)
    scores = ask(learned, fresh)[:, 0]
    best = np.argsort(-scores)[: int((fresh_kind == 3).sum())]
    assert (fresh_kind[best] == 3).mean() > 0.9


# -- company ----------------------------------------------------------------------------------


def test_company_is_a_ridge_regression_of_each_tag_on_the_others() -> None:
    random = np.random.default_rng(0)
    tags = random.random((90, 6)) < 0.3
    tags[:, 5] = tags[:, 0] | tags[:, 1]
    usual = tags.mean(axis=0, dtype=np.float32)
    matrix = personal_company.company_matrix(personal_company.together(tags, usual))
    centred = tags.astype(np.float64) - usual
    for tag in range(6):
        others = np.delete(np.arange(6), tag)
        x = centred[:, others]
        solved = np.linalg.solve(
            x.T @ x + personal_company._RIDGE * np.eye(5), x.T @ centred[:, tag]
        )
        np.testing.assert_allclose(matrix[others, tag], solved, atol=1e-5)
    assert (np.diag(matrix) == 0).all()


def test_company_left_out_comes_from_the_other_half() -> None:
    random = np.random.default_rng(1)
    tags = random.random((41, 4)) < 0.4
    company = personal_company.Company.fit(tags)
    usual = tags.mean(axis=0, dtype=np.float32)
    even = np.arange(41) % 2 == 0
    learned = personal_company.company_matrix(personal_company.together(tags[~even], usual))
    expected = company_scores(tags[even], learned, usual, company.mean, company.scale)
    np.testing.assert_allclose(company.held_out[even], expected, atol=1e-5)
    scores = (tags - usual) @ company.matrix
    np.testing.assert_allclose(company.mean, scores.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(1 / company.scale, np.maximum(scores.std(axis=0), 0.02), rtol=1e-4)


def test_company_is_silent_without_other_tags_and_bounded_with_many() -> None:
    tags = np.zeros((60, 3), dtype=np.bool_)
    tags[:4] = True
    tags[4:30, 0] = True
    learned = fit_personal(evidence(photos(60, 9)[0], np.where(tags, YES, UNSAID)), PRIOR)
    asked = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=np.bool_)
    heard = learned.model.company_of(asked)
    assert (heard[0] == 0).all()
    assert heard[1, 0] == 0
    assert heard[2, 2] > 1
    assert np.abs(heard).max() <= 4


def test_tags_that_go_together_pull_each_other() -> None:
    random = np.random.default_rng(2)
    traits = random.normal(size=(200, D)).astype(np.float32) / 4
    said = np.zeros((200, 3), dtype=np.int8)
    said[:60, 0] = said[:60, 1] = YES
    said[60:200, 2] = YES
    learned = fit_personal(evidence(traits, said), PRIOR)
    alone = np.zeros((5, 3), dtype=np.bool_)
    together = alone.copy()
    together[:, 0] = True
    pulled = ask(learned, traits[60:65], together)[:, 1] - ask(learned, traits[60:65], alone)[:, 1]
    assert (pulled > 0.05).all()


# -- calibration ------------------------------------------------------------------------------


def test_a_photo_without_tags_is_judged_as_if_there_were_no_company() -> None:
    """Tags of other photos that go together say nothing against a photo that has none."""
    random = np.random.default_rng(5)
    traits, kind = photos(400, seed=11)
    said = np.where(kind[:, None] == np.arange(3), YES, UNSAID)
    # Each kind's tag comes with another, which says as much as the photo does.
    companions = np.where(random.random(said.shape) < 0.05, YES - said, said)
    both = evidence(traits, np.concatenate([said, companions], axis=1))
    alone = evidence(traits, said)
    words = both.words
    alone = replace(alone, words=words[:3])
    with_company, without = fit_personal(both, PRIOR), fit_personal(alone, PRIOR)
    odds = [
        learned.model.log_odds(learned.model.witnesses(traits, np.zeros((400, k), dtype=np.bool_)))[
            :, :3
        ]
        for learned, k in ((with_company, 6), (without, 3))
    ]
    np.testing.assert_allclose(odds[0], odds[1], atol=0.6)
    np.testing.assert_allclose(with_company.library[:, :3], sigmoid(odds[0]), atol=1e-4)


def test_tags_that_show_are_surer_than_tags_that_do_not() -> None:
    traits, kind = photos(600, seed=12)
    random = np.random.default_rng(6)
    plain = kind == 0
    hazy = np.where(random.random(600) < 0.4, random.random(600) < plain.mean(), plain)
    # With the third, every photo has a tag.
    said = np.where(np.stack([plain, hazy, ~plain], axis=1), YES, UNSAID)
    learned = fit_personal(evidence(traits[:400], said[:400], traits), PRIOR)
    promised = ask(learned, traits[400:])
    for tag, spread in ((0, 0.9), (1, 0.3)):
        inside = promised[plain[400:], tag]
        outside = promised[~plain[400:], tag]
        assert inside.mean() == pytest.approx(said[400:, tag][plain[400:]].mean(), abs=0.12)
        assert outside.mean() == pytest.approx(said[400:, tag][~plain[400:]].mean(), abs=0.12)
        assert inside.mean() - outside.mean() > spread


def test_probabilities_keep_what_they_promise_on_photos_never_seen() -> None:
    traits, kind = photos(600, seed=10)
    said = np.where(kind[:, None] == np.arange(3), YES, UNSAID)
    # A sixth of the tags is missing or wrong, so that nothing is certain.
    flip = np.random.default_rng(4).random(said.shape) < 0.17
    said = np.where(flip, YES - said, said)
    learned = fit_personal(evidence(traits[:400], said[:400], traits), PRIOR)
    promised = ask(learned, traits[400:])
    right = said[400:] == YES
    for low, high in ((0.0, 0.4), (0.4, 1.0)):
        inside = (promised >= low) & (promised < high)
        assert inside.sum() > 50
        assert promised[inside].mean() == pytest.approx(right[inside].mean(), abs=0.12)


# -- odd libraries ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, [[YES]]),
        (1, [[YES, YES, YES]]),
        (2, [[YES, UNSAID], [UNSAID, YES]]),
        (2, [[YES], [NO]]),
        (3, [[NO], [NO], [NO]]),
        (3, [[UNSAID], [UNSAID], [UNSAID]]),
        (6, [[YES]] * 6),
        (6, [[YES, NO]] * 6),
        (8, [[YES, UNSAID]] * 5 + [[UNSAID, YES]] * 3),
    ],
    ids=[
        "one photo",
        "one photo with three tags",
        "one example each",
        "one yes and one no",
        "only rejected",
        "nothing said",
        "all photos have the tag",
        "all carry one and lack the other",
        "few",
    ],
)
@pytest.mark.parametrize("library", ["none", "one", "own", "twins", "large"])
def test_odd_libraries_give_numbers(count: int, said: list, library: str) -> None:
    traits, _ = photos(count, seed=11)
    around = {
        "none": traits[:0],
        "one": traits[:1],
        "own": traits,
        "twins": np.repeat(traits[:1], 9, axis=0),
        "large": photos(300, seed=12)[0],
    }[library]
    learned = fit_personal(evidence(traits, np.array(said), around), PRIOR)
    finite(learned)
    assert learned.library.shape == (len(around), len(said[0]))
    answers = ask(learned, traits, np.array(said) == YES)
    assert np.isfinite(answers).all()


def test_photos_that_are_the_same_give_numbers() -> None:
    traits = np.repeat(photos(1, seed=13)[0], 12, axis=0)
    said = np.zeros((12, 2), dtype=np.int8)
    said[:6, 0] = YES
    said[6:, 1] = NO
    finite(fit_personal(evidence(traits, said), PRIOR))


def test_photos_that_are_all_zero_give_numbers() -> None:
    said = np.full((6, 1), YES)
    finite(fit_personal(evidence(np.zeros((6, D), dtype=np.float32), said), PRIOR))


def test_work_can_be_ended_half_way() -> None:
    traits, kind = photos(40, seed=14)
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    said = np.where(kind[:, None] == np.arange(3), YES, NO)
    with pytest.raises(KeyboardInterrupt):
        fit_personal(evidence(traits, said), PRIOR, check)
    assert len(calls) == 3


def test_the_shipped_spread_stands_in_while_the_library_is_small() -> None:
    library = photos(4000, seed=15)[0] + 3
    few = personal_fit._with_library(PRIOR, library[:4])
    many = personal_fit._with_library(PRIOR, library)
    own = Spread.of(library)
    assert np.abs(few.mean - PRIOR.mean).max() < 0.1
    assert np.abs(many.mean - own.mean).max() < 0.4
    # Both parts' spreads, and the distance between them.
    share = 4 / 404
    mixed = np.concatenate([library[:4]] * 1)
    expected = (
        share * Spread.of(mixed).covariance
        + (1 - share) * PRIOR.covariance
        + share * (1 - share) * np.outer(mixed.mean(axis=0), mixed.mean(axis=0))
    )
    np.testing.assert_allclose(few.covariance, expected, atol=1e-4)


def test_examples_of_the_whole_library_set_how_usual_a_tag_is() -> None:
    traits, kind = photos(60, seed=16)
    said = np.where(kind[:, None] == np.arange(3), YES, UNSAID)
    seen = evidence(traits, said)
    rare = replace(seen, examples=seen.examples, tagged=seen.tagged * 50)
    one, other = fit_personal(seen, PRIOR), fit_personal(rare, PRIOR)
    assert (other.held_out < one.held_out).all()
