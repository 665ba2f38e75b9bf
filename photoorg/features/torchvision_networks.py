"""The networks of torchvision as visual encoders, by torch; see `torchvision_weights`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import torch
import torchvision
from torch import nn

from photoorg.core.errors import ModelFileProblem
from photoorg.features.torch_encoder import MapModuleEncoder, ModuleEncoder, choose_device
from photoorg.features.torchvision_weights import (
    NETWORKS,
    SCORES,
    Network,
    find_weights,
    network_spec,
)
from photoorg.features.visual import Device, VisualEncoder, VisualFiles

if TYPE_CHECKING:
    from pathlib import Path

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Both were trained on pixels from -1 to 1 and are published with a layer that gets there from the
# others' normalisation; both also need their auxiliary classifiers for the weights to fit.
_OPTIONS = {"transform_input": True, "aux_logits": True, "init_weights": False}
_BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "googlenet": lambda: torchvision.models.googlenet(weights=None, **_OPTIONS),
    "inception_v3": lambda: torchvision.models.inception_v3(weights=None, **_OPTIONS),
    "resnet50": lambda: torchvision.models.resnet50(weights=None),
    "vgg16": lambda: torchvision.models.vgg16(weights=None, init_weights=False),
    "alexnet": lambda: torchvision.models.alexnet(weights=None),
}


class VectorNetwork(nn.Module):
    """A network from bytes to its class scores, or to the layer that they rest on."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, network: nn.Module, *, scores: bool) -> None:
        """Take over a network.

        Args:
            network: as torchvision builds it; without `scores` its classifier is taken off.
            scores: whether to keep the classifier.
        """
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None], persistent=False)
        if scores:
            return
        if isinstance(layers := getattr(network, "classifier", None), nn.Sequential):
            layers[-1] = nn.Identity()
        else:
            network.fc = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into float32 [n, dimension]."""
        x = images.permute(0, 3, 1, 2).float() / 255
        return cast("torch.Tensor", self.network((x - self.mean) / self.std))

    def forward_map(self, images: torch.Tensor) -> torch.Tensor:
        """Turn uint8 [n, size, size, 3] into what is pooled, float32 [n, channels, h, w]."""
        seen: list[torch.Tensor] = []
        pooling = cast("nn.Module", self.network.avgpool)
        hook = pooling.register_forward_hook(lambda _module, args, _out: seen.append(args[0]))
        try:
            self(images)
        finally:
            hook.remove()
        return seen[0]


def load_network(network: Network, path: Path) -> nn.Module:
    """Build a network and load its weights, in evaluation mode on the CPU.

    Raises:
        ModelFileProblem: the file is damaged, or holds another network's weights.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise ModelFileProblem(
            f"{path} cannot be read as weights ({_first_line(error)}).",
            f"Fetch it again from {network.url}.",
        ) from error
    module = _BUILDERS[network.name]()
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelFileProblem(
            f"{path} does not hold the weights of {network.title} ({_first_line(error)}).",
            f"Fetch {network.url}.",
        ) from error
    return module.eval()


def load_encoder(
    name: str, files: VisualFiles, device: Device = "auto", threads: int | None = None
) -> VisualEncoder:
    """Load one of the networks as an encoder.

    Args:
        name: of `NETWORKS`, possibly with `SCORES` at its end.
        files: where to look for the weights.
        device: where to compute.
        threads: CPU threads, for this whole process; None leaves it to torch.

    Raises:
        WeightsMissing: the weights are not on this machine.
        ModelFileProblem: they are damaged, or another network's.
        EnvironmentProblem: the device that was asked for by name cannot be used.
    """
    network = NETWORKS[name.removesuffix(SCORES)]
    scores = name.endswith(SCORES)
    spec = network_spec(name, files)
    module = VectorNetwork(load_network(network, find_weights(network, files)), scores=scores)
    encoder = MapModuleEncoder if network.pooled and not scores else ModuleEncoder
    return encoder(spec, module, choose_device(device), threads)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".:") if str(error) else type(error).__name__
