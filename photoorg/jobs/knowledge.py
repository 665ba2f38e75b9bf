"""What an open library knows of its tags: related ones, and how to tidy them up."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.tree_operations import is_dismissed
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId
from photoorg.core.knowledge import Proposal, RelatedTag
from photoorg.core.progress import CancelToken
from photoorg.core.records import TagCount
from photoorg.features.text import TextEncoder
from photoorg.jobs.search_service import SearchService
from photoorg.models.starter import StarterModel
from photoorg.models.vocabulary import read_vocabulary
from photoorg.models.wordnet import load_wordnet
from photoorg.search.tag_facts import TagFacts, TagKnowledge, folded, mean_look
from photoorg.search.tag_proposals import draft_proposals
from photoorg.search.tag_senses import SenseFinder

LOOKED_AT = 60
"""Photos of a tag whose vectors make its look; more change the mean little."""

_SAMPLES = 4


class Knowledge:
    """Keeps `KnowledgePort` with the catalog and the starter model; safe to use from many threads.

    Runs in the caller's thread, as numpy that lets other threads run; what was gathered is kept
    until the catalog changes. Whichever model is in use: the starter's vectors are always there.
    """

    def __init__(self, catalog: Catalog, search: SearchService) -> None:
        self._catalog = catalog
        self._search = search
        self._gathering = threading.Lock()
        self._gathered: tuple[int, _Gathered] | None = None
        self._token = CancelToken()
        self._lines: dict[str, NDArray[np.float32]] = {}

    def related(self, tag: str, limit: int = 8) -> Sequence[RelatedTag]:
        """Return the tags most like one; see `KnowledgePort.related`."""
        gathered = self._gather(lambda: None)
        knowledge = gathered.knowledge
        row = gathered.row_of(tag)
        if row is None:
            return ()
        likeness = knowledge.likeness(row)
        order = [other for other in np.argsort(-likeness, kind="stable").tolist() if other != row]
        return [
            RelatedTag(
                knowledge.tags[other].name,
                min(1.0, float(likeness[other])),
                gathered.samples(knowledge.tags[other].name),
            )
            for other in order[:limit]
        ]

    def proposals(self) -> Sequence[Proposal]:
        """Return what could be tidied up; see `KnowledgePort.proposals`."""
        token = self._token = CancelToken()
        gathered = self._gather(token.check)
        starter, encoder = self._models()
        wordnet = load_wordnet()
        finder = SenseFinder(
            wordnet,
            gathered.knowledge,
            lambda lines: self._encode_lines(encoder, lines),
            starter.embed_texts,
        )
        groups = {word.broader for word in read_vocabulary() if word.broader}
        drafts = draft_proposals(gathered.knowledge, finder, wordnet, sorted(groups), token.check)
        unwanted = self._catalog.dismissed_proposals()
        return [
            Proposal(
                draft.kind,
                draft.tag,
                draft.other,
                draft.confidence,
                draft.reason,
                draft.operation,
                gathered.count(draft.tag),
                gathered.count(draft.other),
                gathered.samples(draft.tag),
                gathered.samples(draft.other),
            )
            for draft in drafts
            if not is_dismissed(unwanted, draft.kind, draft.tag, draft.other)
        ]

    def cancel_proposals(self) -> None:
        """Have `proposals` give up."""
        self._token.cancel()

    def _encode_lines(self, encoder: TextEncoder, lines: Sequence[str]) -> NDArray[np.float32]:
        """Return sentence vectors; those of meanings do not change, so they are kept."""
        fresh = [line for line in dict.fromkeys(lines) if line not in self._lines]
        if fresh:
            self._lines |= dict(zip(fresh, encoder.encode(fresh), strict=True))
        return np.stack([self._lines[line] for line in lines])

    # -- gathering ----------------------------------------------------------------------------
    def _models(self) -> tuple[StarterModel, TextEncoder]:
        parts = self._search.parts
        if parts.starter is None or parts.encoder is None:
            raise parts.problem or EnvironmentProblem("The model that compares tags is not ready.")
        return parts.starter, parts.encoder

    def _gather(self, check: Callable[[], object]) -> _Gathered:
        with self._gathering:
            revision = int(self._catalog.revision())
            if self._gathered is None or self._gathered[0] != revision:
                self._gathered = (revision, self._gather_anew(check))
            return self._gathered[1]

    def _gather_anew(self, check: Callable[[], object]) -> _Gathered:
        starter, encoder = self._models()
        counted = self._catalog.tags()
        photos: defaultdict[str, list[PhotoId]] = defaultdict(list)
        thumbnails: dict[PhotoId, str] = {}
        for said in self._catalog.words_of():
            thumbnails[said.photo_id] = said.thumbnail_key
            for name in said.tags:
                photos[name].append(said.photo_id)
        looks = np.zeros((len(counted), starter.dimension), np.float32)
        for row, tag in enumerate(counted):
            check()
            newest = photos[tag.name][-LOOKED_AT:]
            _, visual = self._catalog.vectors(starter.visual_key, newest)
            if len(visual):
                looks[row] = mean_look(starter.embed_images(visual))
        check()
        facts = tuple(
            TagFacts(tag.name, frozenset(photos[tag.name]), tag.parent) for tag in counted
        )
        texts = _encode(encoder, [tag.name for tag in counted], check)
        aliases = folded([alias for tag in counted for alias in tag.aliases])
        return _Gathered(TagKnowledge(facts, texts, looks, aliases), counted, photos, thumbnails)


class _Gathered:
    """All tags at one moment, with what shows them to a person."""

    def __init__(
        self,
        knowledge: TagKnowledge,
        counted: Sequence[TagCount],
        photos: dict[str, list[PhotoId]],
        thumbnails: dict[PhotoId, str],
    ) -> None:
        self.knowledge = knowledge
        self._counts = {tag.name: tag.count for tag in counted}
        self._rows = {
            name.casefold(): row
            for row, tag in enumerate(counted)
            for name in (*tag.aliases, tag.name)
        }
        self._samples = {
            name: tuple(filter(None, (thumbnails[photo] for photo in reversed(ids[-_SAMPLES:]))))
            for name, ids in photos.items()
        }

    def row_of(self, name: str) -> int | None:
        """Return where the tag of any name is."""
        return self._rows.get(" ".join(name.split()).casefold())

    def count(self, name: str) -> int:
        return self._counts.get(name, 0)

    def samples(self, name: str) -> tuple[str, ...]:
        return self._samples.get(name, ())


def _encode(
    encoder: TextEncoder, names: Sequence[str], check: Callable[[], object]
) -> NDArray[np.float32]:
    """Return the sentence vectors of names, [n, t]; a few at a time, so that one can stop."""
    vectors = np.zeros((len(names), encoder.dimension), np.float32)
    for start in range(0, len(names), 64):
        check()
        vectors[start : start + 64] = encoder.encode(names[start : start + 64])
    return vectors
