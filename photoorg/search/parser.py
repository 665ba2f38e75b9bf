"""Reads what a person types into the search box.

    either    = all { "or" all }
    all       = next { "and" next }
    next      = { part }
    part      = { "not" | "-" | "+" } ( leaf | "(" either ")" )

Neighbours bind tightest: "red car or blue car" is one of two captions. A minus with space behind
it, and `not`, take all bare words that follow ("red car - blue car"); one that touches a word takes
that word alone. Signs and weights before brackets are multiplied into what stands alone in them.

The reader forgives: whatever is not a known filter is words, brackets need not be closed, an
operator without a side counts for nothing, nor does a filter without a value yet ("rating:>"). Only
a value that can never mean anything ("date:banana") is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from photoorg.core.conditions import Condition, Not
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.query import Filter, Group, Join, Like, Looks, Part, Query, Sort, Span, Text
from photoorg.search import filter_values
from photoorg.search.tokens import Kind, Token, clamp_weight, tokens

DEEPEST = 40
"""Brackets within brackets; further ones count for nothing."""

_SIGNS = (Kind.PLUS, Kind.MINUS)
_JOINTS = {Join.OR: Kind.OR, Join.AND: Kind.AND}


def parse(text: str) -> Query:
    """Read a search text.

    Words and "quoted phrases" are texts, `like:` names a photo and `looks:` a tag; `-` before one
    pushes photos away and `2*` weighs it. Filters are `tag:`, `folder:`, `name:`, `camera:`,
    `type:`, `rating:`, `date:`, `has:`, `is:` and `album:`, each turned round by `-`; values with
    spaces stand in quotes. `and`, `or`, `not` and brackets join all of them; `sort:` orders.

    Raises:
        QuerySyntaxError: a filter has an impossible value; the message says where.
    """
    return _Reader(tokens(text)).query()


class _Reader:
    """One pass over the tokens."""

    def __init__(self, read: list[Token]) -> None:
        self._tokens = read
        self._at = 0
        self._sort: Sort | None = None

    def query(self) -> Query:
        part = self._either(0)
        match part:
            case None:
                parts: tuple[Part, ...] = ()
            case Group(join=Join.NEXT, weight=1.0):
                parts = part.parts
            case _:
                parts = (part,)
        return Query(parts, self._sort)

    def _either(self, depth: int) -> Part | None:
        return self._joined(Join.OR, self._all, depth)

    def _all(self, depth: int) -> Part | None:
        return self._joined(Join.AND, self._next, depth)

    def _joined(self, join: Join, operand: Callable[[int], Part | None], depth: int) -> Part | None:
        """Read sides of an operator; those that are missing are left out."""
        sides = [operand(depth)]
        while self._kind() is _JOINTS[join]:
            self._at += 1
            sides.append(operand(depth))
        return _group(join, [side for side in sides if side is not None])

    def _next(self, depth: int) -> Part | None:
        parts: list[Part] = []
        while (kind := self._kind()) is not None and kind not in _JOINTS.values():
            if kind is Kind.CLOSE:
                if depth:
                    break
                self._at += 1  # without a partner
                continue
            part = self._part(depth)
            if part is not None:
                parts.append(part)
        return _group(Join.NEXT, parts)

    def _part(self, depth: int) -> Part | None:
        """Read signs and what they stand before; None where there is nothing to them."""
        start = self._tokens[self._at].span.start
        sign, takes_all = 1.0, False
        while self._kind() in _SIGNS:
            if self._kind() is Kind.MINUS:
                sign, takes_all = -sign, True
            self._at += 1
        kind = self._kind()
        if kind is None or kind is Kind.CLOSE or kind in _JOINTS.values():
            return None
        token = self._tokens[self._at]
        if kind is Kind.OPEN:
            part = self._brackets(depth)
        elif takes_all and token.plain and depth < DEEPEST:
            part = self._run()
        else:
            self._at += 1
            part = self._leaf(token)
        if part is None:
            return None
        return _placed(_weighed(part, sign), Span(start, part.span.end))

    def _brackets(self, depth: int) -> Part | None:
        opening = self._tokens[self._at]
        self._at += 1
        if depth >= DEEPEST:
            return None
        part = self._either(depth + 1)
        end = self._tokens[self._at - 1].span.end
        if self._kind() is Kind.CLOSE:
            end = self._tokens[self._at].span.end
            self._at += 1
        if part is None:
            return None
        return _placed(_weighed(part, opening.weight), Span(opening.span.start, end))

    def _run(self) -> Part | None:
        """Read bare words up to anything else; a `+` that touches one begins a new caption."""
        words: list[Part] = []
        while self._kind() is Kind.WORD:
            token = self._tokens[self._at]
            if not token.plain or (words and token.literal):
                break
            words.append(Text(token.value, span=token.span))
            self._at += 1
        return _group(Join.NEXT, words)

    def _leaf(self, token: Token) -> Part | None:
        match token.kind:
            case Kind.WORD:
                return Text(token.value, weight=token.weight, span=token.span)
            case Kind.PHRASE:
                return Text(token.value, quoted=True, weight=token.weight, span=token.span)
            case _:
                return self._valued(token) if token.value else None

    def _valued(self, token: Token) -> Part | None:
        """Read what has a colon; None while the value is not complete."""
        try:
            match token.prefix:
                case "looks":
                    return Looks(token.value, token.weight, token.span)
                case "like":
                    photo = filter_values.photo(token.value, quoted=token.quoted)
                    return None if photo is None else Like(photo, token.weight, token.span)
                case "sort":
                    self._sort = Sort(filter_values.order(token.value), token.span)
                    return None
                case prefix:
                    condition = filter_values.condition(prefix, token.value)
                    if condition is None:
                        return None
                    turned = _turned(condition) if token.weight < 0 else condition
                    return Filter(turned, token.span)
        except ValueError as error:
            raise QuerySyntaxError(
                f"“{token.value}” at character {token.span.start + 1} is no {_noun(token.prefix)}.",
                str(error),
            ) from error

    def _kind(self) -> Kind | None:
        """Return what comes next; None at the end."""
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None


def _noun(prefix: str) -> str:
    return {"has": "thing to have", "is": "state", "like": "photo", "sort": "order"}.get(
        prefix, prefix
    )


def _group(join: Join, parts: list[Part]) -> Part | None:
    """Return several parts as a group, a single one as it is."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return Group(join, tuple(parts), span=Span(parts[0].span.start, parts[-1].span.end))


def _weighed(part: Part, factor: float) -> Part:
    """Return a part that counts so many times as much; below 0 it is turned round."""
    if factor == 1:
        return part
    if isinstance(part, Filter):
        return replace(part, condition=_turned(part.condition)) if factor < 0 else part
    return replace(part, weight=clamp_weight(part.weight * factor))


def _placed(part: Part, span: Span) -> Part:
    return replace(part, span=span)


def _turned(condition: Condition) -> Condition:
    return condition.condition if isinstance(condition, Not) else Not(condition)
