from __future__ import annotations

import numpy as np
import pytest

from photoorg.models.personal_answers import calibrate_answers, given_by_hand
from photoorg.models.personal_fit import NO, UNSAID, YES, Evidence, fit_personal
from photoorg.models.starter_parts import Spread, sigmoid


@pytest.mark.parametrize(
    ("yes", "no", "part"),
    [(0, 0, 0), (0, 3, 0), (8, 0, 1), (8, 2, 0.9375), (10, 2, 1), (4, 4, 0), (2, 9, 0)],
)
def test_as_many_rejections_as_tags_are_answers_to_questions(yes, no, part):
    said = np.array([[YES] * yes + [NO] * no + [UNSAID]], dtype=np.int8)
    assert given_by_hand(said) == pytest.approx(part)


def test_answers_say_how_likely_a_tag_is_whatever_was_asked():
    rng = np.random.default_rng(0)
    total = rng.normal(size=(4000, 3)).astype(np.float32) * 4
    right = rng.random(total.shape) < sigmoid((0.85 * total - 2).astype(np.float32))
    asked = (total > 1) & (rng.random(total.shape) < 0.5)  # the probable ones alone
    said = np.where(asked, np.where(right, YES, NO), UNSAID).astype(np.int8)
    slope, base = calibrate_answers(total, said)
    assert slope == pytest.approx(0.85, abs=0.1)
    np.testing.assert_allclose(base, -2, atol=0.35)


def test_without_an_answer_a_tag_is_as_rare_as_usual():
    slope, base = calibrate_answers(np.zeros((1, 2), np.float32), np.zeros((1, 2), np.int8))
    assert slope == 0.85
    np.testing.assert_allclose(sigmoid(base), 0.04, atol=1e-3)


@pytest.fixture
def world():
    """Return traits of 400 photos, names' embeddings of 4 tags, and which tags are right."""
    rng = np.random.default_rng(1)
    traits = rng.normal(size=(400, 8)).astype(np.float32)
    words = np.eye(8, dtype=np.float32)[:4]
    right = traits[:, :4] > 1.3
    return traits, words, right


def learn(world, said):
    traits, words, _ = world
    rows = np.flatnonzero((said != UNSAID).any(axis=1))
    rows = rows if len(rows) else np.array([0])
    yes = said == YES
    evidence = Evidence(
        ("a", "b", "c", "d"),
        words,
        traits[rows],
        said[rows],
        traits,
        yes.sum(axis=0),
        int(yes.any(axis=1).sum()),
    )
    return fit_personal(evidence, Spread.of(traits))


def probabilities(world, said):
    model = learn(world, said).model
    heard = model.witnesses(world[0], np.zeros(said.shape, dtype=bool))
    return model.probabilities(heard)


def test_names_alone_make_a_model_in_which_tags_are_rare(world):
    p = probabilities(world, np.zeros(world[2].shape, dtype=np.int8))
    assert np.isfinite(p).all()
    assert p.mean() < 0.2
    assert p[world[2]].mean() > 2 * p[~world[2]].mean()


def test_a_tag_that_was_only_rejected_learns_what_it_is_not(world):
    traits, _, right = world
    said = np.where(right, YES, NO).astype(np.int8)
    said[100:] = UNSAID
    without = said.copy()
    without[:, 0] = UNSAID
    only_no = without.copy()
    wrong = np.argsort(-np.where(right[:100, 0], -9, traits[:100, 0]))[:20]
    only_no[wrong, 0] = NO
    before, after = probabilities(world, without), probabilities(world, only_no)
    assert np.isfinite(after).all()
    assert after[wrong, 0].mean() < 0.8 * before[wrong, 0].mean()


def test_a_question_does_not_say_no_to_what_it_does_not_ask(world):
    _, _, right = world
    rng = np.random.default_rng(2)
    said = np.zeros(right.shape, dtype=np.int8)
    for row in range(300):
        tag = rng.integers(4)
        said[row, tag] = YES if right[row, tag] else NO
    p = probabilities(world, said)[300:]
    # Each tag was asked of a quarter of the photos; it is right as often on the others.
    assert p.mean() == pytest.approx(right[300:].mean(), abs=0.07)
