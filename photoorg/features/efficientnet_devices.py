"""EfficientNet-Lite2 on the fastest device that computes the right vectors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from photoorg.core.errors import EnvironmentProblem
from photoorg.features.devices import Accelerator, find_accelerator
from photoorg.features.efficientnet import INPUT_SIZE, Variant
from photoorg.features.visual import MIN_COSINE, RuntimeMismatch, least_cosine, probe_images

if TYPE_CHECKING:
    from pathlib import Path

    from photoorg.features.visual import Device, VisualEncoder

_log = logging.getLogger(__name__)


def load_variant(
    variant: Variant, device: Device, cache: Path, threads: int | None
) -> VisualEncoder:
    """Load a variant of the network; arguments and errors as `registry.create_visual_encoder`."""
    if device == "auto":
        accelerator = find_accelerator()
        if accelerator is not None:
            try:
                return _on_accelerator(variant, accelerator, threads)
            except EnvironmentProblem as problem:
                _log.warning("%s Using the CPU.", problem.message)
    elif device != "cpu":
        return _on_accelerator(variant, device, threads)
    return _on_cpu(variant, cache, threads)


def _on_accelerator(variant: Variant, device: Accelerator, threads: int | None) -> VisualEncoder:
    """Load the network on a GPU, having compared it with the CPU.

    Raises:
        EnvironmentProblem: the GPU cannot be used, or computes something else.
    """
    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    network, _ = load_network(variant)
    pictures = probe_images(INPUT_SIZE)
    expected = TorchEncoder(network, "cpu", threads, variant).encode(pictures)
    try:
        encoder = TorchEncoder(network, device, threads, variant)
        cosine = least_cosine(encoder.encode(pictures), expected)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built for CUDA
        raise EnvironmentProblem(f"The device {device} cannot be used ({error}).") from error
    if cosine < MIN_COSINE:
        raise EnvironmentProblem(f"The device {device} computes wrongly (cosine {cosine:.4f}).")
    return encoder


def _on_cpu(variant: Variant, cache: Path, threads: int | None) -> VisualEncoder:
    try:
        from photoorg.features.efficientnet_openvino import load_encoder

        return load_encoder(cache, threads, variant)
    except (RuntimeMismatch, RuntimeError, ImportError) as error:
        _log.warning("OpenVINO cannot be used (%s). Using torch, which is slower.", error)
    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    network, _ = load_network(variant)
    return TorchEncoder(network, "cpu", threads, variant)
