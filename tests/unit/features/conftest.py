"""Real photos, and one cache folder, for the encoders of this folder's tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from photoorg.features.registry import create_visual_encoder, visual_spec
from photoorg.features.visual import VisualEncoder


@pytest.fixture(scope="session")
def photo_inputs(real_photos: Mapping[str, Path]) -> Mapping[str, npt.NDArray[np.uint8]]:
    """Real photos by what they show, squashed to the default encoder's input."""
    size = visual_spec().input_size
    squashed = {}
    for word, path in real_photos.items():
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        squashed[word] = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)
    return squashed


@pytest.fixture(scope="session")
def photo_batch(photo_inputs: Mapping[str, npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    return np.stack(list(photo_inputs.values()))


@pytest.fixture(scope="session")
def network_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="session")
def cpu_encoder(network_cache: Path) -> VisualEncoder:
    """The encoder that a machine without a GPU gets; making it fills `network_cache`."""
    return create_visual_encoder(device="cpu", cache=network_cache, threads=2)
