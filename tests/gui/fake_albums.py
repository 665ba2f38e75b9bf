"""Albums in memory, and what helps in typing a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from photoorg.core.albums import Album
from photoorg.core.changes import (
    AlbumOperation,
    DeleteAlbum,
    MoveAlbum,
    Operation,
    RenameAlbum,
    SaveAlbum,
)
from photoorg.core.records import Alternative, PhotoScope


class FakeAlbums:
    """Keeps AlbumsPort.

    Attributes:
        saved: the albums in order.
    """

    def __init__(self) -> None:
        self.saved: list[Album] = []

    def all(self) -> Sequence[Album]:
        return list(self.saved)

    def place(self, name: str) -> int:
        return next(i for i, album in enumerate(self.saved) if album.name == name)

    def carry_out(self, operation: AlbumOperation) -> tuple[str, Operation]:
        """Return the label and the inverse."""
        match operation:
            case SaveAlbum(name, query, place):
                if name in [album.name for album in self.saved]:
                    at = self.place(name)
                    old, self.saved[at] = self.saved[at], Album(name, query, _count(query))
                    return f"Update album “{name}”", SaveAlbum(name, old.query)
                at = len(self.saved) if place is None else place
                self.saved.insert(at, Album(name, query, _count(query)))
                return f"Save album “{name}”", DeleteAlbum(name)
            case RenameAlbum(name, new_name):
                at = self.place(name)
                self.saved[at] = Album(new_name, self.saved[at].query, self.saved[at].count)
                return f"Rename album “{name}” to “{new_name}”", RenameAlbum(new_name, name)
            case MoveAlbum(name, place):
                at = self.place(name)
                self.saved.insert(place, self.saved.pop(at))
                return f"Move album “{name}”", MoveAlbum(name, at)
            case DeleteAlbum(name):
                at = self.place(name)
                old = self.saved.pop(at)
                return f"Delete album “{name}”", SaveAlbum(name, old.query, at)


def _count(query: str) -> int | None:
    return 3 if "tag:" in query else None


class FakeAsking:
    """Keeps AskingPort.

    Attributes:
        others: what is offered where nothing is found.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.others: tuple[Alternative, ...] = ()

    def cameras(self) -> Sequence[str]:
        return ["X-T4", "Pixel 7", "Canon EOS R6"]

    def alternatives(self, _text: str, _scope: PhotoScope) -> Sequence[Alternative]:
        return self.others

    def keep_image(self, image: bytes) -> Path:
        path = self._root / "pasted.png"
        path.write_bytes(image)
        return path
