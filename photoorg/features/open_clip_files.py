"""OpenCLIP models (CLIP, SigLIP and their kin): where their files are, and what they say.

A name is `open_clip:` and then either an architecture that the open_clip package describes
("ViT-B-32"), whose checkpoint the person names, or a repository of the Hugging Face hub
("laion/CLIP-ViT-B-32-laion2B-s34B-b79K"), which is looked for in the hub's cache. In place of both
the person may name a folder in the layout that the hub has: `open_clip_config.json`, a checkpoint
and, where the model needs one, a tokenizer. Nothing here imports torch, and nothing is fetched
unless the caller allows it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.visual import VisualFiles, VisualSpec, WeightsMissing
from photoorg.features.weights import file_hash

PREFIX = "open_clip:"
CONFIG = "open_clip_config.json"
ENGINES = "engines"
"""Folder of those that photoorg fetched, below that of the library's learned encoders."""

CHECKPOINTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")

_SUFFIXES = frozenset({".safetensors", ".bin", ".pt", ".pth"})
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)
_INSTALL = "Install it with: pip install 'photoorg[clip]'"


@dataclass(frozen=True, slots=True)
class ClipFiles:
    """An OpenCLIP model on this disk.

    Attributes:
        name: as the person gave it, `PREFIX` included.
        source: what open_clip is told: an architecture, or "local-dir:" and a folder.
        checkpoint: the weights.
        model: sizes of the towers, as open_clip's configurations have them.
        preprocessing: of pixels, as they have it.
    """

    name: str
    source: str
    checkpoint: Path
    model: Mapping[str, Any]
    preprocessing: Mapping[str, Any]

    @property
    def mean(self) -> tuple[float, ...]:
        """Of each channel of pixels from 0 to 1, taken off them."""
        return tuple(self.preprocessing.get("mean", _MEAN))

    @property
    def std(self) -> tuple[float, ...]:
        """What each channel is divided by then."""
        return tuple(self.preprocessing.get("std", _STD))

    @property
    def digest(self) -> str:
        """Eight hex digits over weights, sizes and preprocessing."""
        said = json.dumps([self.model, self.mean, self.std], sort_keys=True)
        return hashlib.sha256(f"{file_hash(self.checkpoint)}|{said}".encode()).hexdigest()[:8]

    @property
    def spec(self) -> VisualSpec:
        """What is known of the image side.

        Photos are squashed to the square instead of cropped to it: nothing of a photo is lost, and
        it is what indexing hands over.

        Raises:
            ModelFileProblem: the configuration lacks the sizes, or the input is not a square.
        """
        try:
            side = self.model["vision_cfg"].get("image_size", 224)
            dimension = int(self.model["embed_dim"])
            side = int(side if isinstance(side, int) else _square(side))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFileProblem(f"The configuration of {self.name} makes no sense.") from error
        key = ModelKey(f"{self.name}:{self.digest}:squash-{side}:{dimension}")
        return VisualSpec(self.name, key, side, dimension, classes=0)


def find_clip(name: str, files: VisualFiles, *, allow_download: bool = False) -> ClipFiles:
    """Find a model by its name and the file or folder that the person named.

    Args:
        name: `PREFIX` and an architecture or a repository.
        files: `weights` is a checkpoint, or a folder in the hub's layout.
        allow_download: whether a repository that is not in the hub's cache may be fetched.

    Raises:
        UsageProblem: there is no such architecture.
        WeightsMissing: the files are not on this machine, and fetching them was not allowed.
        EnvironmentProblem: the open_clip package is not installed, or fetching failed.
        ModelFileProblem: a file is damaged, or no checkpoint.
    """
    which = name.removeprefix(PREFIX)
    package = installed_package()
    if files.weights is not None and files.weights.is_dir():
        return _in_folder(name, files.weights)
    fetched = None if files.weights is not None else engine_folder(files, which)
    if fetched is not None and (fetched / CONFIG).is_file():
        return _in_folder(name, fetched)
    if "/" in which and files.weights is None:
        return _in_folder(name, _from_hub(which, allow_download=allow_download))
    config = package / "model_configs" / f"{which}.json"
    if not config.is_file():
        raise UsageProblem(
            f"OpenCLIP has no architecture called “{which}”.",
            f"Choose one of those in {config.parent}, or name a folder with {CONFIG}.",
        )
    if files.weights is None:
        raise WeightsMissing(
            f"{name} needs a checkpoint.",
            "Name its file with --weights, or a repository of the hub that you have fetched, such"
            f" as {PREFIX}laion/CLIP-ViT-B-32-laion2B-s34B-b79K.",
        )
    return ClipFiles(name, which, _checkpoint(files.weights), _read_json(config), {})


