"""What could be tidied up among tags: words twice, words of one meaning, missing parents."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from photoorg.core.changes import MergeTags, Operation, SetParent
from photoorg.core.records import ProposalKind
from photoorg.models.wordnet import Synset, WordNet
from photoorg.search.tag_facts import TagKnowledge
from photoorg.search.tag_senses import SenseFinder, forms_of
from photoorg.search.tag_spelling import same_words

SURE_ENOUGH: Final = 0.5
"""Proposals less sure are not made: one that is wrong costs more than one that is missing."""

_STEPS: Final = 9
"""From "dog" up to "animal" WordNet takes seven."""

_TOPS_USED: Final = frozenset({"animal", "person", "plant", "food"})
"""The general nouns that people do use as tags."""

_LOOKS_ALIKE: Final = 0.5
_LOOKS_DIFFERENT: Final = 0.0
_MEANS_ALIKE: Final = 0.6
_ALIKE_ENOUGH: Final = 0.72
"""Mean of the two cosines; seen on 1,500 captioned photos, where those below were mostly wrong."""

_BY_HEAD: Final = 0.85
"""How sure the last word of a name makes."""

_FEW: Final = 5
_BROADER: Final = 1.5
"""A broader tag is on at least so many times the photos."""


class Draft(NamedTuple):
    """A proposal about two tags; see `photoorg.core.knowledge.Proposal`."""

    kind: ProposalKind
    tag: str
    other: str
    confidence: float
    reason: str

    @property
    def operation(self) -> Operation:
        """What carries it out: a name that goes stays as another name, unless it is a mistake."""
        if self.kind is ProposalKind.PARENT:
            return SetParent(self.tag, self.other)
        return MergeTags(self.tag, self.other, keep_alias=True)


def draft_proposals(
    knowledge: TagKnowledge,
    finder: SenseFinder,
    wordnet: WordNet,
    groups: Collection[str],
    check: Callable[[], object],
) -> list[Draft]:
    """Return what could be tidied up, surest first; a tag that could be merged gets no parent.

    Args:
        knowledge: the tags.
        finder: tells their meanings.
        wordnet: the nouns.
        groups: everyday words that may be proposed as new tags above others.
        check: called often; raises where the work is to stop.
    """
    merges: dict[tuple[str, str], Draft] = {}
    for draft in (
        *_same_words(knowledge, wordnet),
        *_same_meanings(knowledge, finder, check),
    ):
        merges.setdefault((min(draft[1:3]), max(draft[1:3])), draft)
    merged = {draft.tag for draft in merges.values()}
    parents = _parents(knowledge, finder, wordnet, merged, check)
    placed = merged | set(parents)
    new = _new_parents(knowledge, finder, wordnet, groups, placed)
    placed |= set(new)
    learned = _learned_parents(knowledge, finder, placed)
    drafts = [*merges.values(), *parents.values(), *new.values(), *learned]
    return sorted(drafts, key=lambda d: (-round(d.confidence, 2), d.kind, d.other, d.tag))


# -- merges ---------------------------------------------------------------------------------------
def _same_words(knowledge: TagKnowledge, wordnet: WordNet) -> Iterator[Draft]:
    names = [tag.name for tag in knowledge.tags]
    counts = [len(tag.photos) for tag in knowledge.tags]

    def is_word(text: str) -> bool:
        return bool(wordnet.senses(text))

    for found in same_words(names, counts, is_word):
        keep, drop = sorted((found.one, found.other), key=lambda row: (-counts[row], row))
        if found.typo is not None and keep == found.typo:
            keep, drop = drop, keep
        yield Draft(
            ProposalKind.SAME_WORD, names[drop], names[keep], found.confidence, found.reason
        )


def _same_meanings(
    knowledge: TagKnowledge, finder: SenseFinder, check: Callable[[], object]
) -> Iterator[Draft]:
    """Find tags that mean the same by WordNet, or by their vectors where it lacks one of them."""
    by_synset: defaultdict[int, list[int]] = defaultdict(list)
    for row, tag in enumerate(knowledge.tags):
        for sense in finder.possible(tag.name):
            by_synset[sense.synset].append(row)
    close = {
        (one, other)
        for rows in by_synset.values()
        for i, one in enumerate(rows)
        for other in rows[i + 1 :]
    }
    for one, other in sorted(close):
        check()
        shares, others = (finder.senses(knowledge.tags[row].name).shares for row in (one, other))
        same = sum(share * others.get(synset, 0.0) for synset, share in shares.items())
        same *= min(finder.noun_share(knowledge.tags[row].name) for row in (one, other))
        alike = knowledge.look_alike(one, other)
        if alike is not None and alike < _LOOKS_DIFFERENT:
            continue
        reason = "the words mean the same (WordNet)"
        if alike is not None and alike >= _LOOKS_ALIKE:
            reason += ", and their photos look alike"
        if same >= SURE_ENOUGH:
            yield _merge(knowledge, one, other, min(0.95, same), reason)
    yield from _alike(knowledge, finder, check)


def _alike(
    knowledge: TagKnowledge, finder: SenseFinder, check: Callable[[], object]
) -> Iterator[Draft]:
    """Find tags near by words and by looks (paper 004); WordNet's word goes before that."""
    unknown = [not finder.possible(tag.name) for tag in knowledge.tags]
    for row in np.flatnonzero(unknown).tolist():
        check()
        means = knowledge.centred_texts @ knowledge.centred_texts[row]
        looks = knowledge.centred_looks @ knowledge.centred_looks[row]
        near = (means >= _MEANS_ALIKE) & (looks >= _MEANS_ALIKE) & knowledge.seen
        for other in np.flatnonzero(near).tolist():
            if other == row or (unknown[other] and other < row) or _is_head(knowledge, row, other):
                continue
            confidence = min(0.8, float(means[other] + looks[other]) / 2)
            if confidence < _ALIKE_ENOUGH:
                continue
            reason = "photos look alike and the words mean nearly the same"
            yield _merge(knowledge, row, other, confidence, reason)


