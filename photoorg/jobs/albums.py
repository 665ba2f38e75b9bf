"""The smart albums of an open library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from photoorg.catalog.catalog import Catalog
from photoorg.core.albums import Album
from photoorg.core.changes import Operation, RenameAlbum, SaveAlbum
from photoorg.core.errors import QuerySyntaxError, UsageProblem
from photoorg.search.albums import AlbumOpener, contains_itself, mentions, renamed


class Albums:
    """Keeps `photoorg.core.albums.AlbumsPort`, and sees to it that albums stay of use."""

    def __init__(self, catalog: Catalog, opener: AlbumOpener) -> None:
        self._catalog = catalog
        self._opener = opener

    def all(self) -> Sequence[Album]:
        return [replace(album, count=self._count(album)) for album in self._catalog.albums()]

    def prepared(self, operation: Operation) -> Operation:
        """Return an operation as it is to be carried out.

        With a new name go the searches of the albums that name it.

        Raises:
            UsageProblem: an album would contain itself.
        """
        match operation:
            case SaveAlbum(name, query):
                if contains_itself(name, query, self._catalog.albums()):
                    raise UsageProblem(
                        f"The album “{name}” would contain itself.", "Choose another name for it."
                    )
            case RenameAlbum(name, new_name, ()):
                queries = tuple(
                    (album.name, renamed(album.query, name, new_name))
                    for album in self._catalog.albums()
                    if mentions(album.query, name)
                )
                return replace(operation, queries=queries)
        return operation

    def _count(self, album: Album) -> int | None:
        try:
            condition = self._opener.as_filter(album.query)
        except QuerySyntaxError:
            return None  # clicking on it tells why
        return None if condition is None else self._catalog.count(condition)
