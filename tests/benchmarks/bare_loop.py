"""The yardstick of indexing: what two cores do with no catalog, no supervision and no care.

Scaled decode, thumbnail file and CNN in the fastest CPU engine, spread over one process a core.
It keeps nothing but thumbnails and an array of vectors.

Usage: python bare_loop.py FOLDER WORK_FOLDER NETWORK_CACHE
Prints photos, seconds from start to end, and seconds without starting up.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photoorg.features.visual import VisualEncoder

SIDE = 260
THUMBNAIL = 512


_encoders: list[VisualEncoder] = []


def _start(cache: str) -> None:
    import cv2

    from photoorg.features.registry import create_visual_encoder

    cv2.setNumThreads(1)
    _encoders.append(create_visual_encoder(device="cpu", cache=Path(cache), threads=1))


def _photo(job: tuple[str, str]) -> object:
    import cv2
    import numpy as np
    from PIL import Image

    source, target = job
    with Image.open(source) as header:
        longest = max(header.size)
    reduced = cv2.IMREAD_COLOR
    for scale, flag in (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    ):
        if longest // scale >= THUMBNAIL:
            reduced = flag
            break
    image = cv2.imdecode(np.fromfile(source, np.uint8), reduced)
    scale = min(1.0, THUMBNAIL / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(target, small, [cv2.IMWRITE_JPEG_QUALITY, 82])
    square = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    return _encoders[0].encode(np.ascontiguousarray(square)[None])[0]


def main() -> None:
    begun = time.monotonic()
    folder, work, cache = sys.argv[1:4]
    photos = sorted(Path(folder).rglob("*.jp*g"))
    jobs = [(str(photo), f"{work}/{number}.jpg") for number, photo in enumerate(photos)]
    with multiprocessing.Pool(os.cpu_count(), _start, (cache,)) as pool:
        pool.map(_photo, jobs[:2], chunksize=1)
        ready = time.monotonic()
        vectors = pool.map(_photo, jobs, chunksize=1)
        ended = time.monotonic()
    print(len(vectors), ended - begun, ended - ready)


if __name__ == "__main__":
    main()
