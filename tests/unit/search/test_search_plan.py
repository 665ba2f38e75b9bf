from __future__ import annotations

import pytest

from photoorg.core.conditions import AllOf, AnyOf, Condition, Has, Not, TagIs, Trait
from photoorg.search.parser import parse
from photoorg.search.plan import Check, Joined, Wish, plan

GPS = Has(Trait.GPS)


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ("dog", None),
        ("dog tag:x", TagIs("x")),
        ("dog and tag:x and (snow has:gps)", AllOf((TagIs("x"), GPS))),
        ("(dog tag:x) has:gps", AllOf((TagIs("x"), GPS))),
        ("dog (tag:x or has:gps)", AnyOf((TagIs("x"), GPS))),
        ("dog -(tag:x has:gps)", Not(AllOf((TagIs("x"), GPS)))),
        ("dog or tag:x", None),
    ],
)
def test_what_all_must_pass_is_one_condition(typed: str, condition: Condition | None) -> None:
    assert plan(parse(typed)).condition == condition


def test_bare_words_are_one_caption() -> None:
    root = plan(parse("a red 2*car dog -night")).root
    assert isinstance(root, Wish)
    assert root.texts == (("a red dog", 1.0), ("car", 2.0))
    assert root.unwanted == (("night", 1.0),)


def test_mixed_trees_keep_their_conditions_inside() -> None:
    planned = plan(parse("(tag:x snow) or beach"))
    assert isinstance(planned.root, Joined)
    assert planned.root.either
    assert planned.checks() == [Check(TagIs("x"))]
    assert [wish.label for wish in planned.wishes()] == ["snow", "beach"]


def test_only_what_is_wanted_ranks() -> None:
    def ranks(typed: str) -> bool:
        root = plan(parse(typed)).root
        assert root is not None
        return root.ranks

    assert ranks("dog -cat")
    assert ranks("like:#3")
    assert ranks("looks:dog")
    assert not ranks("-cat")
    assert not ranks("not (dog or cat)")
    assert not ranks("-looks:dog")
