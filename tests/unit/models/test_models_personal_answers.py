from __future__ import annotations

import numpy as np
import pytest

from photoorg.models import personal_answers
from photoorg.models.personal_answers import (
    asked_part,
    calibrate_answers,
    given_by_hand,
    usual_odds,
)
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
    unknown = np.full(3, np.nan, dtype=np.float32)
    slope, base = calibrate_answers(total, said, usual_odds(total, unknown), ~np.isnan(unknown))
    assert slope == pytest.approx(0.85, abs=0.1)
    np.testing.assert_allclose(base, -2, atol=0.35)


def test_without_an_answer_a_tag_is_as_rare_as_usual():
    nothing = np.zeros((1, 2), np.float32)
    usual = usual_odds(nothing, np.full(2, np.nan, dtype=np.float32))
    slope, base = calibrate_answers(nothing, np.zeros((1, 2), np.int8), usual, np.zeros(2, bool))
    assert slope == 0.85
    np.testing.assert_allclose(sigmoid(base), 0.04, atol=1e-3)


def test_as_many_photos_are_probable_as_are_foretold():
    around = np.random.default_rng(0).normal(size=(900, 4)).astype(np.float32) * [1, 3, 6, 2] - 2
    foretold = np.array([0.3, 0.02, 0.01, np.nan], dtype=np.float32)
    odds = usual_odds(around.astype(np.float32), foretold)
    shares = sigmoid((0.85 * around + odds).astype(np.float32)).mean(axis=0)
    np.testing.assert_allclose(shares[:3], foretold[:3], rtol=1e-3)
    assert sigmoid(odds[3:]) == pytest.approx(0.04)


@pytest.mark.parametrize("foretold", [0.0, 1.0])
def test_what_is_foretold_as_certain_stays_within_bounds(foretold):
    shares = np.array([foretold], dtype=np.float32)
    for around in (np.zeros((0, 1), np.float32), np.zeros((5, 1), np.float32)):
        odds = usual_odds(around, shares)
        assert np.isfinite(odds).all()
        assert sigmoid(odds)[0] == pytest.approx(foretold, abs=2e-4)


def test_tags_that_were_given_by_hand_do_not_make_tags_more_frequent(monkeypatch):
    """Photos that carry a tag are found by hand, beside a review of the doubtful ones."""
    rng = np.random.default_rng(0)
    total = rng.normal(size=(6000, 4)).astype(np.float32) * 3
    right = rng.random(total.shape) < sigmoid((0.85 * total - 3).astype(np.float32))
    asked = (total > 1) & (rng.random(total.shape) < 0.03)
    said = np.where(asked, np.where(right, YES, NO), UNSAID).astype(np.int8)
    by_hand = right & ~asked & (rng.random(total.shape) < 0.1)
    said[by_hand] = YES
    assert by_hand.sum() > 150
    usual = np.full(4, -3, dtype=np.float32)

    def promised_too_much():
        slope, base = calibrate_answers(total, said, usual, np.ones(4, dtype=bool))
        return sigmoid((slope * total + base).astype(np.float32)).mean() / right.mean() - 1

    mended = promised_too_much()
    assert 0 < mended < 0.5
    monkeypatch.setattr(personal_answers, "asked_part", lambda _, yes, __: np.ones(len(yes)))
    assert promised_too_much() > 2 * mended


def test_so_many_yes_are_answers_as_the_no_beside_them_promise():
    # At even odds there is one yes for each no; at odds of 1 to 20 there are hardly any.
    log_odds = np.r_[np.zeros(10), np.zeros(40), np.full(5, -3.0), np.full(10, -3.0)]
    yes = np.r_[np.zeros(10), np.ones(40), np.zeros(5), np.ones(10)].astype(bool)
    part = asked_part(log_odds, yes, np.ones(len(yes)))
    assert part[10:50] == pytest.approx(10 / 40)
    assert part[55:] == pytest.approx(5 * np.exp(-3) / 10)
    assert asked_part(log_odds, yes, np.full(len(yes), 2.0))[10:50] == pytest.approx(20 / 40)
    assert asked_part(log_odds, yes, np.full(len(yes), 99.0))[10:50] == pytest.approx(1)


def test_without_any_no_nothing_was_asked():
    assert (asked_part(np.zeros(4), np.ones(4, dtype=bool), np.full(4, 9.0)) == 0).all()
    assert asked_part(np.empty(0), np.empty(0, dtype=bool), np.empty(0)).shape == (0,)


def test_a_few_answers_change_little_of_what_is_foretold_and_many_do():
    def base_after(answers, known):
        said = np.full((answers, 1), NO, dtype=np.int8)
        around = np.zeros((50, 1), np.float32)
        usual = usual_odds(around, np.array([0.3 if known else np.nan], dtype=np.float32))
        usual[:] = np.log(0.3 / 0.7)
        total = np.zeros((answers, 1), dtype=np.float32)
        return sigmoid(calibrate_answers(total, said, usual, np.array([known]))[1])[0]

    assert 0.25 < base_after(2, known=True) < 0.3
    assert base_after(2, known=True) > base_after(2, known=False)
    assert base_after(300, known=True) < 0.1


@pytest.fixture
def world():
    """Return traits of 400 photos, names' embeddings of 4 tags, and which tags are right."""
    rng = np.random.default_rng(1)
    traits = rng.normal(size=(400, 8)).astype(np.float32)
    words = np.eye(8, dtype=np.float32)[:4]
    right = traits[:, :4] > 1.3
    return traits, words, right


def learn(world, said, foretold=None):
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
        foretold,
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


def test_names_alone_are_as_frequent_as_the_starter_model_foretells(world):
    foretold = np.array([0.3, 0.1, 0.02, 0.2], dtype=np.float32)
    learned = learn(world, np.zeros(world[2].shape, dtype=np.int8), foretold)
    np.testing.assert_allclose(learned.library.mean(axis=0), foretold, rtol=0.01)


def test_what_is_held_out_is_judged_as_the_model_judges(world):
    _, _, right = world
    said = np.zeros(right.shape, dtype=np.int8)
    rng = np.random.default_rng(4)
    for row in range(300):
        tag = rng.integers(4)
        said[row, tag] = YES if right[row, tag] else NO
    learned = learn(world, said)
    heard = learned.model.witnesses(world[0], np.zeros(said.shape, dtype=bool))
    np.testing.assert_allclose(learned.library, learned.model.probabilities(heard), atol=1e-5)
    # One photo more or less changes little, so on average the held-out ones agree too.
    own = learned.model.probabilities(learned.model.witnesses(world[0][:300], said[:300] == YES))
    np.testing.assert_allclose(learned.held_out.mean(axis=0), own.mean(axis=0), atol=0.04)


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
