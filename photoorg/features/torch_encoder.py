"""Any torch network as a visual encoder: devices, batches, memory that runs out."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import torch
from torch import nn

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ModelKey
from photoorg.features.devices import find_accelerator
from photoorg.features.visual import Device, Floats, Pixels, VisualSpec, check_images

_BATCH = {"cpu": 8, "cuda": 64, "mps": 32}
_MAP_BATCH = 4
_NAMES = {"cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}


class MappedModule(Protocol):
    """A module that ends in global average pooling and gives what it pools."""

    def forward_map(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, s, s, 3] into the last activations, float32 [n, dimension, h, w]."""


class ModuleEncoder:
    """A module on a torch device, in the channels-last layout that convolutions like.

    The module turns uint8 [n, size, size, 3] into float32 [n, dimension].
    """

    def __init__(
        self, spec: VisualSpec, module: nn.Module, device: str, threads: int | None = None
    ) -> None:
        """Move the network to the device.

        Args:
            spec: what the network is.
            module: in evaluation mode; it is changed in place.
            device: "cpu", "cuda" or "mps".
            threads: CPU threads, for this whole process; None leaves it to torch.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        self._spec = spec
        self._device = torch.device(device)
        self._batch = _BATCH[device]
        self._name = _NAMES[device]
        self._module = module.to(self._device).to(memory_format=torch.channels_last)

    @property
    def key(self) -> ModelKey:
        return self._spec.key

    @property
    def input_size(self) -> int:
        return self._spec.input_size

    @property
    def dimension(self) -> int:
        return self._spec.dimension

    @property
    def runtime(self) -> str:
        return f"torch {torch.__version__}, {self._name}"

    def encode(self, images: Pixels) -> Floats:
        """Encode photos; see `VisualEncoder.encode`."""
        check_images(images, self._spec)
        vectors = torch.empty((len(images), self.dimension))
        start = 0
        while start < len(images):
            end = start + self._batch
            # A copy, as torch wants memory that it could write to.
            batch = torch.from_numpy(np.array(images[start:end]))
            try:
                with torch.inference_mode():
                    vectors[start:end] = self._module(batch.to(self._device))
            except torch.cuda.OutOfMemoryError:
                if self._batch == 1:
                    raise
                self._batch //= 2  # a small GPU, or others work on it too
            else:
                start = end
        return cast("Floats", vectors.numpy())


class MapModuleEncoder(ModuleEncoder):
    """An encoder whose module can tell where in a photo its vector comes from."""

    def encode_maps(self, images: Pixels) -> tuple[Floats, Floats]:
        """Encode photos and keep the activations; see `MapEncoder.encode_maps`."""
        check_images(images, self._spec)
        module = cast("MappedModule", self._module)
        maps = []
        for start in range(0, len(images), _MAP_BATCH):
            batch = torch.from_numpy(np.array(images[start : start + _MAP_BATCH]))
            with torch.inference_mode():
                found = module.forward_map(batch.to(self._device))
            maps.append(found.permute(0, 2, 3, 1).float().cpu().numpy())
        stacked: Floats = np.concatenate(maps)
        return stacked.mean(axis=(1, 2)), stacked


def choose_device(device: Device) -> str:
    """Return the torch device that "auto" or a person's choice stands for.

    Raises:
        EnvironmentProblem: the device that was asked for by name is not there.
    """
    if device == "cpu":
        return device
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        found = find_accelerator()
        return found if found is not None and usable[found] else "cpu"
    if not usable[device]:
        raise EnvironmentProblem(f"The device {device} cannot be used: torch does not find it.")
    return device
