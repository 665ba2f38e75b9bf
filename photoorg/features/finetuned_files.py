"""Networks that were adapted to a person's photos: their names, and where their files are.

Each has a name of its own, `efficientnet-lite2-finetuned:` and the hash of its weights, so that a
second fine-tuning leaves the first one's network to the models that need it. Nothing here imports
torch: `finetuned` makes an encoder of a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.efficientnet import FINETUNED, SPEC
from photoorg.features.storage import (
    MANIFEST_SUFFIX,
    TENSORS_SUFFIX,
    Manifest,
    ModelFile,
    load_model,
    read_manifest,
)
from photoorg.features.visual import VisualFiles, VisualSpec, WeightsMissing

PREFIX: Final = f"{FINETUNED}:"
ADAPT: Final = "Adapt it with: photoorg train text-regression --finetune"

LAYOUT: Final = "09ff6e9214a41223ea7d7500769325956dc5ca3f1c27539a7094fb5db433e5f1"
"""Hash of the names, shapes and types that the network's tensors have; see `layout_of`."""

_NAME: Final = re.compile(rf"{re.escape(PREFIX)}[0-9a-f]{{8}}\Z")
_AGAIN: Final = "Train it again."


def network_key(tensors: Mapping[str, NDArray[Any]]) -> ModelKey:
    """Return the key of the vectors that a network makes; it contains the hash of its weights."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
    return ModelKey(f"{PREFIX}{digest.hexdigest()[:8]}:squash-{SPEC.input_size}:{SPEC.dimension}")


def network_name(key: ModelKey) -> str:
    """Return what a person calls the network that makes the vectors of a key."""
    return ":".join(key.split(":")[:2])


def is_network(name: str) -> bool:
    """Return whether visual features of this name are those of an adapted network."""
    return name.startswith(PREFIX)


def layout_of(tensors: Mapping[str, NDArray[Any]]) -> str:
    """Return a hash of the tensors' names, shapes and types."""
    said = [f"{name}:{tensors[name].dtype}:{tensors[name].shape}" for name in sorted(tensors)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def network_names(files: VisualFiles) -> tuple[str, ...]:
    """Return the names of the networks that are there, the newest first."""
    if files.learned is None:
        return ()
    found = [
        (path.stat().st_mtime_ns, f"{PREFIX}{path.stem.rpartition('-')[2]}")
        for path in files.learned.glob(f"{FINETUNED}-*{MANIFEST_SUFFIX}")
    ]
    return tuple(name for _, name in sorted(found, reverse=True) if _NAME.match(name))


def network_title(name: str, files: VisualFiles) -> str:
    """Return the name of a network that is there for a person."""
    created = read_manifest(find_network(name, files)).training.get("created")
    try:
        day = datetime.fromisoformat(str(created))
    except ValueError:
        return f"EfficientNet-Lite2, adapted ({name.removeprefix(PREFIX)})"
    return f"EfficientNet-Lite2, adapted {day.day} {day:%B %Y} ({name.removeprefix(PREFIX)})"


def find_network(name: str, files: VisualFiles) -> Path:
    """Return the path of a network's files without their endings.

    Raises:
        UsageProblem: it is no name of a network, or stands for several.
        WeightsMissing: the network is not there.
    """
    there = network_names(files)
    if name == FINETUNED:
        if there:
            raise UsageProblem(
                "Several networks may be adapted to your photos; say which one.",
                f"Choose one of: {', '.join(there)}.",
            )
        raise WeightsMissing("The network has not been adapted to your photos yet.", ADAPT)
    if not _NAME.match(name):
        choice = f"Choose one of: {', '.join(there)}." if there else ADAPT
        raise UsageProblem(f"No network can be called {name!r}.", choice)
    if files.learned is None or name not in there:
        raise WeightsMissing(
            f"The network {name} is not here.",
            f"Import a model that was trained with it. {ADAPT}",
        )
    return files.learned / name.replace(":", "-")


def network_spec(name: str, files: VisualFiles) -> VisualSpec:
    """Return what is known of a network before it is loaded, from its manifest alone.

    Raises:
        UsageProblem, WeightsMissing: as `find_network`.
        ModelFileProblem: the manifest is damaged, or another network's.
    """
    stem = find_network(name, files)
    manifest = read_manifest(stem)
    if manifest.kind != FINETUNED or network_name(manifest.visual_key) != name:
        raise ModelFileProblem(
            f"{stem.name}{MANIFEST_SUFFIX} does not describe the network {name}."
        )
    return VisualSpec(name, manifest.visual_key, SPEC.input_size, SPEC.dimension, classes=0)


def network_manifest(key: ModelKey, training: Mapping[str, Any]) -> Manifest:
    """Return what a network's file says of itself."""
    shape = {"input_size": SPEC.input_size, "dimension": SPEC.dimension}
    return Manifest(FINETUNED, key, ModelKey(""), shape, training)


def read_network(stem: Path) -> ModelFile:
    """Read and check a network's files.

    Raises:
        ModelFileProblem: a file is missing, damaged, or not the network that it says it is.
    """
    file = load_model(stem, kind=FINETUNED)
    if layout_of(file.tensors) != LAYOUT:
        raise ModelFileProblem(f"{stem} does not hold a whole network.", _AGAIN)
    key = network_key(file.tensors)
    if key != file.manifest.visual_key:
        raise ModelFileProblem(
            f"{stem} holds other weights than it says: “{key}” instead of"
            f" “{file.manifest.visual_key}”.",
            _AGAIN,
        )
    return file


def adopt_network(stem: Path, folder: Path) -> str:
    """Move a network's files to the folder where encoders look for it; return its name.

    Raises:
        ModelFileProblem: as `read_network`.
        EnvironmentProblem: the files cannot be moved.
    """
    name = network_name(read_network(stem).manifest.visual_key)
    target = folder / name.replace(":", "-")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The manifest comes last: a network is there as soon as its manifest is.
        for suffix in (TENSORS_SUFFIX, MANIFEST_SUFFIX):
            stem.with_suffix(suffix).replace(target.with_suffix(suffix))
    except OSError as error:
        raise EnvironmentProblem(
            f"The network cannot be moved to {folder} ({error.strerror}).",
            "Mend the permissions of that folder.",
        ) from error
    return name


def forget_network(name: str, files: VisualFiles) -> None:
    """Delete a network, if it is there.

    Raises:
        EnvironmentProblem: it cannot be deleted.
    """
    if name not in network_names(files):
        return
    stem = find_network(name, files)
    try:
        for suffix in (MANIFEST_SUFFIX, TENSORS_SUFFIX):
            stem.with_suffix(suffix).unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"The network {name} cannot be deleted ({error.strerror}).",
            f"Mend the permissions of {stem.parent}.",
        ) from error
