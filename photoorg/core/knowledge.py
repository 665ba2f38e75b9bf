"""What is known of tags beyond their photos: related ones, and how to tidy them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from photoorg.core.changes import JudgeProposal, Operation
from photoorg.core.records import ProposalKind


@dataclass(frozen=True, slots=True)
class RelatedTag:
    """A tag that has to do with another.

    Attributes:
        likeness: cosine of what the two mean and how their photos look, at most 1.
        thumbnail_keys: of some photos that carry it, newest first.
    """

    name: str
    likeness: float
    thumbnail_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that could be done to tidy up tags.

    Attributes:
        kind: what it says of the two tags.
        tag: the tag that would be merged, or put below the other.
        other: the tag that would stay, or stand above.
        confidence: 0 to 1, how sure it is.
        reason: a few words for a person.
        operation: carries it out, in one step.
        tag_count: photos that carry the tag.
        other_count: photos that carry the other; 0 where there is no such tag yet.
        tag_thumbnails: keys of the thumbnails of some of them, newest first.
        other_thumbnails: likewise.
    """

    kind: ProposalKind
    tag: str
    other: str
    confidence: float
    reason: str
    operation: Operation
    tag_count: int = 0
    other_count: int = 0
    tag_thumbnails: tuple[str, ...] = ()
    other_thumbnails: tuple[str, ...] = ()

    @property
    def dismissal(self) -> JudgeProposal:
        """The operation after which it is not made again."""
        return JudgeProposal(self.kind, self.tag, self.other)


class KnowledgePort(Protocol):
    """What may be asked of an open library about its tags."""

    def related(self, tag: str, limit: int = 8) -> Sequence[RelatedTag]:
        """Return the tags most like one, best first; none for a tag that is not known."""

    def proposals(self) -> Sequence[Proposal]:
        """Return what could be tidied up, surest first; seconds for hundreds of tags.

        Raises:
            Cancelled: `cancel_proposals` was called.
        """

    def cancel_proposals(self) -> None:
        """Have `proposals` give up. Immediate."""
