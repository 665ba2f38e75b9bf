"""What a library has to learn from, written to files for the process that trains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.catalog.records import PhotoWords
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.progress import CancelToken
from photoorg.core.records import PhotoScope
from photoorg.jobs.training_messages import VISUAL, WORDS
from photoorg.media.thumbnails import ThumbnailStore

_CHUNK = 4096
"""Photos in memory at once: 21 MB of vectors."""


def gather(
    catalog: Catalog,
    model_key: ModelKey,
    work: Path,
    token: CancelToken,
    *,
    pictures: bool = False,
) -> int:
    """Write the vectors, tags and captions of all photos that were looked at.

    Args:
        catalog: where they are.
        model_key: which vectors.
        work: folder for the files, see `photoorg.jobs.training_messages`.
        token: to stop.
        pictures: also write where each photo can be seen: its thumbnail, or else the photo.

    Returns:
        How many photos were written.

    Raises:
        EnvironmentProblem: the folder cannot be written.
        Cancelled: through the token.
    """
    photo_ids = sorted(catalog.photo_ids(PhotoScope()).tolist())
    thumbnails = ThumbnailStore(catalog.paths.thumbnails)
    count = 0
    try:
        with (work / VISUAL).open("wb") as vectors, (work / WORDS).open("w") as words:
            for start in range(0, len(photo_ids), _CHUNK):
                token.check()
                chunk = [PhotoId(photo_id) for photo_id in photo_ids[start : start + _CHUNK]]
                ids, matrix = catalog.vectors(model_key, chunk)
                said = {each.photo_id: each for each in catalog.words_of(chunk)}
                kept = [row for row, photo_id in enumerate(ids.tolist()) if photo_id in said]
                vectors.write(matrix[kept].tobytes())
                files = _files(catalog, thumbnails, list(said.values())) if pictures else {}
                for photo_id in ids[kept].tolist():
                    print(_line(said[photo_id], files.get(photo_id)), file=words)
                count += len(kept)
    except OSError as error:
        raise EnvironmentProblem(
            f"Work files cannot be written to {work.parent} ({error.strerror}).",
            "Make room on the disk.",
        ) from error
    return count


def _files(
    catalog: Catalog, thumbnails: ThumbnailStore, said: Sequence[PhotoWords]
) -> dict[PhotoId, Path]:
    """Return a file that shows each photo, preferably its thumbnail: it is small and there."""
    found = {
        each.photo_id: thumbnails.path(each.thumbnail_key)
        for each in said
        if each.thumbnail_key and thumbnails.exists(each.thumbnail_key)
    }
    others = [each.photo_id for each in said if each.photo_id not in found]
    return {**found, **catalog.paths_of(others)}


def _line(said: PhotoWords, file: Path | None) -> str:
    row = {"tags": said.tags, "captions": said.captions, "file": str(file or "")}
    return json.dumps(row)  # escaped to ASCII, so that file names that are no text come through
