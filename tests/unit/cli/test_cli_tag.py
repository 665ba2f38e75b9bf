"""`photoorg suggest` and `photoorg tag`."""

from __future__ import annotations

import sys

import pytest

from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ConfirmTag,
    KeepTag,
    MergeTags,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameTag,
    SetParent,
)
from photoorg.core.ids import PhotoId, TagId
from photoorg.core.knowledge import Proposal, RelatedTag
from photoorg.core.records import ProposalKind, Suggestion, TagCount


def test_suggestions_follow_the_photos_asked_for(run, library, photo, tmp_path) -> None:
    other = tmp_path / "forest.jpg"
    library.photos[other] = PhotoId(12)
    library.suggestions = {PhotoId(11): [Suggestion("beach", 0.91234, "starter")]}
    ran = run("suggest", other, photo, "--limit", "4", "--json")
    assert ran.document == [
        {"path": str(other), "suggestions": []},
        {
            "path": str(photo),
            "suggestions": [
                {"tag": "beach", "probability": 0.9123, "source": "starter", "sure": True}
            ],
        },
    ]
    assert library.asked == [("suggest", [12, 11], 4)]
    assert f"{other} was not looked at yet" in ran.err
    assert str(photo) not in ran.err


def test_people_see_suggestions_in_percent(run, library, photo) -> None:
    library.suggestions = {PhotoId(11): [Suggestion("beach", 0.91234, "starter")]}
    assert run("suggest", photo).out.split()[-3:] == ["beach", "91%", "starter"]


@pytest.mark.parametrize("command", [("suggest",), ("tag", "add", "beach")])
def test_a_file_outside_the_catalog_is_a_wrong_request(run, library, tmp_path, command) -> None:
    (tmp_path / "new.jpg").touch()
    ran = run(*command, tmp_path / "new.jpg")
    assert ran.code == 2
    assert f"photoorg index {tmp_path}" in ran.err
    assert library.asked == []


@pytest.mark.parametrize("command", [("suggest",), ("tag", "add", "beach")])
def test_a_file_that_is_not_there_is_told(run, tmp_path, command) -> None:
    ran = run(*command, tmp_path / "new.jpg")
    assert ran.code == 1
    assert "There is no file" in ran.err


def test_a_photo_whose_drive_is_away_can_be_tagged(run, library, tmp_path) -> None:
    library.photos[tmp_path / "away.jpg"] = PhotoId(5)
    assert run("tag", "add", "beach", tmp_path / "away.jpg").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_leads_to_its_photo(run, library, photo, tmp_path) -> None:
    (tmp_path / "link.jpg").symlink_to(photo)
    assert run("tag", "add", "sea", tmp_path / "link.jpg").code == 0
    assert library.asked == [("apply", AddTag("sea", (PhotoId(11),)))]


@pytest.mark.parametrize(
    ("verb", "operation"),
    [
        ("add", AddTag),
        ("remove", RemoveTag),
        ("confirm", ConfirmTag),
        ("keep", KeepTag),
        ("reject", RejectTag),
    ],
)
def test_tags_are_judged_on_photos(run, library, photo, verb, operation) -> None:
    ran = run("tag", verb, " beach ", photo, photo, "--json")
    assert library.asked == [("apply", operation("beach", (PhotoId(11),)))]
    assert ran.document == {"changed": "What was done", "photos": [str(photo)], "revision": 7}


def test_tags_are_renamed_and_merged(run, library) -> None:
    assert run("tag", "rename", "beech", "beach").out == "What was done\n"
    assert run("tag", "merge", "seaside", "beach").code == 0
    assert library.asked == [
        ("apply", RenameTag("beech", "beach")),
        ("apply", MergeTags("seaside", "beach")),
    ]


def test_tags_are_listed_with_their_counts(run, library) -> None:
    library.counts = [
        TagCount(TagId(1), "beach", 1200),
        TagCount(TagId(3), "pet", 4),
        TagCount(TagId(2), "dog", 3, "pet", ("hound", "pup")),
    ]
    assert run("tag", "list", "--json").document == [
        {"tag": "beach", "count": 1200, "parent": None, "aliases": []},
        {"tag": "pet", "count": 4, "parent": None, "aliases": []},
        {"tag": "dog", "count": 3, "parent": "pet", "aliases": ["hound", "pup"]},
    ]
    assert run("tag", "list").out.splitlines() == [
        "tag                 photos",
        "beach                1,200",
        "pet                      4",
        "  dog (hound, pup)       3",
    ]


def test_tags_are_placed_and_given_other_names(run, library) -> None:
    assert run("tag", "parent", "dog", "pet").code == 0
    assert run("tag", "parent", "dog").code == 0
    assert run("tag", "alias", "dog", "hound").code == 0
    assert run("tag", "alias", "dog", "hound", "--remove").code == 0
    assert run("tag", "merge", "hound", "dog", "--keep-alias").code == 0
    assert [operation for _, operation in library.asked] == [
        SetParent("dog", "pet"),
        SetParent("dog", None),
        AddAlias("dog", "hound"),
        RemoveAlias("dog", "hound"),
        MergeTags("hound", "dog", keep_alias=True),
    ]


def test_related_tags_and_proposals_are_told(run, library) -> None:
    library.knowledge.near = [RelatedTag("puppy", 0.87654)]
    library.knowledge.found = [
        Proposal(
            ProposalKind.PARENT,
            "dog",
            "animal",
            0.9,
            "“dog” is a kind of “animal” (WordNet)",
            SetParent("dog", "animal"),
        )
    ]
    assert run("tag", "related", "dog", "--limit", "3", "--json").document == [
        {"tag": "puppy", "likeness": 0.8765}
    ]
    assert library.knowledge.asked == ("dog", 3)
    (told,) = run("tag", "proposals", "--json").document
    assert told == {
        "kind": "parent",
        "tag": "dog",
        "other": "animal",
        "confidence": 0.9,
        "reason": "“dog” is a kind of “animal” (WordNet)",
    }
    assert "put “dog” under “animal”" in run("tag", "proposals").out
    library.knowledge.near, library.knowledge.found = [], []
    assert run("tag", "related", "dog").out == "Nothing is known of the tag “dog”.\n"
    assert run("tag", "proposals").out == "Nothing to tidy up was found.\n"


def test_no_tags_are_an_answer(run) -> None:
    assert run("tag", "list").out == "No photo has a tag yet.\n"
