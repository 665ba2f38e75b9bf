"""Words written twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.search.tag_spelling import letters_of, one_slip_apart, same_words

WORDS = {"dog", "dogs", "beach", "boat", "coat", "glasses", "glass", "sunset", "beech"} - {"dogs"}


def pairs(names: list[str], counts: list[int] | None = None) -> list[tuple[str, str, str]]:
    found = same_words(names, counts or [10] * len(names), WORDS.__contains__)
    return [(names[each.one], names[each.other], each.reason) for each in found]


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("dog", "dogs", "the same word in plural"),
        ("sea side", "seaside", "the same letters, written differently"),
        ("Café", "cafe", "the same letters, written differently"),
        ("e-mail", "email", "the same letters, written differently"),
        ("NYC", "New York City", "its first letters"),
    ],
)
def test_one_word_in_two_forms_is_found(one: str, other: str, reason: str) -> None:
    assert pairs([one, other]) == [(one, other, reason)]


def test_words_of_their_own_are_left_alone() -> None:
    assert pairs(["glass", "glasses"]) == []
    assert pairs(["boat", "coat"]) == []
    assert pairs(["beach", "beech"], [100, 2]) == []
    assert pairs(["new york city", "nyc"]) == []  # only what is written like an abbreviation


def test_a_slip_is_told_by_the_dictionary_and_by_how_rare_it_is() -> None:
    assert pairs(["sunset", "sunest"], [30, 1]) == [("sunset", "sunest", "a slip of one letter")]
    assert pairs(["sunset", "sunest"], [3, 3]) == []
    assert pairs(["Maria", "Marie"], [90, 2]) == []


TEXT = st.text("abc", max_size=6)


@given(TEXT, TEXT)
def test_one_slip_is_a_distance_of_one(one: str, other: str) -> None:
    changed = {one[:i] + c + one[i + 1 :] for i in range(len(one)) for c in "abc"}
    added = {one[:i] + c + one[i:] for i in range(len(one) + 1) for c in "abc"}
    dropped = {one[:i] + one[i + 1 :] for i in range(len(one))}
    swapped = {one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1)}
    expected = one != other and other in changed | added | dropped | swapped
    assert one_slip_apart(one, other) == expected


def test_letters_are_what_is_left_without_case_marks_and_spaces() -> None:
    assert letters_of("Crème-Brûlée 2") == "cremebrulee2"
