"""What is said of tags, how they are sorted, and what a sitting of answers remembers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_quality import BINS, REPORT, TAGS, doubtful, too_few, trusted
from hypothesis import given
from hypothesis import strategies as st

from photoorg.core.changes import ConfirmTag, KeepTag, RejectTag
from photoorg.core.ids import PhotoId
from photoorg.core.quality import Doubt, Estimate, QualityReport, ReviewItem, TagTrust
from photoorg.gui.quality import words
from photoorg.gui.quality.session import (
    LOW,
    Case,
    ReviewKind,
    ReviewSession,
    Verdict,
    case_of,
)
from photoorg.gui.quality.tag_model import Order, sorted_tags

LOST = "81 % → 70 % right, no longer suggested"
CAT, GARDEN, PEOPLE, TEMPLE, MOON, TRAVEL = TAGS


# -- words ----------------------------------------------------------------------------------------
def test_figures_come_with_their_interval() -> None:
    estimate = Estimate(0.84, 0.78, 0.894)
    assert words.right(estimate) == "84 % right (78\N{EN DASH}89)"
    assert words.found(estimate) == "finds 84 % (78\N{EN DASH}89)"
    assert words.right(None) == words.found(None) == ""


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (CAT, "Suggested when 62 % sure or more"),
        (PEOPLE, "Not suggested: too often wrong"),
        (MOON, "Not enough examples yet: 3 more"),
        (too_few("sun", 9), "Enough examples, not learned yet"),
    ],
)
def test_each_state_is_said_in_words(quality, said) -> None:
    assert words.state(quality) == said
    assert said in words.spoken(quality)


@pytest.mark.parametrize(
    ("target", "wrong"), [(0.6, 8), (0.65, 7), (0.8, 4), (0.85, 3), (0.9, 2), (0.95, 1)]
)
def test_a_target_is_explained_by_how_many_will_be_wrong(target, wrong) -> None:
    assert words.meaning(target) == f"Of 20 suggestions about {wrong} may be wrong."


def test_the_head_says_what_was_learned_and_on_what() -> None:
    assert words.learned(REPORT) == (
        "Learned 25 November 2026, 21:04 · judged on 1,204 photos that it had not seen"
    )
    assert "learning again now" in words.learned(replace(REPORT, learning=True))
    assert words.learned(QualityReport()) == "Nothing was learned yet"
    assert words.learned(QualityReport(learning=True)) == "Learning for the first time…"


def test_the_tags_are_counted_by_state() -> None:
    few = (too_few("a", 1), too_few("b", 7))
    assert words.summary(QualityReport(tags=(CAT, PEOPLE, *few))) == (
        "4 tags: 1 suggested, 1 too often wrong, 1 with too few examples, 1 not learned yet"
    )
    assert words.summary(QualityReport(tags=(CAT,))) == "1 tag: 1 suggested"


def test_how_much_an_answer_helps_is_said_beside_the_largest_gain() -> None:
    assert words.help_of(0.02, 0.02) == "helps most"
    assert words.help_of(0.01, 0.02) == "helps"
    assert words.help_of(0.001, 0.02) == "helps little"
    assert words.help_of(0.0, 0.02) == words.help_of(0.0, 0.0) == ""


def test_the_error_of_the_percentages_is_weighed_by_suggestions() -> None:
    assert words.calibration(REPORT) == "On average a percentage is 3 points off."
    exact = tuple(
        replace(each, observed=Estimate(each.predicted, 0.0, 1.0), count=5) for each in BINS
    )
    assert "within 1 point" in words.calibration(replace(REPORT, reliability=exact))
    assert words.calibration(QualityReport()) == "Nothing was measured yet."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (trusted("a", 0.76, 0.5), trusted("a", 0.84, 0.5), "76 % → 84 % right"),
        (trusted("a", 0.84, 0.5), trusted("a", 0.84, 0.6), "84 % right"),
        (too_few("a", 2), trusted("a", 0.84, 0.5), "3 more needed → 84 % right, suggested now"),
        (doubtful("a", 0.7, 0.5), trusted("a", 0.81, 0.5), "70 % → 81 % right, suggested now"),
        (
            trusted("a", 0.81, 0.5),
            doubtful("a", 0.7, 0.5),
            "81 % → 70 % right, no longer suggested",
        ),
        (None, too_few("a", 5), "enough examples"),
        (CAT, None, ""),
    ],
)
def test_what_came_of_answers_is_said(before, after, said) -> None:
    assert words.change(before, after) == said


def test_what_came_of_a_sitting_over_all_tags() -> None:
    after = replace(REPORT, tags=(*TAGS[:4], trusted("moon", 0.9, 0.5, waiting=4), TAGS[5]))
    assert words.changes(REPORT, after, None) == (
        "Tags suggested: 4 → 5\nPhotos waiting: 1,264 → 1,268"
    )
    assert words.changes(REPORT, REPORT, "cat") == "93 % right\nWaiting: 42"
    assert words.changes(REPORT, REPORT, "unheard of") == ""


def test_long_tags_keep_both_ends() -> None:
    long = "my very long tag about the summer house in Brittany with everybody"
    assert words.shortened("Grandma's garden") == "Grandma's garden"
    assert words.shortened(long) == "my very long tag about…rittany with everybody"
    assert len(words.shortened(long, 20)) <= 21


# -- order ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Order.GAIN, ["people", "Grandma's garden", "temple", "cat", "moon", "travel"]),
        (Order.BEST, ["cat", "temple", "Grandma's garden", "travel", "people", "moon"]),
        (Order.WORST, ["people", "travel", "Grandma's garden", "temple", "cat", "moon"]),
        (Order.EXAMPLES, ["travel", "cat", "people", "Grandma's garden", "temple", "moon"]),
        (Order.NAME, ["cat", "Grandma's garden", "moon", "people", "temple", "travel"]),
    ],
)
def test_tags_are_sorted(order, names) -> None:
    assert [quality.tag for quality in sorted_tags(REPORT, order)] == names


def test_tags_are_filtered_whatever_the_letter_case() -> None:
    assert [q.tag for q in sorted_tags(REPORT, Order.NAME, " GRAND ")] == ["Grandma's garden"]


# -- a sitting ------------------------------------------------------------------------------------
def cases(count: int, tag: str = "cat", first: int = 1) -> list[Case]:
    return [Case(PhotoId(number), tag, 0.5) for number in range(first, first + count)]


@pytest.fixture
def session():
    session = ReviewSession(ReviewKind.UNCERTAIN, None)
    session.offer(cases(5))
    return session


def test_questions_come_from_both_kinds_of_answers() -> None:
    item = ReviewItem(PhotoId(3), "cat", 0.6, 0.9)
    assert case_of(item) == Case(PhotoId(3), "cat", 0.6)
    doubt = Doubt(PhotoId(3), "cat", 0.04, (PhotoId(8),))
    assert case_of(doubt) == Case(PhotoId(3), "cat", 0.04, (PhotoId(8),), doubted=True)


def test_answers_become_operations_and_skipping_none(session) -> None:
    said = [session.answer(verdict) for verdict in (Verdict.YES, Verdict.NO, Verdict.SKIP)]
    assert [answer.operation for answer in said] == [
        ConfirmTag("cat", (PhotoId(1),)),
        RejectTag("cat", (PhotoId(2),)),
        None,
    ]
    assert session.current.photo_id == 4
    assert session.answered == 2
    assert session.counts_by_tag() == {"cat": (1, 1)}


def test_a_doubted_tag_is_kept_not_given_once_more() -> None:
    asked = ReviewSession(ReviewKind.MISTAKES, None)
    asked.offer([case_of(Doubt(PhotoId(n), "cat", 0.04, ())) for n in (3, 4)])
    assert asked.answer(Verdict.YES).operation == KeepTag("cat", (PhotoId(3),))
    assert asked.answer(Verdict.NO).operation == RejectTag("cat", (PhotoId(4),))


def test_taking_back_returns_to_the_photo_answered_last(session) -> None:
    session.answer(Verdict.YES)
    session.answer(Verdict.SKIP)
    assert session.take_back().case.photo_id == 2
    assert session.current.photo_id == 2
    assert session.take_back().case.photo_id == 1
    assert session.take_back() is None
    assert [session.current.photo_id, session.left] == [1, 5]
    assert session.answered == 0


def test_new_questions_leave_the_one_on_show_and_the_prepared_one(session) -> None:
    session.answer(Verdict.NO)
    session.offer([*cases(2), *cases(2, first=20), *cases(1, first=2)])
    asked = [session.current, *session.upcoming]
    assert [case.photo_id for case in asked] == [2, 3, 20, 21]


def test_an_answer_that_could_not_be_kept_is_asked_again(session) -> None:
    first = session.answer(Verdict.YES)
    session.answer(Verdict.NO)
    session.withdraw(first)
    assert session.current.photo_id == 1
    assert [answer.case.photo_id for answer in session.answers] == [2]
    session.withdraw(first)
    assert session.left == 4, "it is asked once"


def test_more_is_asked_for_in_time_and_not_when_there_is_no_more(session) -> None:
    assert session.wants_more
    session.exhausted = True
    assert not session.wants_more
    session.exhausted = False
    session.offer(cases(LOW + 2, first=30))
    assert not session.wants_more


@given(st.lists(st.sampled_from([*Verdict, "back", "offer"]), max_size=40))
def test_no_question_is_lost_or_asked_twice(steps) -> None:
    session = ReviewSession(ReviewKind.UNCERTAIN, None)
    everything = cases(12)
    session.offer(everything)
    for step in steps:
        if step == "back":
            session.take_back()
        elif step == "offer":
            session.offer(everything)
        else:
            session.answer(step)
        done = [answer.case for answer in session.answers]
        left = [] if session.current is None else [session.current, *session.upcoming]
        assert sorted(c.photo_id for c in [*done, *left]) == list(range(1, 13))


def test_every_state_has_a_sign_of_its_own() -> None:
    assert len({icon for icon, _ in words.SIGNS.values()}) == len(TagTrust)
