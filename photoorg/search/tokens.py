"""Cuts a search text into tokens: the reader's first half.

A sign, a weight or `+` that touches what follows belongs to that token. Quotes that are never
closed are skipped, and a word ends where a bracket in it has no partner, so that no text is wrong
while it is being typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from photoorg.core.query import OPERATOR_WORDS, Span

PREFIXES = (
    *("tag", "folder", "name", "camera", "type", "rating", "date", "has", "is", "album"),
    *("like", "looks", "sort"),
)
"""What stands before a colon."""

LEAST_WEIGHT, MOST_WEIGHT = 0.01, 999.99

_SPACE = re.compile(r"\s*")
_RUN = re.compile(r"\S*")
_WEIGHT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\*(?=[^\s)])")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"|[“„]([^“”„]*)[”“]')
_PREFIX = re.compile(rf"({'|'.join(PREFIXES)}):", re.IGNORECASE)
_QUOTES = '"“„'
_MINUS = "-\N{MINUS SIGN}"  # the second is what word processors write


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    PHRASE = auto()
    FILTER = auto()
    OPEN = auto()
    CLOSE = auto()
    PLUS = auto()
    MINUS = auto()
    """`-` with space behind it, or `not`."""
    AND = auto()
    OR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a search text.

    Attributes:
        kind: what it is.
        span: where it stands, sign and weight included.
        value: of a word or phrase its text, of a filter what stands behind the colon, tidied.
        prefix: of a filter what stands before the colon, in small letters.
        weight: of what can be weighed; below 0 where a minus touches it.
        quoted: a filter's value stands in quotes.
        literal: a plus, minus or weight touches the word, which is therefore no operator.
    """

    kind: Kind
    span: Span
    value: str = ""
    prefix: str = ""
    weight: float = 1.0
    quoted: bool = False
    literal: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is a bare word, which reads as a caption together with its neighbours."""
        return self.kind is Kind.WORD and self.weight == 1


def tokens(text: str) -> list[Token]:
    """Cut a search text into tokens, in order; any text will do.

    `and` in small letters between bare words is one of them: "a dog and a cat" is a caption.
    """
    cut = _Cutter(text).tokens()
    for at, token in enumerate(cut):
        if token.kind is Kind.AND and token.value == "and":
            near = [*cut[max(0, at - 1) : at], *cut[at + 1 : at + 2]]
            if near and all(_is_caption(each) for each in near):
                cut[at] = Token(Kind.WORD, token.span, "and")
    return cut


def clamp_weight(weight: float) -> float:
    """Return a weight in the two decimals in which it is read and printed, never 0."""
    size = min(max(round(abs(weight), 2), LEAST_WEIGHT), MOST_WEIGHT)
    return -size if weight < 0 else size


def _is_caption(token: Token) -> bool:
    return token.plain or (token.kind is Kind.AND and token.value == "and")


class _Cutter:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while True:
            self._take(_SPACE)
            if self._at == len(self._text):
                return found
            token = self._token()
            if token is not None:
                found.append(token)

    def _token(self) -> Token | None:
        """Read signs and weights and what they belong to; None where nothing is left."""
        start = self._at
        negative = literal = False
        weight = 1.0
        while True:
            here = self._text[self._at : self._at + 1]
            if not here or here.isspace():  # a sign alone
                return self._token_from(start, Kind.MINUS if negative else Kind.PLUS)
            if here in _MINUS:
                negative = not negative
                self._at += 1
            elif (factor := _WEIGHT.match(self._text, self._at)) and float(factor[1]) > 0:
                weight = clamp_weight(weight * float(factor[1]))
                self._at = factor.end()
            elif here in _QUOTES and (quoted := self._take(_QUOTED)) is not None:
                value = _unquote(quoted)
                signed = -weight if negative else weight
                return self._token_from(start, Kind.PHRASE, value, weight=signed) if value else None
            elif here == "+" or here in _QUOTES:
                self._at += 1
            else:
                break
            literal = True
        return self._bare(start, -weight if negative else weight, literal=literal)

    def _bare(self, start: int, weight: float, *, literal: bool) -> Token | None:
        """Read what no sign, weight or quote stands before any more."""
        here = self._text[self._at]
        if here in "()":
            self._at += 1
            kind = Kind.OPEN if here == "(" else Kind.CLOSE
            return self._token_from(start, kind, weight=weight)
        prefix = self._take(_PREFIX)
        if prefix is not None:
            value, quoted = self._value()
            return self._token_from(
                start, Kind.FILTER, value, prefix[1].lower(), weight=weight, quoted=quoted
            )
        word = self._word()
        if word in OPERATOR_WORDS and not literal:
            kind = {"and": Kind.AND, "or": Kind.OR, "not": Kind.MINUS}[word.lower()]
            return self._token_from(start, kind, word)
        return self._token_from(start, Kind.WORD, word, weight=weight, literal=literal)

    def _value(self) -> tuple[str, bool]:
        """Return what stands behind a colon, and whether in quotes."""
        at = self._at
        if self._text[at : at + 1] not in tuple(_QUOTES):
            return self._word(), False
        quoted = self._take(_QUOTED)
        if quoted is not None:
            return _unquote(quoted), True
        self._at = len(self._text)  # still being typed: it goes on to the end
        return _tidy(self._text[at + 1 :]), True

    def _word(self) -> str:
        """Read on to a space, or to a bracket without a partner; "" where there is one at once."""
        run = _RUN.match(self._text, self._at)
        word = run[0] if run else ""
        opened: list[int] = []
        for at, letter in enumerate(word):
            if letter == "(":
                opened.append(at)
            elif letter == ")":
                if not opened:
                    word = word[:at]
                    break
                opened.pop()
        if opened:
            word = word[: opened[0]]
        self._at += len(word)
        return word

    def _token_from(
        self,
        start: int,
        kind: Kind,
        value: str = "",
        prefix: str = "",
        *,
        weight: float = 1.0,
        quoted: bool = False,
        literal: bool = False,
    ) -> Token:
        return Token(kind, Span(start, self._at), value, prefix, weight, quoted, literal)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _unquote(match: re.Match[str]) -> str:
    straight, curly = match[1], match[2]
    return _tidy(curly if straight is None else straight.replace('""', '"'))
