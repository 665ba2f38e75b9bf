"""Photos for the viewer: thumbnail first, then as many pixels as the screen has, then all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage, QImageReader

from photoorg.core.errors import MediaProblem
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import PhotoDetails
from photoorg.gui.tasks import TaskRunner

KEPT: Final = 5
"""Photos at screen resolution that are kept: the one on show and those around it."""


if TYPE_CHECKING:
    # The decoders take a while to import, and the window is there before a photo is opened.
    from photoorg.media.decode import DecodedImage

PhotoReader: TypeAlias = "Callable[[Path, int | None], DecodedImage]"
"""Reads a file so that its longer side is at most a number of pixels, or whole with None."""


class Level(IntEnum):
    """How much of a photo there is, least first."""

    THUMBNAIL = 0
    SCREEN = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class LoadedPhoto:
    """A photo at one level. `problem` says why there is no more than a thumbnail."""

    photo_id: PhotoId
    level: Level
    details: PhotoDetails | None
    image: QImage
    full: QSize
    problem: str = ""


class PhotoLoader(QObject):
    """Loads the photo on show and, when that is there, its neighbours.

    Signals:
        loaded(LoadedPhoto): of the photo last asked for with `load` or `load_full`.
    """

    loaded = Signal(object)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        read: PhotoReader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._read = read
        self._kept: OrderedDict[tuple[PhotoId, int], LoadedPhoto] = OrderedDict()

    def load(self, photo_id: PhotoId, max_side: int, then: tuple[PhotoId, ...] = ()) -> None:
        """Load a photo for a screen, and prepare others when it is there.

        Args:
            photo_id: what is to be shown.
            max_side: pixels of the longer side.
            then: likely to be shown next.
        """
        kept = self._kept.get((photo_id, max_side))
        if kept is not None:
            self._kept.move_to_end((photo_id, max_side))
            self._tasks.drop(self._key("thumbnail"))
            self._tasks.drop(self._key("screen"))
            self.loaded.emit(kept)
            self._prepare(then, max_side)
            return

        def show(photo: LoadedPhoto) -> None:
            # It may be overtaken by the decoded photo, which then must stay.
            if (photo_id, max_side) not in self._kept:
                self.loaded.emit(photo)

        def keep(photo: LoadedPhoto) -> None:
            self._keep(photo, max_side)
            self.loaded.emit(photo)
            self._prepare(then, max_side)

        self._tasks.run(
            lambda: self._thumbnail(photo_id), show, key=self._key("thumbnail"), owner=self
        )
        self._tasks.run(
            lambda: self._decode(photo_id, max_side, Level.SCREEN),
            keep,
            key=self._key("screen"),
            owner=self,
        )

    def load_full(self, photo_id: PhotoId) -> None:
        """Load all pixels of a photo."""
        self._tasks.run(
            lambda: self._decode(photo_id, None, Level.FULL),
            self.loaded.emit,
            key=self._key("full"),
            owner=self,
        )

    def forget(self) -> None:
        """Drop everything: the viewer is closed, or photos changed."""
        for level in ("thumbnail", "screen", "full", "next"):
            self._tasks.drop(self._key(level))
        self._kept.clear()

    def _key(self, level: str) -> tuple[int, str]:
        """Return the key of a task; another loader must not overtake this one."""
        return id(self), level

    def _prepare(self, photos: tuple[PhotoId, ...], max_side: int) -> None:
        """Decode the first of these that is not kept; the others follow one by one."""
        missing = [photo for photo in photos if (photo, max_side) not in self._kept]
        if not missing:
            return

        def keep(photo: LoadedPhoto) -> None:
            self._keep(photo, max_side)
            self._prepare(tuple(missing[1:]), max_side)

        self._tasks.run(
            lambda: self._decode(missing[0], max_side, Level.SCREEN),
            keep,
            key=self._key("next"),
            owner=self,
        )

    def _keep(self, photo: LoadedPhoto, max_side: int) -> None:
        self._kept[(photo.photo_id, max_side)] = photo
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    # -- on a thread --------------------------------------------------------------------------
    def _thumbnail(self, photo_id: PhotoId) -> LoadedPhoto:
        details = self._library.details(photo_id)
        if details is None:
            return LoadedPhoto(photo_id, Level.THUMBNAIL, None, QImage(), QSize())
        image = QImage()
        if details.thumbnail_key:
            image = QImageReader(str(self._library.thumbnail_path(details.thumbnail_key))).read()
        full = QSize(details.width, details.height)
        return LoadedPhoto(
            photo_id, Level.THUMBNAIL, details, image, image.size() if full.isEmpty() else full
        )

    def _decode(self, photo_id: PhotoId, max_side: int | None, level: Level) -> LoadedPhoto:
        details = self._library.details(photo_id)
        if details is None or not details.paths:
            return self._without_file(photo_id, "This photo is no longer in the library.")
        if details.missing:
            return self._without_file(photo_id, "The file of this photo is no longer there.")
        try:
            decoded = self._read(details.paths[0], max_side)
        except MediaProblem as problem:
            return self._without_file(photo_id, str(problem))
        height, width = decoded.pixels.shape[:2]
        pixels = np.ascontiguousarray(decoded.pixels)
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        # Converting copies, so the image does not outlive the array that it was made on.
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        return LoadedPhoto(photo_id, level, details, image, QSize(decoded.width, decoded.height))

    def _without_file(self, photo_id: PhotoId, problem: str) -> LoadedPhoto:
        thumbnail = self._thumbnail(photo_id)
        return LoadedPhoto(
            photo_id, Level.SCREEN, thumbnail.details, thumbnail.image, thumbnail.full, problem
        )
