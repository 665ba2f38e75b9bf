"""The networks of torchvision as visual vectors: what they are, and where their weights may be.

Paper 002 uses AlexNet and GoogLeNet, paper 003 (section 4.3) GoogLeNet, Inception, ResNet and VGG,
paper 004 an AlexNet-like network. Nothing here imports torch, and nothing fetches a file: weights
are found in torchvision's own cache, or where a person says. See `torchvision_networks` for what
computes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from photoorg.core.ids import ModelKey
from photoorg.features.visual import VisualFiles, VisualSpec, WeightsMissing
from photoorg.features.weights import file_hash

CLASSES = 1000
SCORES = ":scores"
"""Ending of the names whose vectors are the 1,000 class scores instead of what they rest on.

Paper 003 removes "the final classification layer" and yet reports 1,000 dimensions; this is the
reading that gives them."""

_URL = "https://download.pytorch.org/models/"


@dataclass(frozen=True, slots=True)
class Network:
    """A network of torchvision.

    Attributes:
        name: torchvision's name for it.
        title: its name for a person.
        file: the weights' file, as torchvision calls it (IMAGENET1K_V1: those of the papers' time).
        megabytes: size of that file.
        input_size: side of the square that it was made for, pixels.
        dimension: length of the last layer before the classifier.
        pooled: whether that layer is a global average, so that there are maps.
    """

    name: str
    title: str
    file: str
    megabytes: int
    input_size: int
    dimension: int
    pooled: bool

    @property
    def url(self) -> str:
        """Where torchvision fetches the weights from."""
        return _URL + self.file


NETWORKS: Mapping[str, Network] = {
    network.name: network
    for network in (
        Network("googlenet", "GoogLeNet", "googlenet-1378be20.pth", 50, 224, 1024, pooled=True),
        Network(
            "inception_v3",
            "Inception v3",
            "inception_v3_google-0cc3c7bd.pth",
            104,
            299,
            2048,
            pooled=True,
        ),
        Network("resnet50", "ResNet-50", "resnet50-0676ba61.pth", 98, 224, 2048, pooled=True),
        Network("vgg16", "VGG-16", "vgg16-397923af.pth", 528, 224, 4096, pooled=False),
        Network("alexnet", "AlexNet", "alexnet-owt-7be5be79.pth", 233, 224, 4096, pooled=False),
    )
}


def find_weights(network: Network, files: VisualFiles) -> Path:
    """Return the weights' file: the one that the person named, else that in torchvision's cache.

    Raises:
        WeightsMissing: neither is there; the remedy says which file to fetch from where.
    """
    kept = checkpoints_folder() / network.file
    path = files.weights or kept
    if path.is_file():
        return path
    raise WeightsMissing(
        f"The weights of {network.title} are not in {path}.",
        f"Fetch {network.url} ({network.megabytes} MB) and put it there as {kept},"
        " or name the file with --weights.",
    )


def network_spec(name: str, files: VisualFiles) -> VisualSpec:
    """Return what is known of an encoder; the weights' hash is part of its key.

    Args:
        name: of `NETWORKS`, possibly with `SCORES` at its end.
        files: where to look for the weights.

    Raises:
        WeightsMissing: as `find_weights`.
        ModelFileProblem: the file cannot be read.
    """
    network = NETWORKS[name.removesuffix(SCORES)]
    dimension = CLASSES if name.endswith(SCORES) else network.dimension
    digest = file_hash(find_weights(network, files))[:8]
    key = ModelKey(f"{name}:{digest}:squash-{network.input_size}-imagenet:{dimension}")
    return VisualSpec(name, key, network.input_size, dimension, CLASSES)


def checkpoints_folder() -> Path:
    """Return torchvision's own folder of weights, as torch.hub.get_dir() would, without torch."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"
