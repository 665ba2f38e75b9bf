"""What is offered while a search is typed: values of filters, tags, filters, operators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from photoorg.core.conditions import InAlbum, TagIs
from photoorg.core.library import LibraryPort
from photoorg.core.query import format_condition
from photoorg.core.records import FolderNode
from photoorg.gui.search.chips import ChipSort
from photoorg.search.tokens import Kind, tokens

MOST_OFFERS: Final = 9

FILTERS: Final = {
    "tag": "with a tag of yours",
    "rating": "by stars",
    "date": "by when they were taken",
    "folder": "in a folder",
    "album": "in an album",
    "camera": "by camera",
    "type": "by file type",
    "has": "with a place, tags, a caption",
    "is": "untagged, missing, ...",
    "name": "by file name",
    "looks": "looks like a tag, without it",
    "sort": "by date or relevance",
}
"""What can stand before a colon, and what it does, in the order of use."""

_OPERATORS: Final = {"or": "either one", "and": "both", "not": "without what follows"}
_TYPES: Final = {"jpeg": "", "heic": "", "png": "", "webp": "", "tiff": "", "gif": "", "raw": ""}
_VALUES: Final = {
    "has": {
        "gps": "a place",
        "tags": "tags",
        "caption": "a caption",
        "rating": "stars",
    },
    "is": {
        "untagged": "no tags yet",
        "tagged": "any tag",
        "rated": "any stars",
        "unrated": "no stars",
        "missing": "the file is away",
    },
    "sort": {"date": "newest first", "-date": "oldest first", "relevance": "best match first"},
    "rating": {
        ">=3": "3 stars or more",
        ">=4": "4 stars or more",
        "5": "5 stars",
        "<3": "less than 3 stars",
    },
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be taken instead of typed.

    Attributes:
        label: what is shown.
        text: what takes the place of the characters [start, end) of the search text.
        hint: a few dimmed words beside it.
        icon: name of an icon, or "".
        whole: it is a whole search, to be asked at once.
        heading: it is no offer but the title of those below it.
    """

    label: str
    text: str = ""
    start: int = 0
    end: int = 0
    hint: str = ""
    icon: str = ""
    whole: bool = False
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Typing:
    """What is being typed at the caret.

    Attributes:
        typed: the word, or the value of a filter, up to the caret.
        start: first character of the text that an offer replaces.
        end: behind the last.
        prefix: the filter whose value is typed, or "" for a word.
        first: nothing stands before it.
    """

    typed: str
    start: int
    end: int
    prefix: str = ""
    first: bool = True


def typing_at(text: str, caret: int) -> Typing | None:
    """Return what is being typed, or None where the caret stands behind a space or in a phrase."""
    before = tokens(text[:caret])
    if not before or before[-1].span.end != caret:
        return None
    token = before[-1]
    start = token.span.start
    first = len(before) == 1
    if token.kind is Kind.FILTER:
        colon = text.index(":", start) + 1
        if text[:caret].endswith(('"', "”")) and token.value:
            return None  # the value is closed
        return Typing(token.value, colon, caret, token.prefix, first)
    words = (Kind.WORD, Kind.AND, Kind.OR)
    if token.kind in words and token.weight in (1.0, -1.0) and token.value:
        return Typing(token.value, caret - len(token.value), caret, first=first)
    return None


def offers_for(typing: Typing, library: LibraryPort) -> list[Offer]:
    """Return what fits, best first; reads from the library, so it runs on a thread."""
    return _values(typing, library) if typing.prefix else _words(typing, library)


def _words(typing: Typing, library: LibraryPort) -> list[Offer]:
    typed = typing.typed.casefold()
    own = {tag.name for tag in library.tags()}
    found = [tag for tag in library.complete_tag(typing.typed) if tag in own]
    offers = [
        Offer(
            tag,
            f"{format_condition(TagIs(tag))} ",
            typing.start,
            typing.end,
            "tag",
            ChipSort.TAG.value,
        )
        for tag in found[:4]
    ]
    offers += [
        Offer(
            album.name,
            f"{format_condition(InAlbum(album.name))} ",
            typing.start,
            typing.end,
            "album",
            ChipSort.ALBUM.value,
        )
        for album in library.albums.all()
        if album.name.casefold().startswith(typed)
    ][:2]
    offers += [
        Offer(f"{name}:", f"{name}:", typing.start, typing.end, hint)
        for name, hint in FILTERS.items()
        if name.startswith(typed)
    ]
    if not typing.first:
        offers += [
            Offer(word, f"{word} ", typing.start, typing.end, hint)
            for word, hint in _OPERATORS.items()
            if word.startswith(typed)
        ]
    return offers[:MOST_OFFERS]


def _values(typing: Typing, library: LibraryPort) -> list[Offer]:
    icon = ""
    match typing.prefix:
        case "tag" | "looks":
            icon = ChipSort.TAG.value
            counts = {tag.name: tag.count for tag in library.tags()}
            found = {
                name: f"{counts[name]:,}" if name in counts else ""
                for name in library.complete_tag(typing.typed)
            }
        case "album":
            icon = ChipSort.ALBUM.value
            found = _matching({a.name: "" for a in library.albums.all()}, typing.typed)
        case "camera":
            icon = ChipSort.CAMERA.value
            found = _matching(dict.fromkeys(library.asking.cameras(), ""), typing.typed)
        case "folder":
            icon = ChipSort.FOLDER.value
            found = _matching(_folder_names(library.folders()), typing.typed)
        case "date":
            found = _matching(_dates(datetime.now(tz=UTC).date()), typing.typed)
        case "type":
            found = _matching(_TYPES, typing.typed)
        case prefix:
            found = _matching(_VALUES.get(prefix, {}), typing.typed)
    return [
        Offer(value, f"{quoted(value)} ", typing.start, typing.end, hint, icon)
        for value, hint in found.items()
        if value != typing.typed
    ][:MOST_OFFERS]


def quoted(value: str) -> str:
    """Return a filter's value as it is typed: in quotes where it needs them."""
    return format_condition(TagIs(value)).removeprefix("tag:")


def _matching(values: dict[str, str], typed: str) -> dict[str, str]:
    """Return those that begin with what was typed, then those that hold it."""
    start = typed.casefold()
    first = {value: hint for value, hint in values.items() if value.casefold().startswith(start)}
    rest = {value: hint for value, hint in values.items() if start in value.casefold()}
    return first | rest


def _folder_names(nodes: Sequence[FolderNode]) -> dict[str, str]:
    names: dict[str, str] = {}
    waiting = list(nodes)
    while waiting:
        node = waiting.pop(0)
        names.setdefault(node.path.name or str(node.path), f"{node.count:,}")
        waiting.extend(node.children)
    return names


def _dates(today: date) -> dict[str, str]:
    year = today.year
    return {
        str(year): "this year",
        str(year - 1): "last year",
        f"{today:%Y-%m}": "this month",
        f"{year - 2}..{year}": "from year to year",
        f"..{year - 5}": "up to a year",
    }


def headed(title: str, offers: Iterable[Offer]) -> list[Offer]:
    """Return offers below a title, nothing where there are none."""
    listed = list(offers)
    return [Offer(title, heading=True), *listed] if listed else []
