"""EfficientNet-Lite2 by OpenVINO, the fastest CPU runtime that is proven equal to eager torch.

The graph is exported from torch once and kept in one cache file, together with the vectors that
eager torch computed for a few pictures. Every start compares with those, so a cache from another
machine, or a CPU that OpenVINO computes wrongly on, is noticed. OpenVINO's own cache of compiled
models is not used: it saves 0.1 s and loads altered files without a word (measured, 2026.4).
"""

from __future__ import annotations

import importlib
import logging
import re
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from photoorg.core.ids import ModelKey
from photoorg.features.devices import available_cpus
from photoorg.features.efficientnet import ORIGINAL, Variant, save_classifier
from photoorg.features.tensor_file import Tensors, read_cached, write_cached
from photoorg.features.visual import (
    MIN_COSINE,
    Floats,
    Pixels,
    RuntimeMismatch,
    VisualSpec,
    check_images,
    least_cosine,
    probe_images,
)

_CONTENT = {"graph", "weights", "probe"}
_POOLING = "ReduceMean"

_log = logging.getLogger(__name__)


class OpenVINOEncoder:
    """EfficientNet-Lite2 on the CPU: one-thread streams, each working on a photo of its own."""

    def __init__(
        self, spec: VisualSpec, graph: bytes, weights: npt.NDArray[np.uint8], threads: int
    ) -> None:
        """Compile the network.

        Args:
            spec: what the network is.
            graph: the network in OpenVINO's XML.
            weights: the bytes that the XML refers to.
            threads: CPU threads.

        Raises:
            RuntimeError: OpenVINO cannot read or compile it.
        """
        self._spec = spec
        self._ov = import_openvino()
        self._core = self._ov.Core()
        self._model = self._core.read_model(graph, self._ov.Tensor(weights))
        self._map_network: Any = None
        # Batching gains nothing. One thread a stream avoids synchronising within a layer. Pinned
        # threads of two processes would land on the same cores, at half the speed.
        self._options = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
            "ENABLE_CPU_PINNING": False,
            # Left to itself it computes in bfloat16 on CPUs that have it, which moves the vectors
            # (cosine .997 with torch's).
            "INFERENCE_PRECISION_HINT": "f32",
        }
        # One request more than there are streams: a finished stream finds the next photo waiting.
        compiled = self._core.compile_model(self._model, "CPU", self._options)
        self._queue = self._ov.AsyncInferQueue(compiled, threads + 1)

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
        return "OpenVINO, CPU"

    def encode(self, images: Pixels) -> Floats:
        """Encode photos; see `VisualEncoder.encode`."""
        check_images(images, self._spec)
        pooled = np.empty((len(images), self._spec.dimension), np.float32)

        def collect(request: Any, row: int) -> None:
            pooled[row] = request.get_output_tensor(0).data[0]

        self._queue.set_callback(collect)
        for row in range(len(images)):
            self._queue.start_async({0: images[row : row + 1]}, row)
        self._queue.wait_all()
        return pooled

    def encode_maps(self, images: Pixels) -> tuple[Floats, Floats]:
        """Encode photos and keep the activations; see `MapEncoder.encode_maps`.

        A second network with one more output is compiled at the first call: few runs need it, and
        bulk work shall not copy maps of 0.4 MB a photo.
        """
        check_images(images, self._spec)
        if self._map_network is None:
            self._map_network = self._core.compile_model(
                self._with_map(), "CPU", self._options | {"NUM_STREAMS": 1}
            )
        pooled, maps = [], []
        for row in range(len(images)):
            vector, activations = self._map_network(images[row : row + 1]).values()
            pooled.append(vector[0])
            maps.append(activations[0].transpose(1, 2, 0))
        return np.stack(pooled), np.stack(maps)

    def _with_map(self) -> Any:
        """Return a copy of the network that also gives what its last pooling takes in."""
        model = self._model.clone()
        pooling = [node for node in model.get_ordered_ops() if node.get_type_name() == _POOLING]
        model.add_outputs(pooling[-1].input_value(0))
        return model


def load_encoder(
    cache: Path, threads: int | None = None, variant: Variant = ORIGINAL
) -> OpenVINOEncoder:
    """Load the encoder from its cache file, or make that file first, which takes torch.

    Args:
        cache: folder for files that may be deleted at any time.
        threads: CPU threads; None takes all that this process may use.
        variant: of the network.

    Raises:
        ModelFileProblem: the weights' package is not installed, or damaged.
        RuntimeMismatch: OpenVINO's vectors differ from those of eager torch.
        RuntimeError: OpenVINO cannot read or compile the network.
        ImportError: OpenVINO, or torch where it is needed, is not installed.
    """
    path = cache_path(cache, variant)
    tensors = read_cached(path)
    made = tensors is None or tensors.keys() != _CONTENT
    if tensors is None or made:
        tensors = _export(cache, variant)
    encoder = OpenVINOEncoder(
        variant.spec, tensors["graph"].tobytes(), tensors["weights"], threads or available_cpus()
    )
    # One picture is enough at each start, it warms up as well; a new file is proven on all.
    count = len(tensors["probe"]) if made else 1
    pictures = probe_images(variant.spec.input_size)[:count]
    cosine = least_cosine(encoder.encode(pictures), tensors["probe"][:count])
    if cosine < MIN_COSINE:
        raise RuntimeMismatch(f"OpenVINO's vectors differ from torch's (cosine {cosine:.4f}).")
    if made:
        _log.info("Made the network for OpenVINO; cosine with eager torch %.6f.", cosine)
        _write(path, tensors)
    return encoder


def cache_path(cache: Path, variant: Variant = ORIGINAL) -> Path:
    """Return where the network for this release of OpenVINO and these weights is kept."""
    name = "-".join(variant.spec.key.split(":")[:2])
    version = re.sub(r"[^\w.-]", "_", import_openvino().get_version())
    return cache / f"{name}-openvino-{version}.safetensors"


def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry.

    Importing it, and converting a model, reports to Google Analytics unless the machine's owner
    opted out. photoorg makes no network call that was not asked for: with the package hidden,
    OpenVINO uses the stub that it has for machines without it.
    """
    # None is the import system's mark for "do not import"; the type of sys.modules leaves it out.
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))
    return importlib.import_module("openvino")


def _export(cache: Path, variant: Variant) -> Tensors:
    """Export the network from torch, with eager torch's vectors of the probe pictures."""
    import torch

    from photoorg.features.efficientnet_torch import TorchEncoder, load_network

    ov = import_openvino()
    network, classifier = load_network(variant)
    save_classifier(cache, classifier)
    pictures = probe_images(variant.spec.input_size)
    example = torch.zeros((1, *pictures.shape[1:]), dtype=torch.uint8)
    model = ov.convert_model(torch.export.export(network, (example,)))
    model.reshape([1, *pictures.shape[1:]])
    with tempfile.TemporaryDirectory() as folder:
        graph, weights = Path(folder, "network.xml"), Path(folder, "network.bin")
        ov.serialize(model, graph, weights)
        return {
            "graph": np.frombuffer(graph.read_bytes(), np.uint8),
            "weights": np.fromfile(weights, np.uint8),
            "probe": TorchEncoder(network, "cpu").encode(pictures),
        }


def _write(path: Path, tensors: Tensors) -> None:
    try:
        write_cached(path, tensors)
    except OSError as error:
        _log.warning("%s cannot be written (%s); the next start is slow.", path, error.strerror)
