"""Proposals from words, photos and WordNet, with vectors that tests lay out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from photoorg.core.changes import MergeTags, SetParent
from photoorg.core.errors import Cancelled
from photoorg.core.progress import CancelToken
from photoorg.core.records import ProposalKind
from photoorg.models.wordnet import load_wordnet
from photoorg.search.tag_facts import TagFacts, TagKnowledge
from photoorg.search.tag_proposals import Draft, draft_proposals, wilson_lower
from photoorg.search.tag_senses import SenseFinder

Tags = dict[str, range | list[int]]


def knowledge_of(
    tags: Tags, *, parents: dict[str, str] | None = None, looks: dict[str, int] | None = None
) -> TagKnowledge:
    """Return tags whose texts are all apart, and whose looks are apart unless numbered alike."""
    facts = tuple(
        TagFacts(name, frozenset(ids), (parents or {}).get(name)) for name, ids in tags.items()
    )
    size = len(tags) + 1
    texts = np.eye(size, dtype=np.float32)[: len(tags)]
    rows = [(looks or {}).get(name, row) for row, name in enumerate(tags)]
    return TagKnowledge(facts, texts, np.eye(size, dtype=np.float32)[rows])


def no_context(size: int):
    return lambda texts: np.zeros((len(texts), size), np.float32)


def propose(knowledge: TagKnowledge, groups: Sequence[str] = ()) -> list[Draft]:
    size = knowledge.texts.shape[1]
    finder = SenseFinder(load_wordnet(), knowledge, no_context(size), lambda texts: texts)
    return draft_proposals(knowledge, finder, load_wordnet(), groups, lambda: None)


def short(drafts: list[Draft]) -> list[tuple[str, str, str]]:
    return [(draft.kind.value, draft.tag, draft.other) for draft in drafts]


def test_a_tag_is_put_under_the_nearest_that_it_is_a_kind_of() -> None:
    tags: Tags = {"animal": range(9), "mammal": range(6), "zebra": range(3)}
    assert set(short(propose(knowledge_of(tags)))) == {
        ("parent", "zebra", "mammal"),
        ("parent", "mammal", "animal"),
    }


def test_what_has_a_place_keeps_it() -> None:
    tags: Tags = {"animal": range(9), "zebra": range(3), "striped": range(4)}
    assert propose(knowledge_of(tags, parents={"zebra": "striped"})) == []
    # A circle would come of it.
    assert propose(knowledge_of(tags, parents={"animal": "zebra"})) == []


def test_everyday_words_are_proposed_above_two_tags_or_more() -> None:
    tags: Tags = {"zebra": range(3), "giraffe": range(3, 6), "chair": range(6, 9)}
    drafts = propose(knowledge_of(tags), ["animal", "furniture"])
    assert set(short(drafts)) == {("parent", "zebra", "animal"), ("parent", "giraffe", "animal")}
    assert drafts[0].operation == SetParent("giraffe", "animal")


def test_words_of_one_meaning_are_merged_unless_their_photos_differ() -> None:
    tags: Tags = {"automobile": range(3), "car": range(3, 9), "tree": range(9, 12)}
    same = knowledge_of(tags, looks={"automobile": 0, "car": 0})
    (draft,) = propose(same)
    assert short([draft]) == [("same-meaning", "automobile", "car")]
    assert draft.reason == "the words mean the same (WordNet), and their photos look alike"
    assert draft.operation == MergeTags("automobile", "car", keep_alias=True)
    assert propose(knowledge_of(tags)) == []


def test_a_plural_is_merged_into_the_word_that_is_used_more() -> None:
    tags: Tags = {"zebras": range(2), "zebra": range(2, 9)}
    (draft,) = propose(knowledge_of(tags))
    assert short([draft]) == [("same-word", "zebras", "zebra")]


def test_private_words_go_by_their_last_word_or_by_their_photos() -> None:
    tags: Tags = {
        "garden": range(40),
        "Grandma's garden": range(5),
        "Zwetschgenfest": range(10, 40),
        "Dorffest": range(10, 70),
        "Kirtag": range(66, 75),
    }
    found = short(propose(knowledge_of(tags)))
    assert ("parent", "Grandma's garden", "garden") in found
    assert ("parent", "Zwetschgenfest", "Dorffest") in found
    assert not any(tag == "Kirtag" for _, tag, _ in found)


def test_few_photos_prove_little() -> None:
    tags: Tags = {"Zwetschgenfest": range(4), "Dorffest": range(40)}
    assert propose(knowledge_of(tags)) == []
    assert wilson_lower(0, 0) == 0
    assert wilson_lower(4, 4) == pytest.approx(0.5101, abs=1e-4)
    assert wilson_lower(29, 30) < 29 / 30


def test_words_that_are_seldom_nouns_are_left_alone() -> None:
    tags: Tags = {"young": range(30), "animal": range(60)}
    assert propose(knowledge_of(tags)) == []


def test_photos_and_companions_choose_the_meaning() -> None:
    """A mouse among keyboards is no animal."""
    names = ["mouse", "keyboard", "animal"]
    size = 2
    texts = np.array([[0.7, 0.7], [0, 1], [1, 0]], np.float32)

    def encode(lines: Sequence[str]) -> np.ndarray:
        return np.array([[0, 1] if "electronic" in line else [1, 0] for line in lines], np.float32)

    photos = {"mouse": range(5), "keyboard": range(5), "animal": range(20, 30)}
    facts = tuple(TagFacts(name, frozenset(photos[name])) for name in names)
    looks = np.array([[0, 1], [0, 1], [1, 0]], np.float32)
    knowledge = TagKnowledge(facts, texts, looks)
    finder = SenseFinder(load_wordnet(), knowledge, encode, lambda lines: lines)
    drafts = draft_proposals(knowledge, finder, load_wordnet(), (), lambda: None)
    assert ("parent", "mouse", "animal") not in short(drafts)
    plain = SenseFinder(load_wordnet(), knowledge, no_context(size), lambda lines: lines)
    drafts = draft_proposals(knowledge, plain, load_wordnet(), (), lambda: None)
    assert ("parent", "mouse", "animal") in short(drafts)


def test_it_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    knowledge = knowledge_of({"animal": range(9), "zebra": range(3)})
    finder = SenseFinder(load_wordnet(), knowledge, no_context(3), lambda texts: texts)
    with pytest.raises(Cancelled):
        draft_proposals(knowledge, finder, load_wordnet(), (), token.check)


def test_kinds_are_those_that_can_be_dismissed() -> None:
    assert {kind.value for kind in ProposalKind} == {"same-word", "same-meaning", "parent"}
