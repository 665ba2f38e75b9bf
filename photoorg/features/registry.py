"""The visual encoders by name, and the choice of what computes them.

Importing this, and asking for a spec, is instant: torch and OpenVINO are imported by the encoder
that needs them.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, TypeAlias

from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.paths import user_cache_folder
from photoorg.features import efficientnet
from photoorg.features.devices import Accelerator, find_accelerator
from photoorg.features.visual import (
    MIN_COSINE,
    Classifier,
    RuntimeMismatch,
    VisualEncoder,
    VisualSpec,
    least_cosine,
    probe_images,
)

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]

DEFAULT_VISUAL = efficientnet.SPEC.name

_SPECS = {spec.name: spec for spec in (efficientnet.SPEC,)}
_log = logging.getLogger(__name__)


def visual_names() -> tuple[str, ...]:
    """Return the encoders' names, the default first."""
    return tuple(_SPECS)


def visual_spec(name: str = DEFAULT_VISUAL) -> VisualSpec:
    """Return what is known of an encoder before it is loaded.

    Raises:
        UsageProblem: there is no encoder of that name.
    """
    try:
        return _SPECS[name]
    except KeyError:
        raise UsageProblem(
            f"There are no visual features called {name!r}.",
            f"Choose one of: {', '.join(_SPECS)}.",
        ) from None


def create_visual_encoder(
    name: str = DEFAULT_VISUAL,
    device: Device = "auto",
    cache: Path | None = None,
    threads: int | None = None,
) -> VisualEncoder:
    """Load an encoder on the fastest device that computes the right vectors.

    "auto" tries a GPU by torch, then OpenVINO, then torch on the CPU; what is passed over is
    logged with the reason.

    Args:
        name: one of `visual_names()`.
        device: "auto", or the one device to use.
        cache: folder for files that may be deleted at any time; None takes the platform's.
        threads: CPU threads; None takes all that this process may use.

    Raises:
        UsageProblem: there is no encoder of that name.
        ModelFileProblem: the weights' package is not installed, or damaged.
        EnvironmentProblem: the device that was asked for by name cannot be used.
    """
    visual_spec(name)
    if device == "auto":
        accelerator = find_accelerator()
        if accelerator is not None:
            try:
                return _on_accelerator(accelerator, threads)
            except EnvironmentProblem as problem:
                _log.warning("%s Using the CPU.", problem.message)
    elif device != "cpu":
        return _on_accelerator(device, threads)
    return _on_cpu(cache or default_cache(), threads)


def create_visual_classifier(name: str = DEFAULT_VISUAL, cache: Path | None = None) -> Classifier:
    """Load the encoder's own classifier, which gives class scores from stored pooled vectors.

    Needs torch only where no encoder was made with this cache before.

    Raises:
        UsageProblem: there is no encoder of that name.
        ModelFileProblem: the weights' package is not installed, or damaged.
    """
    visual_spec(name)
    return efficientnet.load_classifier(cache or default_cache())


def default_cache() -> Path:
    """Return the folder that encoders keep their prepared networks in."""
    return user_cache_folder() / "networks"


def _on_accelerator(device: Accelerator, threads: int | None) -> VisualEncoder:
    """Load the network on a GPU, having compared it with the CPU.

    Raises:
        EnvironmentProblem: the GPU cannot be used, or computes something else.
    """
    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    network, _ = load_network()
    pictures = probe_images(efficientnet.INPUT_SIZE)
    expected = TorchEncoder(network, "cpu", threads).encode(pictures)
    try:
        encoder = TorchEncoder(network, device, threads)
        cosine = least_cosine(encoder.encode(pictures), expected)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built for CUDA
        raise EnvironmentProblem(f"The device {device} cannot be used ({error}).") from error
    if cosine < MIN_COSINE:
        raise EnvironmentProblem(f"The device {device} computes wrongly (cosine {cosine:.4f}).")
    return encoder


def _on_cpu(cache: Path, threads: int | None) -> VisualEncoder:
    try:
        from photoorg.features.efficientnet_openvino import load_encoder

        return load_encoder(cache, threads)
    except (RuntimeMismatch, RuntimeError, ImportError) as error:
        _log.warning("OpenVINO cannot be used (%s). Using torch, which is slower.", error)
    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    network, _ = load_network()
    return TorchEncoder(network, "cpu", threads)
