"""EfficientNet-Lite2 by torch: the reference, the way to GPUs, and the source of exports."""

from __future__ import annotations

from typing import cast

import numpy as np
import timm
import torch
from timm.models.efficientnet import EfficientNet
from torch import nn

from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.efficientnet import PIXEL_MEAN, PIXEL_SCALE, SPEC, WEIGHTS
from photoorg.features.visual import Classifier, Floats, Pixels, check_images

_BATCH = {"cpu": 8, "cuda": 64, "mps": 32}
_NAMES = {"cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}


class PooledNetwork(nn.Module):
    """The network from bytes to pooled vector, so that every runtime gets the same arithmetic."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into float32 [n, dimension]."""
        x = (images.permute(0, 3, 1, 2).float() - PIXEL_MEAN) / PIXEL_SCALE
        return self.network.forward_head(self.network.forward_features(x), pre_logits=True)


def load_network() -> tuple[PooledNetwork, Classifier]:
    """Load the network, in evaluation mode on the CPU, and its classifier.

    Raises:
        ModelFileProblem: the weights' package is not installed, damaged, or does not fit timm.
    """
    path = WEIGHTS.verify()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = cast("EfficientNet", timm.create_model("tf_efficientnet_lite2", pretrained=False))
    # The file's names are those of another implementation; its tensors are the same ones in the
    # same order. Strict loading then compares every shape.
    names = network.state_dict().keys()
    try:
        network.load_state_dict(dict(zip(names, weights.values(), strict=True)))
    except (ValueError, RuntimeError) as error:
        raise ModelFileProblem(
            f"The weights in {path} do not fit timm {timm.__version__}.",
            "Install another version of timm.",
        ) from error
    head = network.get_classifier()
    classifier = Classifier(head.weight.detach().numpy(), head.bias.detach().numpy())
    return PooledNetwork(network).eval(), classifier


class TorchEncoder:
    """EfficientNet-Lite2 on a torch device, in the channels-last layout that convolutions like."""

    def __init__(self, network: PooledNetwork, device: str, threads: int | None = None) -> None:
        """Move the network to the device.

        Args:
            network: is changed in place.
            device: "cpu", "cuda" or "mps".
            threads: CPU threads, for this whole process; None leaves it to torch.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        self._device = torch.device(device)
        self._batch = _BATCH[device]
        self._name = _NAMES[device]
        self._network = network.to(self._device).to(memory_format=torch.channels_last)

    @property
    def key(self) -> ModelKey:
        return SPEC.key

    @property
    def input_size(self) -> int:
        return SPEC.input_size

    @property
    def dimension(self) -> int:
        return SPEC.dimension

    @property
    def runtime(self) -> str:
        return f"torch {torch.__version__}, {self._name}"

    def encode(self, images: Pixels) -> Floats:
        """Encode photos; see `VisualEncoder.encode`."""
        check_images(images, SPEC)
        pooled = torch.empty((len(images), SPEC.dimension))
        start = 0
        while start < len(images):
            end = start + self._batch
            # A copy, as torch wants memory that it could write to.
            batch = torch.from_numpy(np.array(images[start:end]))
            try:
                with torch.inference_mode():
                    pooled[start:end] = self._network(batch.to(self._device))
            except torch.cuda.OutOfMemoryError:
                if self._batch == 1:
                    raise
                self._batch //= 2  # a small GPU, or others work on it too
            else:
                start = end
        return cast("Floats", pooled.numpy())
