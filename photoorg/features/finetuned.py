"""EfficientNet-Lite2 after fine-tuning on a person's own photos: a visual encoder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from photoorg.core.errors import ModelFileProblem
from photoorg.features.efficientnet import SPEC
from photoorg.features.efficientnet_torch import PooledNetwork, load_network
from photoorg.features.finetuned_files import (
    network_key,
    network_manifest,
    network_name,
    read_network,
)
from photoorg.features.storage import save_model
from photoorg.features.torch_encoder import MapModuleEncoder, choose_device
from photoorg.features.visual import Device, VisualSpec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_CLASSIFIER = "network.classifier."


def network_tensors(network: PooledNetwork) -> dict[str, NDArray[Any]]:
    """Return all that a vector depends on; the classifier is left out."""
    return {
        name: np.ascontiguousarray(tensor.cpu().numpy())
        for name, tensor in network.state_dict().items()
        if not name.startswith(_CLASSIFIER)
    }


def finetuned_spec(network: PooledNetwork) -> VisualSpec:
    """Return what is known of a fine-tuned encoder; its key contains the hash of its weights."""
    return _spec(network_tensors(network))


def save_finetuned(
    stem: Path, network: PooledNetwork, training: Mapping[str, Any] | None = None
) -> None:
    """Write the network; see `storage.save_model`.

    Args:
        stem: path of both files without their endings.
        network: what to write.
        training: what its file says of how it was made.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    tensors = network_tensors(network)
    save_model(stem, network_manifest(network_key(tensors), training or {}), tensors)


def load_finetuned(
    stem: Path, device: Device = "auto", threads: int | None = None
) -> MapModuleEncoder:
    """Read a fine-tuned network as an encoder.

    Args:
        stem: path of both files without their endings.
        device: where to compute.
        threads: CPU threads; None leaves it to torch.

    Raises:
        ModelFileProblem: it is missing or damaged, or its parts do not fit together.
        EnvironmentProblem: the device that was asked for by name cannot be used.
    """
    file = read_network(stem)
    network, _ = load_network()
    weights = {name: torch.from_numpy(np.array(tensor)) for name, tensor in file.tensors.items()}
    try:
        network.load_state_dict({**network.state_dict(), **weights})
    except RuntimeError as error:
        raise ModelFileProblem(
            f"The network in {stem} does not fit the installed timm.",
            "Install another version of timm, or train it again.",
        ) from error
    spec = _spec(file.tensors)
    return MapModuleEncoder(spec, network.eval(), choose_device(device), threads)


def _spec(tensors: Mapping[str, NDArray[Any]]) -> VisualSpec:
    key = network_key(tensors)
    return VisualSpec(network_name(key), key, SPEC.input_size, SPEC.dimension, classes=0)
