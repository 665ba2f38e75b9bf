"""Which pieces of a search text are shown as chips, and what is written on them.

The text of the query is all there is; chips are only how parts of it are shown. A piece that the
caret touches is shown as it was typed, so that it can be edited like any text; only photos stay
chips, as nobody edits their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from photoorg.core.ids import PhotoId
from photoorg.core.query import Like, Order
from photoorg.search import filter_values
from photoorg.search.tokens import Kind, Token, tokens


class ChipSort(StrEnum):
    """What a chip stands for; the values name its icon, "" has none."""

    TAG = "tag"
    LOOKS = "eye"
    FOLDER = "folder"
    NAME = "file"
    CAMERA = "camera"
    TYPE = "image"
    RATING = "star"
    DATE = "calendar"
    TRAIT = "check"
    ALBUM = "album"
    ORDER = "sort"
    PHOTO = "photos"
    TEXT = ""


_SORTS: Final = {
    "tag": ChipSort.TAG,
    "looks": ChipSort.LOOKS,
    "folder": ChipSort.FOLDER,
    "name": ChipSort.NAME,
    "camera": ChipSort.CAMERA,
    "type": ChipSort.TYPE,
    "rating": ChipSort.RATING,
    "date": ChipSort.DATE,
    "has": ChipSort.TRAIT,
    "is": ChipSort.TRAIT,
    "album": ChipSort.ALBUM,
    "sort": ChipSort.ORDER,
    "like": ChipSort.PHOTO,
}
_ORDERS: Final = {
    Order.RELEVANCE: "Most relevant first",
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
}
_COMPARISONS: Final = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< ", "=": "", "≥": "≥ ", "≤": "≤ "}
_TRAITS: Final = {
    "gps": "has a place",
    "place": "has a place",
    "tags": "has tags",
    "tag": "has tags",
    "caption": "has a caption",
    "rating": "has a rating",
}


@dataclass(frozen=True, slots=True)
class QueryChip:
    """A piece of a search text as a chip.

    Attributes:
        start: first character of the text.
        end: behind the last.
        sort: what it stands for.
        label: what is written on it, without sign and weight.
        value_start: first character of what a click opens to edit.
        value_end: behind the last.
        negative: it pushes photos away, or lets only others pass.
        weight: how much it counts, above 0.
        photo: of a photo's chip the photo, or the path of a file.
        wrong: the value can never mean anything.
    """

    start: int
    end: int
    sort: ChipSort
    label: str
    value_start: int
    value_end: int
    negative: bool = False
    weight: float = 1.0
    photo: PhotoId | str | None = None
    wrong: bool = False

    def is_open(self, caret: int | None) -> bool:
        """Return whether it is shown as text, because the caret is in it or right behind it."""
        return caret is not None and self.photo is None and self.start < caret <= self.end


def chips_of(text: str) -> list[QueryChip]:
    """Return the pieces of a search text that can be chips, in order; any text will do."""
    found = (_chip(text, token) for token in tokens(text))
    return [chip for chip in found if chip is not None]


def joints_of(text: str) -> list[tuple[int, int]]:
    """Return where brackets and operators stand, [start, end) each; they are shown dimmed."""
    joints = (Kind.OPEN, Kind.CLOSE, Kind.AND, Kind.OR, Kind.PLUS, Kind.MINUS)
    return [(token.span.start, token.span.end) for token in tokens(text) if token.kind in joints]


def photo_token(photo: PhotoId | str, weight: float = 1.0) -> str:
    """Return what stands in a search text for a photo of the library, or for a file."""
    return str(Like(photo, weight))


def _chip(text: str, token: Token) -> QueryChip | None:
    if token.kind is Kind.FILTER:
        return _filter_chip(text, token)
    plain = token.kind is not Kind.PHRASE and token.weight == 1
    if token.kind not in (Kind.WORD, Kind.PHRASE) or plain:
        return None
    label = f"“{token.value}”" if token.kind is Kind.PHRASE else token.value
    end = token.span.end
    start = end - len(token.value) if token.kind is Kind.WORD else _after(text, token, '"“„')
    if token.kind is Kind.PHRASE:
        end -= 1
    return QueryChip(
        token.span.start,
        token.span.end,
        ChipSort.TEXT,
        label,
        start,
        end,
        token.weight < 0,
        abs(token.weight),
    )


def _filter_chip(text: str, token: Token) -> QueryChip | None:
    """Return the chip of what has a colon; None where its value is not there yet."""
    sort = _SORTS[token.prefix]
    photo: PhotoId | str | None = None
    wrong = False
    try:
        if sort is ChipSort.PHOTO:
            photo = filter_values.photo(token.value, quoted=token.quoted) if token.value else None
            complete = photo is not None
        elif sort in (ChipSort.LOOKS, ChipSort.ORDER):
            complete = bool(token.value)
            wrong = sort is ChipSort.ORDER and complete and not _known_order(token.value)
        else:
            complete = bool(token.value) and (
                filter_values.condition(token.prefix, token.value) is not None
            )
    except ValueError:
        complete, wrong = True, True
    if not complete:
        return None
    value_start = _after(text, token, ":")
    value_end = token.span.end
    if token.quoted:
        value_start += 1
        value_end -= text[token.span.start : token.span.end].endswith(('"', "”", "“"))
    return QueryChip(
        token.span.start,
        token.span.end,
        sort,
        _label(token, wrong=wrong),
        value_start,
        max(value_start, value_end),
        token.weight < 0,
        abs(token.weight),
        photo,
        wrong,
    )


def _known_order(value: str) -> bool:
    return value.lower() in filter_values.ORDERS


def _after(text: str, token: Token, marks: str) -> int:
    """Return where the first of some marks in a token ends."""
    start, end = token.span.start, token.span.end
    return next(at for at in range(start, end) if text[at] in marks) + 1


def _label(token: Token, *, wrong: bool) -> str:
    value = token.value
    if wrong:
        return f"{token.prefix}:{value}"
    match token.prefix:
        case "rating":
            sign = next((s for s in _COMPARISONS if value.startswith(s)), "")
            return f"{_COMPARISONS.get(sign, '')}{value.removeprefix(sign).removeprefix('=')}"
        case "date":
            return value.replace("..", " \N{EN DASH} ").strip()
        case "type":
            return value.upper()
        case "looks":
            return f"looks like {value}"
        case "has":
            return _TRAITS.get(value.lower(), value)
        case "sort":
            return _ORDERS[filter_values.ORDERS[value.lower()]]
        case _:
            return value
