"""What the end of the visual network sees while it is trained: activations of several views.

The network's stages up to `FROZEN_STAGES` stay as they are. What they make of each view of each
photo is computed once and kept on disk, which makes an epoch eight times as fast.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from photoorg.features.efficientnet import INPUT_SIZE, SPEC
from photoorg.features.efficientnet_torch import load_network
from photoorg.models.photo_features import load_images, mirrored, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.models.photo_features import Pixels, ProgressListener

FROZEN_STAGES = 5
"""Of seven: training more of them gains little for twice the time."""

_LEAST_AREA, _MOST_STRETCH = 0.55, 1.25
_BRIGHTNESS = 0.2
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Views:
    """Activations after the frozen stages.

    Attributes:
        maps: one float16 array per view, each [n, h, w, channels], mapped from disk.
    """

    maps: tuple[NDArray[np.float16], ...]

    def __len__(self) -> int:
        return len(self.maps[0])

    def pick(self, views: NDArray[np.int64], rows: NDArray[np.int64]) -> torch.Tensor:
        """Return float32 [rows, channels, h, w], of each row the view that is named for it."""
        picked = np.stack([self.maps[view][row] for view, row in zip(views, rows, strict=True)])
        return torch.from_numpy(picked.astype(np.float32)).permute(0, 3, 1, 2)


def read_views(
    paths: Sequence[Path],
    folder: Path,
    crops: int,
    *,
    label: str,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> Views:
    """Compute, or find, the activations of photos: whole, mirrored, and of random crops.

    Args:
        paths: the photos.
        folder: where to keep them, 70 KB for each view of each photo.
        crops: how many random crops of each photo.
        label: what is going on, for a person.
        progress: hears of each batch.
        token: lets the caller stop; what is not whole is deleted.

    Raises:
        MediaProblem: a photo cannot be read.
        OSError: the folder cannot be written.
        Cancelled: the caller cancelled.
    """
    names = ("whole", "mirrored", *(f"crop-{number}" for number in range(crops)))
    digest = hashlib.sha256(f"{SPEC.key}|{FROZEN_STAGES}".encode())
    for path in paths:
        digest.update(f"|{path.name}|{path.stat().st_size}".encode())
    kept = [folder / f"views-{digest.hexdigest()[:16]}-{name}.npy" for name in names]
    if not all(path.is_file() for path in kept):
        _compute(paths, kept, label=label, progress=progress, token=token)
    return Views(tuple(np.load(path, mmap_mode="r", allow_pickle=False) for path in kept))


def random_crop(images: Pixels, rows: Sequence[int], seed: int) -> Pixels:
    """Cut a random part out of each photo, as large as before, half of them mirrored.

    The part depends on the photo's row and the seed alone, not on what else is in the batch.

    Args:
        images: uint8 [n, s, s, 3].
        rows: the photos' numbers, n of them.
        seed: tells crops of the same photo apart.
    """
    side = images.shape[1]
    cropped = np.empty_like(images)
    for place, row in enumerate(rows):
        rng = np.random.default_rng((seed, row))
        area = rng.uniform(_LEAST_AREA, 1.0)
        stretch = np.exp(rng.uniform(-1, 1) * np.log(_MOST_STRETCH))
        height = min(side, int(side * np.sqrt(area * stretch)))
        width = min(side, int(side * np.sqrt(area / stretch)))
        top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
        part = images[place, top : top + height, left : left + width]
        if rng.random() < 0.5:
            part = part[:, ::-1]
        grown = cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=cv2.INTER_LINEAR)
        light = rng.uniform(1 - _BRIGHTNESS, 1 + _BRIGHTNESS)
        cropped[place] = np.clip(grown.astype(np.float32) * light, 0, 255).astype(np.uint8)
    return cropped


def _compute(
    paths: Sequence[Path],
    kept: Sequence[Path],
    *,
    label: str,
    progress: ProgressListener | None,
    token: CancelToken | None,
) -> None:
    network, _ = load_network()
    network = network.to(memory_format=torch.channels_last)
    folder = kept[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    outputs: list[NDArray[np.float16]] = []
    # A folder of its own: another run may be computing the same.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        parts = [Path(scratch) / path.name for path in kept]
        done = 0
        for images in load_images(
            paths, INPUT_SIZE, batch=_BATCH, label=label, progress=progress, token=token
        ):
            rows = range(done, done + len(images))
            views = [
                whole(images),
                mirrored(images),
                *(random_crop(images, rows, seed) for seed in range(len(kept) - 2)),
            ]
            for number, view in enumerate(views):
                # In half the time; what bfloat16 rounds off (cosine .998) is one more variation.
                with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                    maps = network.forward_frozen(torch.from_numpy(view), FROZEN_STAGES)
                found = maps.float().permute(0, 2, 3, 1).numpy().astype(np.float16)
                if len(outputs) <= number:
                    shape = (len(paths), *found.shape[1:])
                    outputs.append(
                        np.lib.format.open_memmap(parts[number], "w+", np.float16, shape)
                    )
                outputs[number][rows.start : rows.stop] = found
            done += len(images)
        for part, path, output in zip(parts, kept, outputs, strict=True):
            output.flush()  # type: ignore[attr-defined]  # a memmap
            part.replace(path)
