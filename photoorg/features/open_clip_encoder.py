"""OpenCLIP's image and text towers as encoders, by torch; see `open_clip_files`.

open_clip_torch is an optional extra (`photoorg[clip]`).
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import nn

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.open_clip_files import ClipFiles, find_clip
from photoorg.features.torch_encoder import ModuleEncoder, choose_device
from photoorg.features.visual import Device, Floats, VisualFiles

_TEXT_BATCH = 64


class ImageTower(nn.Module):
    """The image side, from bytes to vectors."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, model: nn.Module, files: ClipFiles) -> None:
        super().__init__()
        self.visual = cast("nn.Module", model.visual)
        self.register_buffer("mean", torch.tensor(files.mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(files.std)[:, None, None], persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into float32 [n, dimension]."""
        x = images.permute(0, 3, 1, 2).float() / 255
        return cast("torch.Tensor", self.visual((x - self.mean) / self.std))


class ClipTextEncoder:
    """The text side: texts into the space of the same model's photos.

    Used from several threads it computes correctly: evaluation changes nothing in the model.
    """

    def __init__(self, model: nn.Module, tokenizer: Callable[..., Any], files: ClipFiles) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._key = ModelKey(f"{files.spec.key}:text")
        self._dimension = files.spec.dimension

    @property
    def key(self) -> ModelKey:
        return self._key

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def scale(self) -> float:
        """What the model was trained to multiply cosines with."""
        return float(cast("Any", self._model).logit_scale.exp())

    def encode(self, texts: Sequence[str]) -> Floats:
        """Encode texts; see `TextEncoder.encode`."""
        vectors = torch.empty((len(texts), self._dimension))
        for start in range(0, len(texts), _TEXT_BATCH):
            tokens = self._tokenizer(list(texts[start : start + _TEXT_BATCH]))
            with torch.inference_mode():
                found = cast("Any", self._model).encode_text(tokens, normalize=True)
            vectors[start : start + len(tokens)] = found
        return cast("Floats", vectors.numpy())


def create_clip_encoder(
    name: str,
    files: VisualFiles,
    device: Device = "auto",
    threads: int | None = None,
    *,
    allow_download: bool = False,
) -> ModuleEncoder:
    """Load the image side of a model as a visual encoder.

    Args:
        name: see `find_clip`.
        files: see `find_clip`.
        device: where to compute.
        threads: CPU threads, for this whole process; None leaves it to torch.
        allow_download: see `find_clip`.

    Raises:
        UsageProblem, WeightsMissing, ModelFileProblem: see `find_clip`.
        EnvironmentProblem: open_clip or the device that was asked for cannot be used.
    """
    found = find_clip(name, files, allow_download=allow_download)
    tower = ImageTower(_load(found), found).eval()
    return ModuleEncoder(found.spec, tower, choose_device(device), threads)


def create_clip_pair(
    name: str, files: VisualFiles, device: Device = "auto", threads: int | None = None
) -> tuple[ModuleEncoder, ClipTextEncoder]:
    """Load both sides of a model at once, which takes the memory of one; texts are on the CPU.

    Arguments and errors are those of `create_clip_encoder`; nothing is fetched.
    """
    found = find_clip(name, files)
    model = _load(found)
    tower = ImageTower(model, found).eval()
    text = ClipTextEncoder(model, _load_tokenizer(found), found)
    return ModuleEncoder(found.spec, tower, choose_device(device), threads), text


def create_clip_text_encoder(
    name: str, files: VisualFiles | None = None, *, allow_download: bool = False
) -> ClipTextEncoder:
    """Load the text side of a model, on the CPU.

    Arguments and errors are those of `create_clip_encoder`.
    """
    found = find_clip(name, files or VisualFiles(), allow_download=allow_download)
    model = _load(found)
    return ClipTextEncoder(model, _load_tokenizer(found), found)


def _load(files: ClipFiles) -> nn.Module:
    """Build a model and load its checkpoint, in evaluation mode on the CPU.

    Raises:
        EnvironmentProblem: open_clip cannot be imported, or would have to fetch something.
        ModelFileProblem: checkpoint and configuration are damaged or do not fit.
    """
    if "hf_model_name" in files.model.get("text_cfg", {}):
        raise EnvironmentProblem(
            f"The text side of {files.name} is a network that open_clip would fetch by itself.",
            "Choose a model that has its text side in its own checkpoint.",
        )
    open_clip = _import_open_clip()
    try:
        # Weights are loaded apart: only so it is certain that none are fetched.
        model: nn.Module = open_clip.create_model(
            files.source, load_weights=False, pretrained_image=False, pretrained_text=False
        )
        open_clip.load_checkpoint(model, str(files.checkpoint), weights_only=True)
    except (
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        StopIteration,
        AssertionError,
        SafetensorError,
        pickle.UnpicklingError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileProblem(
            f"{files.checkpoint} cannot be loaded as {files.name} ({reason}).",
            "Name a checkpoint of this very architecture.",
        ) from error
    return model.eval()


def _load_tokenizer(files: ClipFiles) -> Callable[..., Any]:
    """Return what cuts texts into the numbers that the text side takes.

    Raises:
        EnvironmentProblem: the model needs a tokenizer that is not on this machine.
    """
    own = files.model.get("text_cfg", {}).get("hf_tokenizer_name")
    if own and not files.source.startswith("local-dir:"):
        raise EnvironmentProblem(
            f"{files.name} needs the tokenizer {own}, which is not in its checkpoint.",
            "Name a folder with open_clip_config.json, the checkpoint and the tokenizer's files.",
        )
    try:
        tokenizer: Callable[..., Any] = _import_open_clip().get_tokenizer(files.source)
    except (ImportError, OSError, ValueError) as error:
        raise EnvironmentProblem(
            f"The tokenizer of {files.name} cannot be loaded ({error}).",
            "Put its files (tokenizer.json, tokenizer_config.json) beside the checkpoint.",
        ) from error
    return tokenizer


def _import_open_clip() -> Any:
    try:
        import open_clip
    except ImportError as error:
        raise EnvironmentProblem(
            f"The package open_clip_torch cannot be used ({error}).",
            "Install it with: pip install 'photoorg[clip]'",
        ) from error
    return open_clip