def _merge(knowledge: TagKnowledge, one: int, other: int, confidence: float, reason: str) -> Draft:
    keep, drop = sorted((one, other), key=lambda row: (-len(knowledge.tags[row].photos), row))
    names = knowledge.tags[drop].name, knowledge.tags[keep].name
    return Draft(ProposalKind.SAME_MEANING, *names, confidence, reason)


# -- parents --------------------------------------------------------------------------------------
def _parents(
    knowledge: TagKnowledge,
    finder: SenseFinder,
    wordnet: WordNet,
    merged: Collection[str],
    check: Callable[[], object],
) -> dict[str, Draft]:
    """Return, for tags at the top, the nearest tag that WordNet has above them."""
    rows = [row for row, tag in enumerate(knowledge.tags) if tag.name not in merged]
    return _nearest_above(
        knowledge,
        finder,
        wordnet,
        [row for row in rows if knowledge.tags[row].parent is None],
        [knowledge.tags[row].name for row in rows],
        check,
    )


def _new_parents(
    knowledge: TagKnowledge,
    finder: SenseFinder,
    wordnet: WordNet,
    groups: Collection[str],
    placed: Collection[str],
) -> dict[str, Draft]:
    """Return everyday words, not tags yet, that WordNet has above two tags or more."""
    names = {form for tag in knowledge.tags for form in forms_of(tag.name)}
    fresh = [word for word in groups if word not in names and word not in knowledge.aliases]
    rows = [
        row
        for row, tag in enumerate(knowledge.tags)
        if tag.parent is None and tag.name not in placed
    ]
    found = _nearest_above(knowledge, finder, wordnet, rows, fresh, lambda: None)
    below: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in found.values():
        below[draft.other].append(draft)
    return {draft.tag: draft for drafts in below.values() if len(drafts) > 1 for draft in drafts}


