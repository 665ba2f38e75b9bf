"""What the fake library knows of its tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from photoorg.core.changes import (
    AddAlias,
    JudgeProposal,
    Operation,
    RemoveAlias,
    SetParent,
    Several,
)
from photoorg.core.ids import TagId
from photoorg.core.knowledge import Proposal, RelatedTag
from photoorg.core.records import TagCount


class FakeKnowledge:
    """Keeps KnowledgePort in memory, and where tags stand.

    Attributes:
        found: the proposals, whatever the tags are.
        near: related tags, by tag.
        cancelled: how often proposals were called off.
        problem: raised when proposals are asked for.
    """

    def __init__(self) -> None:
        self.found: list[Proposal] = []
        self.near: dict[str, Sequence[RelatedTag]] = {}
        self.cancelled = 0
        self.problem: Exception | None = None
        self.parents: dict[str, str] = {}
        self.aliases: dict[str, tuple[str, ...]] = {}
        self.dismissed: set[tuple[str, str]] = set()

    def related(self, tag: str, limit: int = 8) -> Sequence[RelatedTag]:
        return self.near.get(tag, ())[:limit]

    def proposals(self) -> Sequence[Proposal]:
        if self.problem is not None:
            raise self.problem
        return [
            each
            for each in self.found
            if (each.tag, each.other) not in self.dismissed
            and self.parents.get(each.tag) != each.other
        ]

    def cancel_proposals(self) -> None:
        self.cancelled += 1

    def place(self, tags: Sequence[TagCount]) -> list[TagCount]:
        """Return tags with what is known of their places, those without photos included."""
        known = {tag.name for tag in tags}
        new = {*self.parents, *self.parents.values()} - known
        everything = [*tags, *(TagCount(TagId(900 + i), n, 0) for i, n in enumerate(sorted(new)))]
        return [
            replace(tag, parent=self.parents.get(tag.name), aliases=self.aliases.get(tag.name, ()))
            for tag in everything
        ]

    def carry_out(
        self, operation: SetParent | AddAlias | RemoveAlias | JudgeProposal | Several
    ) -> tuple[Operation, str]:
        """Change what is known; return how to take that back, and what it is called."""
        match operation:
            case SetParent(tag, above):
                before = self.parents.pop(tag, None)
                if above is not None:
                    self.parents[tag] = above
                return SetParent(tag, before), f"Put tag “{tag}” under “{above}”"
            case AddAlias(tag, alias):
                self.aliases[tag] = (*self.aliases.get(tag, ()), alias)
                return RemoveAlias(tag, alias), f"Call tag “{tag}” also “{alias}”"
            case RemoveAlias(tag, alias):
                kept = (name for name in self.aliases[tag] if name != alias)
                self.aliases[tag] = tuple(kept)
                return AddAlias(tag, alias), f"No longer call tag “{tag}” also “{alias}”"
            case JudgeProposal(kind, tag, other, dismissed):
                change = self.dismissed.add if dismissed else self.dismissed.discard
                change((tag, other))
                return JudgeProposal(kind, tag, other, not dismissed), "Dismiss the proposal"
            case Several(operations, label):
                inverses = [self.carry_out(each)[0] for each in operations]
                return Several(tuple(reversed(inverses)), label), label
