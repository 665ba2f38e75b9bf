"""Safetensors files: weights mapped without copying, and a cache that notices damage.

The safetensors library copies every tensor for numpy. A text encoder reads a few rows of a table
of 46 MB, so weights are mapped here instead. Format: a little-endian u64 with the header's length,
the header as JSON, then the tensors' bytes (https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import hashlib
import json
import logging
import mmap
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from photoorg.core.errors import ModelFileProblem

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "U8": np.dtype("u1")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_MAX_HEADER = 1 << 24

_log = logging.getLogger(__name__)


def map_tensors(path: Path) -> Tensors:
    """Map the float32 and uint8 tensors of a safetensors file; other types are left out.

    Returns:
        Read-only arrays by name. They keep the file mapped for as long as one of them lives.

    Raises:
        ModelFileProblem: the file cannot be read, or is not a safetensors file.
    """
    try:
        with path.open("rb") as stream:
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return _parse(memoryview(data))[0]
    except OSError as error:
        raise ModelFileProblem(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise ModelFileProblem(f"{path} is not a safetensors file ({error}).") from error


def write_cached(path: Path, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write float32 and uint8 arrays with a digest of them, all of the file or none of it.

    Two processes may write the same file at once: each gives it whole.

    Raises:
        OSError: the folder cannot be written.
    """
    header: dict[str, object] = {}
    position = 0
    for name, tensor in tensors.items():
        end = position + tensor.nbytes
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [position, end],
        }
        position = end
    header["__metadata__"] = {"sha256": _digest(tensors)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(len(text).to_bytes(8, "little"))
            stream.write(text)
            for tensor in tensors.values():
                stream.write(np.ascontiguousarray(tensor).data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def read_cached(path: Path) -> Tensors | None:
    """Read what `write_cached` wrote, into memory.

    Returns:
        The arrays; None where there is no file, or one that is cut, altered or somebody else's
        (which is logged), so that the caller makes it again.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("The cache file %s cannot be read (%s).", path, error.strerror)
        return None
    try:
        tensors, digest = _parse(memoryview(data))
    except ValueError as error:
        _log.warning("The cache file %s is damaged (%s); making it again.", path, error)
        return None
    if _digest(tensors) != digest:
        _log.warning("The cache file %s is damaged; making it again.", path)
        return None
    return tensors


def _digest(tensors: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return the hex digest of names, types, shapes and contents."""
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(json.dumps([name, _NAMES[tensor.dtype], tensor.shape]).encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return digest.hexdigest()


def _parse(data: memoryview) -> tuple[Tensors, str]:
    """Return the arrays, in the order of the header, and the digest that the file claims.

    Raises:
        ValueError: it is not a safetensors file.
    """
    start = 8 + int.from_bytes(data[:8], "little")
    if not 8 < start <= min(len(data), _MAX_HEADER):
        raise ValueError("no header")
    body = data[start:]
    try:
        header = json.loads(bytes(data[8:start]))
        digest = str(header.pop("__metadata__", {}).get("sha256", ""))
        tensors = {
            name: _tensor(body, entry)
            for name, entry in header.items()
            if entry["dtype"] in _DTYPES
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the header makes no sense") from error
    return tensors, digest


def _tensor(body: memoryview, entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= len(body):
        raise ValueError("a tensor lies outside the file")
    flat: npt.NDArray[Any] = np.frombuffer(body[begin:end], _DTYPES[entry["dtype"]])
    return flat.reshape(entry["shape"])
