"""From the syntax tree to what has to be done: filters for SQL, and wishes to be judged.

Everything that the whole answer has to pass goes into one condition; the rest becomes a tree whose
leaves are wishes (texts and photos that are summed up) and conditions that only a part of the
answer meets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar

from photoorg.core.conditions import AllOf, Condition
from photoorg.core.query import (
    Filter,
    Group,
    Join,
    Like,
    Looks,
    Order,
    Part,
    Query,
    Text,
    condition_of,
)

_Leaf = TypeVar("_Leaf", "Wish", "Check")

MOST_TERMS = 24
"""Texts, photos and tags of one wish that are looked at: each costs a pass over all photos."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What stands side by side and is summed up into one thing to look for.

    Weights are above 0; those of what is unwanted were made so.

    Attributes:
        texts: to look for by meaning. All bare words together are one text: they read as a
            caption, which is what the text encoder knows best.
        unwanted: texts to keep away from.
        likes: photos to be like.
        unlikes: photos to be unlike.
        looks: tags to look like, and not to carry; with their weights, below 0 for tags not to
            look like.
        words: what is looked for by letters.
        banned: what must not be there by letters.
    """

    texts: tuple[tuple[str, float], ...] = ()
    unwanted: tuple[tuple[str, float], ...] = ()
    likes: tuple[Like, ...] = ()
    unlikes: tuple[Like, ...] = ()
    looks: tuple[Looks, ...] = ()
    words: tuple[Text, ...] = ()
    banned: tuple[Text, ...] = ()

    @property
    def ranks(self) -> bool:
        """Whether anything is wanted, so that photos can be better or worse."""
        return bool(self.texts or self.likes) or any(look.weight > 0 for look in self.looks)

    @property
    def label(self) -> str:
        """The texts that are looked for, in the person's words."""
        return " ".join(text for text, _ in self.texts)

    @property
    def unwanted_label(self) -> str:
        """The texts that are not looked for, in the person's words."""
        return " ".join(text for text, _ in self.unwanted)


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that only a part of the answer meets: a photo does, or does not."""

    condition: Condition

    @property
    def ranks(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts that are judged apart.

    Attributes:
        parts: two or more, or one whose weight is not 1.
        either: the likelier one counts; else all do.
        weight: how much it counts; below 0 it is unwanted.
    """

    parts: tuple[Node, ...]
    either: bool
    weight: float = 1.0

    @property
    def ranks(self) -> bool:
        return self.weight > 0 and any(part.ranks for part in self.parts)


Node = Wish | Check | Joined


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query is answered.

    Attributes:
        condition: every photo of the answer meets it; None where all may.
        root: what ranks or splits the photos; None where nothing does.
        order: of the answer; None for what is usual.
    """

    condition: Condition | None
    root: Node | None
    order: Order | None

    def wishes(self) -> list[Wish]:
        """Return the wishes, in order."""
        return list(_leaves(self.root, Wish)) if self.root is not None else []

    def checks(self) -> list[Check]:
        """Return the conditions within the tree, in order."""
        return list(_leaves(self.root, Check)) if self.root is not None else []


def plan(query: Query) -> Plan:
    """Work out how a query is answered."""
    conditions, root = _split(query.parts, Join.NEXT)
    condition: Condition | None = None
    if conditions:
        condition = conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))
    return Plan(condition, root, query.sort.order if query.sort else None)


def _split(parts: tuple[Part, ...], join: Join) -> tuple[list[Condition], Node | None]:
    """Part what all have to pass from what is judged, of parts that all count."""
    conditions: list[Condition] = []
    summed: list[Part] = []
    nodes: list[Node] = []
    for part in parts:
        condition = condition_of(part)
        if condition is not None:
            conditions.append(condition)
        elif _opens(part, join):
            inner, node = _split(part.parts, part.join)
            conditions += inner
            nodes += [node] if node is not None else []
        elif join is Join.NEXT and (isinstance(part, Text | Like | Looks) or _is_caption(part)):
            summed.append(part)
        else:
            nodes.append(_node(part))
    nodes = ([_wish(summed)] if summed else []) + nodes
    if len(nodes) < 2:
        return conditions, nodes[0] if nodes else None
    return conditions, Joined(tuple(nodes), either=False)


def _opens(part: Part, join: Join) -> TypeGuard[Group]:
    """Whether all within a group counts as if its brackets were not there."""
    if not isinstance(part, Group) or part.weight != 1:
        return False
    next_to_others = part.join is Join.NEXT and (join is Join.AND or not _is_caption(part))
    return part.join is Join.AND or next_to_others


def _node(part: Part) -> Node:
    """Return one part that is judged on its own."""
    condition = condition_of(part)
    if condition is not None:
        return Check(condition)
    if not isinstance(part, Group) or _is_caption(part):
        return _wish([part])
    if part.join is Join.OR:
        nodes = tuple(_node(inner) for inner in part.parts)
        return Joined(nodes, either=True, weight=part.weight)
    conditions, root = _split(part.parts, part.join)
    within = [*(Check(condition) for condition in conditions), *([root] if root else [])]
    if part.weight == 1:
        return within[0] if len(within) == 1 else Joined(tuple(within), either=False)
    return Joined(tuple(within), either=False, weight=part.weight)


def _is_caption(part: Part) -> bool:
    """Whether a group is nothing but ordinary words: one text, as if it were a single word."""
    return (
        isinstance(part, Group)
        and part.join is Join.NEXT
        and all(isinstance(inner, Text) and inner.weight == 1 for inner in part.parts)
    )


def _wish(parts: list[Part]) -> Wish:
    texts: list[tuple[str, float]] = []
    unwanted: list[tuple[str, float]] = []
    caption: list[str] = []
    words: list[Text] = []
    banned: list[Text] = []
    for part in parts:
        match part:
            case Text(text, weight=1.0):
                caption.append(text)
                words.append(part)
            case Text(text, weight=weight) if weight > 0:
                texts.append((text, weight))
                words.append(part)
            case Text(text, weight=weight):
                unwanted.append((text, -weight))
                banned.append(part)
            case Group(parts=inner, weight=weight):
                whole = " ".join(each.text for each in inner if isinstance(each, Text))
                if weight > 0:
                    texts.append((whole, weight))
                    words += [each for each in inner if isinstance(each, Text)]
                else:
                    unwanted.append((whole, -weight))
                    banned.append(Text(whole, quoted=True, weight=weight, span=part.span))
            case Like() | Looks() | Filter():
                continue
    if caption:
        texts.insert(0, (" ".join(caption), 1.0))
    likes = [part for part in parts if isinstance(part, Like)]
    return Wish(
        texts=tuple(texts[:MOST_TERMS]),
        unwanted=tuple(unwanted[:MOST_TERMS]),
        likes=tuple(like for like in likes if like.weight > 0)[:MOST_TERMS],
        unlikes=tuple(replace(like, weight=-like.weight) for like in likes if like.weight < 0)[
            :MOST_TERMS
        ],
        looks=tuple(part for part in parts if isinstance(part, Looks))[:MOST_TERMS],
        words=tuple(words),
        banned=tuple(dict.fromkeys(banned))[:MOST_TERMS],
    )


def _leaves(node: Node, kind: type[_Leaf]) -> Iterator[_Leaf]:
    if isinstance(node, Joined):
        for part in node.parts:
            yield from _leaves(part, kind)
    elif isinstance(node, kind):
        yield node
