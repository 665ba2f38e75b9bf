"""Smart albums: searches that a person keeps under a name, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Album:
    """A search under a name; its photos are what that finds now.

    Attributes:
        name: letter case does not tell albums apart.
        query: the search text, as it was in the box.
        count: how many photos are in it; None where they would have to be judged one by one.
    """

    name: str
    query: str
    count: int | None = None


class AlbumsPort(Protocol):
    """The albums of an open library; they are changed by operations (`LibraryPort.apply`)."""

    def all(self) -> Sequence[Album]:
        """Return the albums in the person's order, counted where a filter alone decides."""