def engine_folder(files: VisualFiles, key: str) -> Path | None:
    """Return where an engine that was fetched for a library lies, or would lie."""
    if files.learned is None or "/" in key:
        return None
    return files.learned / ENGINES / key


def installed_package() -> Path:
    """Return the folder of the open_clip package, which is not imported.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    found = importlib.util.find_spec("open_clip")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem("The package open_clip_torch is not installed.", _INSTALL)
    return Path(next(iter(found.submodule_search_locations)))


def _in_folder(name: str, folder: Path) -> ClipFiles:
    """Read a folder in the hub's layout."""
    config = _read_json(folder / CONFIG)
    model, preprocessing = config.get("model_cfg"), config.get("preprocess_cfg", {})
    if not isinstance(model, dict) or not isinstance(preprocessing, dict):
        raise ModelFileProblem(f"{folder / CONFIG} describes no OpenCLIP model.")
    checkpoint = next((folder / file for file in CHECKPOINTS if (folder / file).is_file()), None)
    if checkpoint is None:
        raise WeightsMissing(
            f"{folder} holds no checkpoint.", f"Put {' or '.join(CHECKPOINTS)} there."
        )
    return ClipFiles(name, f"local-dir:{folder}", checkpoint, model, preprocessing)


def _from_hub(repository: str, *, allow_download: bool) -> Path:
    """Return the folder of a repository in the hub's cache, fetched first where that is allowed."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def fetch(*patterns: str) -> Path:
        return Path(
            snapshot_download(
                repository, allow_patterns=list(patterns), local_files_only=not allow_download
            )
        )

    try:
        folder = fetch(CONFIG, CHECKPOINTS[0], *TOKENIZER)
        if not (folder / CHECKPOINTS[0]).is_file():
            folder = fetch(CHECKPOINTS[1])  # older repositories have this one only
    except LocalEntryNotFoundError as error:
        if allow_download:
            raise EnvironmentProblem(f"{repository} cannot be fetched ({error}).") from error
        raise WeightsMissing(
            f"{repository} is not in the Hugging Face hub's cache.",
            f"Fetch it with: hf download {repository}",
        ) from error
    except HFValidationError as error:
        raise UsageProblem(f"“{repository}” is no name of a repository.") from error
    except (HfHubHTTPError, OSError) as error:
        raise EnvironmentProblem(f"{repository} cannot be fetched ({error}).") from error
    return folder


def _checkpoint(path: Path) -> Path:
    if not path.is_file():
        raise WeightsMissing(f"The checkpoint {path} is not there.", "Name another file.")
    if path.suffix not in _SUFFIXES:
        raise ModelFileProblem(
            f"{path} is no checkpoint that photoorg reads.",
            f"It takes files ending in {', '.join(sorted(_SUFFIXES))}.",
        )
    return path


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelFileProblem(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise ModelFileProblem(f"{path} is not JSON ({error}).") from error
    if not isinstance(content, dict):
        raise ModelFileProblem(f"{path} describes no OpenCLIP model.")
    return content


def _square(size: Any) -> int:
    height, width = size
    if height != width:
        raise ValueError(f"the input is {height} x {width}")
    return int(height)