def _nearest_above(
    knowledge: TagKnowledge,
    finder: SenseFinder,
    wordnet: WordNet,
    rows: Sequence[int],
    names: Sequence[str],
    check: Callable[[], object],
) -> dict[str, Draft]:
    """Return a parent for each tag that has one among some names.

    How sure it is: over all meanings of both, how likely it is that the two are meant where one is
    a kind of the other.
    """
    by_synset: defaultdict[Synset, list[str]] = defaultdict(list)
    for name in names:
        if not _is_too_general(finder, wordnet, name):
            for sense in finder.possible(name):
                by_synset[sense.synset].append(name)
    drafts: dict[str, Draft] = {}
    for row in rows:
        check()
        tag = knowledge.tags[row]
        head = finder.head_of(tag.name)
        word = head or tag.name
        reached: defaultdict[str, list[tuple[Synset, Synset, int]]] = defaultdict(list)
        for sense in finder.possible(word):
            higher = wordnet.ancestors(sense.synset, _STEPS)
            if head:
                higher[sense.synset] = 0
            for above, steps in higher.items():
                for name in by_synset.get(above, ()):
                    reached[name].append((sense.synset, above, steps))
        best: tuple[float, float, str] | None = None
        for name, ways in reached.items():
            if name == tag.name or knowledge.stands_below(name, tag.name):
                continue
            if head and name.casefold() == head.casefold():
                best = (0.0, -_BY_HEAD, name)  # the same word, whatever it means
                continue
            mine, theirs = finder.senses(word).shares, finder.senses(name).shares
            weights = [mine[a] * theirs[b] for a, b, _ in ways]
            nouns = finder.noun_share(word) * finder.noun_share(name)
            sure = math.fsum(weights) * nouns
            if sure < SURE_ENOUGH:
                continue
            steps_up = math.fsum(w * way[2] for w, way in zip(weights, ways, strict=True))
            steps_up *= nouns / sure
            best = min(best, (steps_up, -sure, name)) if best else (steps_up, -sure, name)
        if best is not None:
            steps_up, minus_sure, name = best
            reason = f"“{tag.name}” is a kind of “{name}” (WordNet)"
            drafts[tag.name] = Draft(
                ProposalKind.PARENT, tag.name, name, min(0.95, -minus_sure), reason
            )
    return drafts


def _is_too_general(finder: SenseFinder, wordnet: WordNet, name: str) -> bool:
    if name.casefold() in _TOPS_USED:
        return False
    possible = finder.possible(name)
    return bool(possible) and wordnet.is_top(possible[0].synset)


def _learned_parents(
    knowledge: TagKnowledge, finder: SenseFinder, placed: Collection[str]
) -> Iterator[Draft]:
    """Find parents of words that WordNet lacks: by their own last word, or by their photos.

    Sanderson and Croft 1999, Deriving concept hierarchies from text: B stands above A where nearly
    all that is A is also B, and not the other way round. The share is taken at the lower end of its
    95 % interval, so that few photos prove little.
    """
    for row, tag in enumerate(knowledge.tags):
        if tag.parent is not None or tag.name in placed:
            continue
        if finder.possible(tag.name) or finder.head_of(tag.name):
            continue  # WordNet had its say
        found = []
        for other, above in enumerate(knowledge.tags):
            if other == row or knowledge.stands_below(above.name, tag.name):
                continue
            shared = len(tag.photos & above.photos)
            share = wilson_lower(shared, len(tag.photos))
            if _is_head(knowledge, row, other):
                reason = f"“{tag.name}” is a kind of “{above.name}”, by its last word"
                draft = Draft(ProposalKind.PARENT, tag.name, above.name, _BY_HEAD, reason)
                found.append((0, 0, draft))
            elif (
                len(tag.photos) >= _FEW
                and len(above.photos) >= _BROADER * len(tag.photos)
                and share >= SURE_ENOUGH
                and shared >= 0.9 * len(tag.photos)
            ):
                reason = (
                    f"{shared} of {len(tag.photos)} photos tagged “{tag.name}” are tagged"
                    f" “{above.name}”, too"
                )
                draft = Draft(ProposalKind.PARENT, tag.name, above.name, 0.9 * share, reason)
                if draft.confidence >= SURE_ENOUGH:
                    found.append((1, len(above.photos), draft))
        if found:
            yield min(found, key=lambda each: each[:2])[2]


def _is_head(knowledge: TagKnowledge, row: int, other: int) -> bool:
    """Return whether a tag of several words ends with another: "Grandma's garden", "garden"."""
    words = knowledge.tags[row].name.casefold().split()
    head = knowledge.tags[other].name.casefold().split()
    return 0 < len(head) < len(words) and words[-len(head) :] == head


def wilson_lower(hits: int, total: int) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson 1927)."""
    if total == 0:
        return 0.0
    z, share = 1.96, hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - spread) / (1 + z * z / total)
