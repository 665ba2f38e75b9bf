"""Model files: tensors as safetensors, all else as a small JSON manifest beside them.

No pickle anywhere. A manifest names the features that the model was trained on and the tensors'
hash, so a file that was cut, swapped or made for other features is refused with a reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as dump_tensors

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.ids import ModelKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FORMAT = 1
TENSORS_SUFFIX = ".safetensors"
MANIFEST_SUFFIX = ".json"

_MAX_TENSOR_BYTES = 512 * 1024 * 1024
_MAX_MANIFEST_BYTES = 4 * 1024 * 1024
_DTYPES = frozenset({"float16", "float32", "int8", "int32", "int64", "uint8", "bool"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model file says of itself.

    Attributes:
        kind: the model's name on the command line.
        visual_key: visual vectors it takes, or "" for none.
        text_key: text vectors it takes, or "" for none.
        config: what the code needs to read the tensors.
        training: what it was trained on: data, sizes, seed.
        metrics: figures on the held-out part.
        versions: library versions at training.
    """

    kind: str
    visual_key: ModelKey
    text_key: ModelKey
    config: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as it was read."""

    manifest: Manifest
    tensors: Mapping[str, NDArray[Any]]


def save_model(stem: Path, manifest: Manifest, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write `<stem>.safetensors` and `<stem>.json`, each in one step.

    The same arguments give the same bytes.

    Raises:
        EnvironmentProblem: the folder cannot be written.
        ValueError: a tensor's type is not one that model files hold.
    """
    for name, tensor in tensors.items():
        if tensor.dtype.name not in _DTYPES:
            raise ValueError(f"tensor {name} has the type {tensor.dtype}")
    # A sliced or transposed array must be laid out anew, or safetensors writes its base's bytes.
    blob = dump_tensors({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)})
    head = {"format": FORMAT, "sha256": hashlib.sha256(blob).hexdigest(), **asdict(manifest)}
    text = json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        write_in_one_step(stem.with_suffix(TENSORS_SUFFIX), blob)
        write_in_one_step(stem.with_suffix(MANIFEST_SUFFIX), text.encode())
    except OSError as error:
        raise EnvironmentProblem(
            f"The model cannot be written to {stem.parent} ({error.strerror}).",
            "Free some space or mend the folder's permissions.",
        ) from error


def load_model(
    stem: Path,
    *,
    kind: str,
    visual_key: ModelKey | None = None,
    text_key: ModelKey | None = None,
) -> ModelFile:
    """Read and check `<stem>.safetensors` and `<stem>.json`.

    Args:
        stem: path of both files without their endings.
        kind: the model that is expected.
        visual_key: visual vectors that it must have been trained on, if it matters.
        text_key: text vectors that it must have been trained on, if it matters.

    Raises:
        ModelFileProblem: a file is missing, too large, damaged, of another kind, of a newer format
            or made for other features; the message names which.
    """
    manifest_path, tensors_path = (
        stem.with_suffix(MANIFEST_SUFFIX),
        stem.with_suffix(TENSORS_SUFFIX),
    )
    manifest, digest = _parse_manifest(manifest_path, _read(manifest_path, _MAX_MANIFEST_BYTES))
    for what, expected, found in (
        ("model", kind, manifest.kind),
        ("visual features", visual_key, manifest.visual_key),
        ("text features", text_key, manifest.text_key),
    ):
        if expected is not None and expected != found:
            raise ModelFileProblem(
                f"{manifest_path} holds another {what}: it says “{found}”, “{expected}” is needed."
            )
    blob = _read(tensors_path, _MAX_TENSOR_BYTES)
    if hashlib.sha256(blob).hexdigest() != digest:
        raise ModelFileProblem(
            f"{tensors_path} is damaged or does not belong to {manifest_path.name}.",
            "Install photoorg again, or train the model again.",
        )
    try:
        tensors = parse_tensors(blob)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFileProblem(f"{tensors_path} cannot be read ({error}).") from error
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise ModelFileProblem(
                f"{tensors_path} holds “{name}” with values that are not numbers."
            )
    return ModelFile(manifest, tensors)


def read_manifest(stem: Path) -> Manifest:
    """Read `<stem>.json` alone, to list a model without loading it.

    Raises:
        ModelFileProblem: it is missing, damaged or of a newer format.
    """
    path = stem.with_suffix(MANIFEST_SUFFIX)
    return _parse_manifest(path, _read(path, _MAX_MANIFEST_BYTES))[0]


def take_tensor(file: ModelFile, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    """Return one tensor as float32, checked against its shape; None stands for any length.

    Raises:
        ModelFileProblem: it is not there or has another shape.
    """
    tensor = file.tensors.get(name)
    if tensor is None:
        raise ModelFileProblem(f"The {file.manifest.kind} model lacks the part “{name}”.")
    if tensor.ndim != len(shape) or any(
        wanted is not None and wanted != found
        for wanted, found in zip(shape, tensor.shape, strict=True)
    ):
        raise ModelFileProblem(
            f"The {file.manifest.kind} model's part “{name}” has the shape {tensor.shape},"
            f" not {shape}."
        )
    return np.asarray(tensor, dtype=np.float32)


def _parse_manifest(path: Path, blob: bytes) -> tuple[Manifest, str]:
    """Return the manifest and the hash of its tensors."""
    try:
        raw = json.loads(blob)
    except (ValueError, RecursionError) as error:
        raise ModelFileProblem(f"{path} is not a model manifest ({error}).") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("format"), int):
        raise ModelFileProblem(f"{path} is not a model manifest.")
    if raw["format"] != FORMAT:
        raise ModelFileProblem(
            f"{path} has the format {raw['format']}; this photoorg reads {FORMAT}.",
            "Use the photoorg that wrote it, or train the model again.",
        )
    fields: dict[str, Any] = {}
    for name, wanted in _MANIFEST_TYPES.items():
        value = raw.get(name)
        if not isinstance(value, wanted):
            raise ModelFileProblem(f"{path} lacks “{name}”, or it is not what it should be.")
        fields[name] = value
    digest = fields.pop("sha256")
    return (
        Manifest(
            **{
                **fields,
                "visual_key": ModelKey(fields["visual_key"]),
                "text_key": ModelKey(fields["text_key"]),
            }
        ),
        digest,
    )


_MANIFEST_TYPES: Mapping[str, type] = {
    "sha256": str,
    "kind": str,
    "visual_key": str,
    "text_key": str,
    "config": dict,
    "training": dict,
    "metrics": dict,
    "versions": dict,
}


def _read(path: Path, limit: int) -> bytes:
    """Read a file of bounded size."""
    try:
        with path.open("rb") as file:
            blob = file.read(limit + 1)
    except FileNotFoundError as error:
        raise ModelFileProblem(f"The model file {path} is missing.") from error
    except OSError as error:
        raise ModelFileProblem(f"{path} cannot be read ({error.strerror}).") from error
    if len(blob) > limit:
        raise ModelFileProblem(f"{path} is over the limit of {limit // 2**20} MB.")
    return blob


def write_in_one_step(path: Path, blob: bytes) -> None:
    """Write to a neighbour and move it into place, so that no reader meets half a file.

    Raises:
        OSError: it cannot be written; what was there before stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
