"""EfficientNet-Lite2 after fine-tuning on a person's own photos: a visual encoder of its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch

from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.efficientnet import FINETUNED, SPEC
from photoorg.features.efficientnet_torch import PooledNetwork, load_network
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.features.torch_encoder import MapModuleEncoder, choose_device
from photoorg.features.visual import Device, VisualSpec

if TYPE_CHECKING:
    from pathlib import Path


def finetuned_spec(network: PooledNetwork) -> VisualSpec:
    """Return what is known of a fine-tuned encoder; its key contains the hash of its weights."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + np.ascontiguousarray(tensor.cpu().numpy()).tobytes())
    weights = digest.hexdigest()[:8]
    key = ModelKey(f"{FINETUNED}:{weights}:squash-{SPEC.input_size}:{SPEC.dimension}")
    return VisualSpec(FINETUNED, key, SPEC.input_size, SPEC.dimension, classes=0)


def save_finetuned(stem: Path, network: PooledNetwork) -> None:
    """Write the network; see `storage.save_model`.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    spec = finetuned_spec(network)
    shape = {"input_size": spec.input_size, "dimension": spec.dimension}
    manifest = Manifest(FINETUNED, spec.key, ModelKey(""), shape)
    tensors = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
    save_model(stem, manifest, tensors)


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
    file = load_model(stem, kind=FINETUNED)
    network, _ = load_network()
    try:
        network.load_state_dict(
            {name: torch.from_numpy(np.array(tensor)) for name, tensor in file.tensors.items()}
        )
    except RuntimeError as error:
        raise ModelFileProblem(
            f"{stem} does not hold a whole network.", "Train it again."
        ) from error
    spec = finetuned_spec(network)
    if spec.key != file.manifest.visual_key:
        raise ModelFileProblem(
            f"{stem} holds other weights than it says: “{spec.key}” instead of"
            f" “{file.manifest.visual_key}”.",
            "Train it again.",
        )
    return MapModuleEncoder(spec, network.eval(), choose_device(device), threads)
