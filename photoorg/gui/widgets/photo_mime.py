"""Photos on their way by drag and drop, inside the window and to other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage, QImageWriter

from photoorg.core.ids import PhotoId

PHOTO_MIME = "application/x-photoorg-photo-ids"
"""Photo ids as decimal numbers with commas between, ASCII."""


def photo_mime_data(photo_ids: Sequence[PhotoId], paths: Iterable[Path] = ()) -> QMimeData:
    """Return photos for a drag.

    Args:
        photo_ids: what this window understands.
        paths: their files, for other programs.
    """
    mime = QMimeData()
    mime.setData(PHOTO_MIME, ",".join(str(photo) for photo in photo_ids).encode("ascii"))
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def photo_ids_of(mime: QMimeData) -> tuple[PhotoId, ...]:
    """Return the dragged photos, none where it is something else or not well formed."""
    if not mime.hasFormat(PHOTO_MIME):
        return ()
    numbers = bytes(mime.data(PHOTO_MIME).data()).decode("ascii", errors="replace").split(",")
    if not all(number.isdecimal() for number in numbers):
        return ()
    return tuple(PhotoId(int(number)) for number in numbers)


def local_paths_of(mime: QMimeData) -> tuple[Path, ...]:
    """Return the files and folders dragged from another program."""
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())


def holds_image(mime: QMimeData) -> bool:
    """Return whether photos, an image file, or an image that is no picture of a text are held."""
    if photo_ids_of(mime) or any(path.is_file() for path in local_paths_of(mime)):
        return True
    return mime.hasImage() and not mime.hasText()


def image_sources_of(mime: QMimeData) -> tuple[PhotoId | Path | bytes, ...]:
    """Return all photos, or all image files, or the one encoded image, that are dropped."""
    photos = photo_ids_of(mime)
    if photos:
        return photos
    files = tuple(path for path in local_paths_of(mime) if path.is_file())
    if files:
        return files
    image = _encoded_image(mime) if holds_image(mime) else None
    return () if image is None else (image,)


def image_source_of(mime: QMimeData) -> PhotoId | Path | bytes | None:
    """Return the photo, the image file or the encoded image that is dropped or pasted, or None.

    Programs that copy text often add a picture of it; that is not meant.
    """
    return next(iter(image_sources_of(mime)), None)


def _encoded_image(mime: QMimeData) -> bytes | None:
    image = mime.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return None
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    buffer.close()
    return bytes(buffer.data().data())
