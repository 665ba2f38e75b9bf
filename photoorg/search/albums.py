"""Albums within searches: `album:Trip` stands for the photos that its own search finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from photoorg.catalog.encoding import tag_key
from photoorg.core.albums import Album
from photoorg.core.conditions import AllOf, AnyOf, Condition, InAlbum, Not, OneOf, OpenAlbum
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.ids import PhotoId
from photoorg.core.query import Filter, Group, Part, Query, format_condition
from photoorg.search.parser import parse
from photoorg.search.ports import IdArray
from photoorg.search.tokens import Kind, Token, tokens

Judge = Callable[[Query], IdArray]
"""Returns the relevant photos of a query without closed albums, int64 [n]."""

_NOTHING = AnyOf(())


class AlbumOpener:
    """Puts in the place of each album what it holds; every call sees the albums as they are then.

    Args:
        albums: gives the albums.
    """

    def __init__(self, albums: Callable[[], Sequence[Album]]) -> None:
        self._albums = albums

    def opened(self, query: Query, judge: Judge) -> Query:
        """Return a query in which albums are `OpenAlbum`; one that does not exist holds nothing.

        Args:
            query: a search.
            judge: answers the searches of albums that need more than a filter.

        Raises:
            QuerySyntaxError: an album contains itself, or its search cannot be read.
        """
        if not any(_names_album(part) for part in query.parts):
            return query
        return _Opening(self._albums(), judge).query(query, ())

    def as_filter(self, text: str) -> Condition | None:
        """Return the photos of an album's search as a filter, or None where they must be judged.

        Raises:
            QuerySyntaxError: as `opened`.
        """
        try:
            query = _Opening(self._albums(), _refuse).query(parse(text), ())
        except _MustBeJudgedError:
            return None
        return query.condition if _is_filter(query) else None


def mentions(text: str, name: str) -> bool:
    """Return whether a search text names an album."""
    return any(_is_album(token, name) for token in tokens(text))


def renamed(text: str, name: str, new_name: str) -> str:
    """Return a search text in which an album has its new name; all else is left as it was typed."""
    for token in reversed(tokens(text)):
        if _is_album(token, name):
            typed = text[token.span.start : token.span.end]
            sign = typed[: typed.lower().index("album:")]
            fresh = sign + format_condition(InAlbum(new_name))
            text = text[: token.span.start] + fresh + text[token.span.end :]
    return text


def contains_itself(name: str, text: str, albums: Sequence[Album]) -> bool:
    """Return whether an album, with this search, would be within itself."""
    texts = {tag_key(album.name): album.query for album in albums}
    texts[tag_key(name)] = text
    seen: set[str] = set()
    waiting = [text]
    while waiting:
        inner = {tag_key(token.value) for token in tokens(waiting.pop()) if _is_any_album(token)}
        if tag_key(name) in inner:
            return True
        waiting += [texts[key] for key in inner - seen if key in texts]
        seen |= inner
    return False


class _MustBeJudgedError(Exception):
    """A filter alone does not say what an album holds."""


def _refuse(_: Query) -> IdArray:
    raise _MustBeJudgedError


class _Opening:
    """One look at the albums."""

    def __init__(self, albums: Sequence[Album], judge: Judge) -> None:
        self._texts = {tag_key(album.name): album.query for album in albums}
        self._judge = judge
        self._known: dict[str, Condition] = {}

    def query(self, query: Query, within: tuple[str, ...]) -> Query:
        return replace(query, parts=tuple(self._part(part, within) for part in query.parts))

    def _part(self, part: Part, within: tuple[str, ...]) -> Part:
        if isinstance(part, Filter):
            return replace(part, condition=self._condition(part.condition, within))
        if isinstance(part, Group):
            return replace(part, parts=tuple(self._part(each, within) for each in part.parts))
        return part

    def _condition(self, condition: Condition, within: tuple[str, ...]) -> Condition:
        match condition:
            case InAlbum(name):
                return OpenAlbum(name, self._album(name, within))
            case Not(inner):
                return Not(self._condition(inner, within))
            case AllOf(parts):
                return AllOf(tuple(self._condition(part, within) for part in parts))
            case AnyOf(parts):
                return AnyOf(tuple(self._condition(part, within) for part in parts))
            case _:
                return condition

    def _album(self, name: str, within: tuple[str, ...]) -> Condition:
        key = tag_key(name)
        if key in within:
            raise QuerySyntaxError(
                f"The album “{name}” contains itself.", "Take it out of its own search."
            )
        if key not in self._known:
            text = self._texts.get(key)
            self._known[key] = _NOTHING if text is None else self._holds(text, (*within, key))
        return self._known[key]

    def _holds(self, text: str, within: tuple[str, ...]) -> Condition:
        query = self.query(parse(text), within)
        condition = query.condition
        if _is_filter(query):
            return AllOf(()) if condition is None else condition
        found = self._judge(replace(query, sort=None))
        return OneOf(tuple(PhotoId(photo_id) for photo_id in found.tolist()))


def _is_filter(query: Query) -> bool:
    return all(isinstance(leaf, Filter) for leaf in query.leaves())


def _names_album(part: Part) -> bool:
    if isinstance(part, Group):
        return any(_names_album(inner) for inner in part.parts)
    return isinstance(part, Filter) and _holds_album(part.condition)


def _holds_album(condition: Condition) -> bool:
    match condition:
        case InAlbum():
            return True
        case Not(inner):
            return _holds_album(inner)
        case AllOf(parts) | AnyOf(parts):
            return any(_holds_album(part) for part in parts)
        case _:
            return False


def _is_any_album(token: Token) -> bool:
    return token.kind is Kind.FILTER and token.prefix == "album"


def _is_album(token: Token, name: str) -> bool:
    return _is_any_album(token) and tag_key(token.value) == tag_key(name)
