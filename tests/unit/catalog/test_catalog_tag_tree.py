"""The tree of tags and their other names: found, counted, completed, and brought by files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from catalog_builders import Shelf, photo

from photoorg.core.changes import (
    AddAlias,
    AddTag,
    MergeTags,
    Operation,
    RejectTag,
    RemoveAlias,
    RenameTag,
    SetParent,
)
from photoorg.core.conditions import TagIs
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.records import AliasName, PhotoScope


@pytest.fixture
def three(shelf: Shelf) -> tuple[PhotoId, ...]:
    return tuple(shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abc")


def tree(shelf: Shelf) -> list[tuple[str, int, str | None, tuple[str, ...]]]:
    return [(tag.name, tag.count, tag.parent, tag.aliases) for tag in shelf.catalog.tags()]


def test_a_tag_finds_and_counts_the_photos_of_those_below_it_once(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    one, two, three_ = three
    shelf.catalog.apply(AddTag("dog", (one, two)))
    shelf.catalog.apply(AddTag("cat", (two, three_)))
    shelf.catalog.apply(SetParent("dog", "pet"))
    shelf.catalog.apply(SetParent("cat", "pet"))
    shelf.catalog.apply(SetParent("pet", "animal"))
    assert tree(shelf) == [
        ("animal", 3, None, ()),
        ("pet", 3, "animal", ()),
        ("cat", 2, "pet", ()),
        ("dog", 2, "pet", ()),
    ]
    assert shelf.catalog.select(TagIs("ANIMAL")).tolist() == sorted(three)
    assert sorted(shelf.catalog.photo_ids(PhotoScope(tag="pet"))) == sorted(three)
    assert {hit.photo_id for hit in shelf.catalog.lexical_search(["animal"])} == set(three)
    assert shelf.catalog.decided_tags([one]) == {one: {"dog", "pet", "animal"}}
    shelf.vanish("a.jpg")
    shelf.catalog.remove_folder(shelf.root)
    assert {tag.count for tag in shelf.catalog.tags()} == {0}


def test_what_is_learned_of_a_tag_is_said_by_those_below_it_too(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    one, two, three_ = three
    for operation in (
        AddTag("dog", (one, two)),
        AddTag("pet", (one,)),
        AddTag("sea", (three_,)),
        RejectTag("dog", (three_,)),
        RejectTag("animal", (two,)),
        SetParent("dog", "pet"),
        SetParent("pet", "animal"),
    ):
        shelf.catalog.apply(operation)
    said = shelf.catalog.said_of_tags()
    rows = zip(said.photo_ids.tolist(), said.tags.tolist(), said.confirmed.tolist(), strict=True)
    assert said.photo_ids.tolist() == sorted(said.photo_ids.tolist())
    assert sorted((photo, said.names[tag], yes) for photo, tag, yes in rows) == sorted(
        [
            (one, "dog", True),
            (one, "pet", True),
            (one, "animal", True),
            (two, "dog", True),
            (two, "pet", True),
            (two, "animal", False),  # what was said of itself holds
            (three_, "dog", False),  # a photo without a dog may show another animal
            (three_, "sea", True),
        ]
    )
    of_animal, of_pet = map(shelf.catalog.said_of_tag, ("animal", "pet"))
    assert (of_animal.carriers.tolist(), of_animal.denied.tolist()) == ([one], [two])
    assert (of_pet.carriers.tolist(), of_pet.denied.tolist()) == (sorted((one, two)), [])
    assert sorted(shelf.catalog.tags_in_use()) == ["animal", "dog", "pet", "sea"]
    # What was given is another matter: it can be taken off.
    assert shelf.catalog.confirmed_tags([one, two]) == {one: {"dog", "pet"}, two: {"dog"}}
    # What a model is told of a photo is what it was taught with.
    assert shelf.catalog.carried_tags(three) == {
        one: {"dog", "pet", "animal"},
        two: {"dog", "pet"},
        three_: {"sea"},
    }
    assert shelf.catalog.carried_tags([PhotoId(99)]) == {99: frozenset()}


def test_tags_above_are_decided_by_their_other_names_too(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    for operation in (
        AddTag("dog", three[:1]),
        SetParent("dog", "pet"),
        AddAlias("pet", "companion"),
    ):
        shelf.catalog.apply(operation)
    assert shelf.catalog.decided_tags(three[:1]) == {three[0]: {"dog", "pet", "companion"}}


def test_a_tag_is_denied_by_any_of_its_names(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(RejectTag("car", three[:1]))
    shelf.catalog.apply(AddAlias("car", "automobile"))
    assert shelf.catalog.photos_rejecting(["Automobile"]).tolist() == list(three[:1])


def test_any_name_of_a_tag_will_do(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    one, two, three_ = three
    shelf.catalog.apply(AddTag("car", (one,)))
    shelf.catalog.apply(AddAlias("car", "Automobile"))
    shelf.catalog.apply(AddTag("automobile", (two,)))
    assert tree(shelf) == [("car", 2, None, ("Automobile",))]
    assert shelf.catalog.select(TagIs("automobile")).tolist() == sorted((one, two))
    assert {hit.photo_id for hit in shelf.catalog.lexical_search(["automobile"])} == {one, two}
    assert shelf.catalog.decided_tags([one]) == {one: {"car", "Automobile"}}
    (offered,) = shelf.catalog.complete_tag("auto")
    assert isinstance(offered, AliasName)
    assert (offered, offered.tag) == ("Automobile", "car")
    assert shelf.catalog.complete_tag("c") == ["car"]
    shelf.catalog.apply(RemoveAlias("car", "AUTOMOBILE"))
    shelf.catalog.apply(AddTag("automobile", (three_,)))
    assert [name for name, *_ in tree(shelf)] == ["car", "automobile"]


def test_a_merge_keeps_the_name_where_asked_and_moves_the_tags_below(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("car", three[:1]))
    shelf.catalog.apply(AddTag("automobile", three[1:]))
    shelf.catalog.apply(SetParent("taxi", "automobile"))
    before = tree(shelf)
    changes = shelf.catalog.apply(MergeTags("automobile", "car", keep_alias=True))
    assert tree(shelf) == [("car", 3, None, ("automobile",)), ("taxi", 0, "car", ())]
    assert changes.inverse is not None
    shelf.catalog.apply(changes.inverse)
    assert tree(shelf) == before


def test_a_tag_may_be_merged_into_one_that_stands_below_it(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("pug", three))
    shelf.catalog.apply(SetParent("dog", "animal"))
    shelf.catalog.apply(SetParent("pug", "dog"))
    shelf.catalog.apply(SetParent("collie", "dog"))
    shelf.catalog.apply(MergeTags("dog", "pug"))
    assert [(name, above) for name, _, above, _ in tree(shelf)] == [
        ("animal", None),
        ("pug", "animal"),
        ("collie", "pug"),
    ]


def test_a_tag_may_take_one_of_its_other_names(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(AddTag("car", three))
    shelf.catalog.apply(AddAlias("car", "Automobile"))
    changes = shelf.catalog.apply(RenameTag("car", "automobile"))
    assert tree(shelf) == [("automobile", 3, None, ())]
    assert changes.inverse is not None
    shelf.catalog.apply(changes.inverse)
    assert tree(shelf) == [("car", 3, None, ("Automobile",))]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (SetParent("animal", "dog"), "stands below"),
        (SetParent("dog", "Dog"), "below itself"),
        (SetParent("unheard of", None), "no tag"),
        (AddAlias("dog", "car"), "There is a tag “car”"),
        (AddAlias("dog", "automobile"), "another name of “car”"),
        (AddAlias("dog", "DOG"), "own name"),
        (AddAlias("unheard of", "x"), "no tag"),
        (RemoveAlias("dog", "automobile"), "not another name of “dog”"),
        (RenameTag("dog", "automobile"), "a tag “car”"),
        (MergeTags("automobile", "car"), "into itself"),
    ],
)
def test_what_would_spoil_the_tree_is_refused(
    shelf: Shelf, three: tuple[PhotoId, ...], operation: Operation, message: str
) -> None:
    shelf.catalog.apply(AddTag("dog", three))
    shelf.catalog.apply(AddTag("car", three))
    shelf.catalog.apply(SetParent("dog", "animal"))
    shelf.catalog.apply(AddAlias("car", "automobile"))
    before = tree(shelf)
    with pytest.raises(UsageProblem, match=message):
        shelf.catalog.apply(operation)
    assert tree(shelf) == before


def test_a_tag_without_photos_goes_when_it_leaves_the_tree(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("dog", three))
    shelf.catalog.apply(SetParent("dog", "animal"))
    changes = shelf.catalog.apply(SetParent("dog", None))
    assert tree(shelf) == [("dog", 3, None, ())]
    assert changes.label == "Move tag “dog” to the top"
    assert changes.inverse is not None
    shelf.catalog.apply(changes.inverse)
    assert tree(shelf) == [("animal", 3, None, ()), ("dog", 3, "animal", ())]


def test_keywords_that_are_other_names_stand_for_their_tag(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("a", keywords=["car"])).photo_id
    shelf.catalog.apply(AddAlias("car", "automobile"))
    shelf.change("a.jpg", 1)
    shelf.read("a.jpg", photo("b", "a", keywords=["automobile"]), second=1)
    assert shelf.tags_of(photo_id) == ("car",)
    shelf.change("a.jpg", 2)
    shelf.read("a.jpg", photo("c", "a"), second=2)
    assert shelf.tags_of(photo_id) == ()


def test_files_place_new_tags_and_leave_those_that_are_known(shelf: Shelf) -> None:
    first = photo("a", keywords=["Dog"])
    path = ("Animals", "Pets", "Dog")
    shelf.read("a.jpg", replace(first, metadata=replace(first.metadata, keyword_paths=(path,))))
    assert tree(shelf) == [
        ("Animals", 1, None, ()),
        ("Dog", 1, "Pets", ()),
        ("Pets", 1, "Animals", ()),
    ]
    second = photo("b", keywords=["Dog", "Cat"])
    paths = (("Mine", "Dog"), ("Dog", "Animals"), ("Animals", "Cat"))
    shelf.read("b.jpg", replace(second, metadata=replace(second.metadata, keyword_paths=paths)))
    assert [(name, above) for name, _, above, _ in tree(shelf)] == [
        ("Animals", None),
        ("Dog", "Pets"),
        ("Pets", "Animals"),
        ("Cat", "Animals"),
    ]
