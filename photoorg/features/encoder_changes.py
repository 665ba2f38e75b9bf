"""What the captions of the starter model's training changed in the two packaged networks.

The visual and the text network come in packages of their own; `models.encoder_training` trains
parts of both further. The resource `encoders` keeps the differences, a byte for each weight: the
rows of a matrix are divided by the 127th part of their largest difference and rounded. Vectors are
always computed with the rounded differences, in training the starter model as in use.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from photoorg.core.ids import ModelKey
from photoorg.core.modelling import DEFAULT_FEATURES, STARTER_TEXT
from photoorg.core.paths import resource_path
from photoorg.features import efficientnet
from photoorg.features.storage import (
    MANIFEST_SUFFIX,
    Manifest,
    load_model,
    read_manifest,
    save_model,
)
from photoorg.features.visual import VisualSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Changes = Mapping[str, NDArray[np.float32]]

KIND = "encoders"
NAME = DEFAULT_FEATURES

_VISUAL, _TEXT = "visual.", "text."
_SCALE = ":scale"
_STEPS = 127


def encoders_stem() -> Path:
    """Return where the shipped changes are, without the files' endings.

    Raises:
        EnvironmentProblem: there are none, so the installation is incomplete.
    """
    return resource_path(KIND + MANIFEST_SUFFIX).with_suffix("")


def visual_variant(stem: Path | None = None) -> efficientnet.Variant:
    """Return the visual network with its changes, which are read when it is loaded.

    Args:
        stem: of other files than the shipped ones.

    Raises:
        EnvironmentProblem, ModelFileProblem: the files are missing or damaged.
    """
    place = stem or encoders_stem()
    packaged = efficientnet.SPEC
    spec = VisualSpec(
        NAME,
        read_manifest(place).visual_key,
        packaged.input_size,
        packaged.dimension,
        packaged.classes,
    )
    return efficientnet.Variant(spec, lambda: _read(place, _VISUAL))


def text_key(stem: Path | None = None) -> ModelKey:
    """Return the key of the changed text network's vectors; arguments as `visual_variant`."""
    return read_manifest(stem or encoders_stem()).text_key


def read_text_changes(stem: Path | None = None) -> Changes:
    """Read what to add to the text network's weights; arguments as `visual_variant`."""
    return _read(stem or encoders_stem(), _TEXT)


def write_changes(
    stem: Path,
    visual: Changes,
    text: Changes,
    *,
    training: Mapping[str, Any],
    versions: Mapping[str, str],
) -> None:
    """Write changes of both networks.

    Args:
        stem: path of both files without their endings.
        visual: what to add to the visual network's weights, by name.
        text: what to add to the text network's weights, by name.
        training: what the file says of how they were made.
        versions: of libraries.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    seen, read = _rounded(visual, _VISUAL), _rounded(text, _TEXT)
    packaged = efficientnet.SPEC.key.split(":")
    manifest = Manifest(
        KIND,
        ModelKey(":".join([NAME, _hash(seen), *packaged[2:]])),
        ModelKey(":".join([STARTER_TEXT, _hash(read), "mean-256-l2", "384"])),
        training=training,
        versions=versions,
    )
    save_model(stem, manifest, {**seen, **read})


def _rounded(changes: Changes, prefix: str) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {}
    for name, change in changes.items():
        if change.ndim < 2:
            tensors[prefix + name] = change
            continue
        rows = change.reshape(len(change), -1)
        scale = np.maximum(np.abs(rows).max(axis=1), np.finfo(np.float32).tiny) / _STEPS
        tensors[prefix + name] = _bytes(rows, scale).reshape(change.shape)
        tensors[prefix + name + _SCALE] = scale.astype(np.float32)
    return tensors


def _bytes(rows: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.int8]:
    rounded: NDArray[np.int8] = np.rint(rows / scale[:, None]).astype(np.int8)
    return rounded


def _read(stem: Path, prefix: str) -> Changes:
    tensors = load_model(stem, kind=KIND).tensors
    changes: dict[str, NDArray[np.float32]] = {}
    for name, tensor in tensors.items():
        if not name.startswith(prefix) or name.endswith(_SCALE):
            continue
        scale = tensors.get(name + _SCALE)
        if scale is not None:
            scale = scale.reshape(-1, *[1] * (tensor.ndim - 1))
            changes[name.removeprefix(prefix)] = np.asarray(tensor * scale, dtype=np.float32)
        else:
            changes[name.removeprefix(prefix)] = np.asarray(tensor, dtype=np.float32)
    return changes


def _hash(tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()[:8]
