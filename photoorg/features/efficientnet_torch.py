"""EfficientNet-Lite2 by torch: the reference, the way to GPUs, and the source of exports."""

from __future__ import annotations

from typing import cast

import timm
import torch
from timm.models.efficientnet import EfficientNet
from torch import nn

from photoorg.core.errors import ModelFileProblem
from photoorg.features.efficientnet import ORIGINAL, PIXEL_MEAN, PIXEL_SCALE, WEIGHTS, Variant
from photoorg.features.torch_encoder import MapModuleEncoder
from photoorg.features.visual import Classifier


class PooledNetwork(nn.Module):
    """The network from bytes to pooled vector, so that every runtime gets the same arithmetic."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into float32 [n, dimension]."""
        return self.network.forward_head(self.forward_map(images), pre_logits=True)

    def forward_map(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into what is pooled, float32 [n, dimension, h, w]."""
        return self.network.forward_features(_scaled(images))

    def forward_frozen(self, images: torch.Tensor, stages: int) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into what the first stages make, [n, channels, h, w]."""
        x = self.network.bn1(self.network.conv_stem(_scaled(images)))
        for block in self.network.blocks[:stages]:
            x = block(x)
        return cast("torch.Tensor", x)

    def forward_end(self, maps: torch.Tensor, stages: int) -> torch.Tensor:
        """Turn what `forward_frozen` gives into float32 [n, dimension], as `forward` does."""
        for block in self.network.blocks[stages:]:
            maps = block(maps)
        last = self.network.bn2(self.network.conv_head(maps))
        return self.network.forward_head(last, pre_logits=True)


class TorchEncoder(MapModuleEncoder):
    """EfficientNet-Lite2 on a torch device."""

    def __init__(
        self,
        network: PooledNetwork,
        device: str,
        threads: int | None = None,
        variant: Variant = ORIGINAL,
    ) -> None:
        """Move the network, of that variant, to the device; see `ModuleEncoder`."""
        super().__init__(variant.spec, network, device, threads)


def load_network(variant: Variant = ORIGINAL) -> tuple[PooledNetwork, Classifier]:
    """Load the network, in evaluation mode on the CPU, and its classifier.

    Raises:
        ModelFileProblem: the weights' package is not installed, damaged, or does not fit timm; or
            the variant's changes do not fit the network.
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
    pooled = PooledNetwork(network).eval()
    state = pooled.state_dict()
    try:
        with torch.no_grad():
            for name, change in variant.read_changes().items():
                state[name].add_(torch.from_numpy(change))
    except (KeyError, RuntimeError) as error:
        raise ModelFileProblem(
            f"The changes of the visual network do not fit it ({error})."
        ) from error
    return pooled, classifier


def _scaled(images: torch.Tensor) -> torch.Tensor:
    return (images.permute(0, 3, 1, 2).float() - PIXEL_MEAN) / PIXEL_SCALE
