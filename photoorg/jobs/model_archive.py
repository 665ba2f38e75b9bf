"""A trained model as one file: an uncompressed zip of its model folder's files and nothing else.

Where the model needs a network that was adapted to photos, that network's files are in it too.

What comes from elsewhere is hostile until it is read: only the names that a model folder has are
taken out, each once, of bounded size and uncompressed, so that a small file cannot become a large
one and no name leads out of the folder.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.features.storage import MANIFEST_SUFFIX, TENSORS_SUFFIX

SUFFIX = ".photoorg-model"
"""Customary ending of such a file."""

STEMS = ("model", "text")
FILES = tuple(f"{stem}{suffix}" for stem in STEMS for suffix in (MANIFEST_SUFFIX, TENSORS_SUFFIX))
"""The files of a model folder, see `photoorg.models.registry`."""

NETWORK_STEM = "network"
NETWORK_FILES = (f"{NETWORK_STEM}{TENSORS_SUFFIX}", f"{NETWORK_STEM}{MANIFEST_SUFFIX}")
"""The files of an adapted network on its way, see `photoorg.features.finetuned_files`."""

_LIMITS = {MANIFEST_SUFFIX: 4 << 20, TENSORS_SUFFIX: 512 << 20}
"""Bytes that a file of each kind may have, as in `photoorg.features.storage`."""

_CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date of a zip: the same model always gives the same file."""


def pack_model(folder: Path, file: Path, network: Path | None = None) -> None:
    """Write a model folder as one file, in one step.

    Args:
        folder: of the model.
        file: what to write.
        network: path without endings of the adapted network that the model needs.

    Raises:
        UsageProblem: there is a folder of that name, or none to write it to.
        EnvironmentProblem: the file cannot be written, or the model not be read.
    """
    if file.is_dir():
        raise UsageProblem(f"{file} is a folder.", "Name a file to write.")
    if not file.parent.is_dir():
        raise UsageProblem(f"There is no folder {file.parent} to write to.")
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
        part = Path(name)
        with os.fdopen(handle, "wb") as stream:
            _write_archive(_sources(folder, network), stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(file)
    except OSError as error:
        raise EnvironmentProblem(
            f"The model cannot be written to {file} ({error.strerror}).",
            "Free some space, or choose another place.",
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def unpack_model(file: Path, folder: Path) -> None:
    """Take a model's files out of an exported one.

    Args:
        file: what `pack_model` wrote.
        folder: empty folder to put them in.

    Raises:
        ModelFileProblem: the file is missing, cut or no exported model.
        EnvironmentProblem: the folder cannot be written.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in _checked(archive.infolist(), file):
                with archive.open(entry) as source:
                    _copy(source, folder / entry.filename, entry.file_size)
    except FileNotFoundError as error:
        raise ModelFileProblem(f"There is no file {file}.") from error
    except IsADirectoryError as error:
        raise ModelFileProblem(f"{file} is a folder.", "Name an exported model.") from error
    except PermissionError as error:
        raise EnvironmentProblem(
            f"{file} cannot be read ({error.strerror}).", "Mend its permissions."
        ) from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ModelFileProblem(
            f"{file.name} is damaged, or no model that photoorg exported ({error}).",
            "Export the model again.",
        ) from error
    except OSError as error:
        raise EnvironmentProblem(
            f"{file} cannot be taken in ({error.strerror}).", "Free some space on the disk."
        ) from error


def _sources(folder: Path, network: Path | None) -> dict[str, Path]:
    """Return the files to be packed by the names that they get."""
    sources = {name: folder / name for name in FILES}
    if network is not None:
        sources |= {name: network.with_suffix(Path(name).suffix) for name in NETWORK_FILES}
    return sources


def _write_archive(sources: Mapping[str, Path], stream: IO[bytes]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sources.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.file_size = path.stat().st_size
            with archive.open(entry, "w") as target, path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)


def _checked(entries: list[zipfile.ZipInfo], file: Path) -> list[zipfile.ZipInfo]:
    """Return the entries, which are what a model's are.

    Raises:
        ModelFileProblem: a name is missing, strange or there twice; one is too large, compressed or
            encrypted.
    """
    names = sorted(entry.filename for entry in entries)
    if names not in (sorted(FILES), sorted((*FILES, *NETWORK_FILES))):
        raise ModelFileProblem(
            f"{file.name} is no model that photoorg exported: it does not hold the files of one."
        )
    for entry in entries:
        limit = _LIMITS[Path(entry.filename).suffix]
        if max(entry.file_size, entry.compress_size) > limit:
            raise ModelFileProblem(
                f"“{entry.filename}” in {file.name} is over the limit of {limit >> 20} MB."
            )
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x1:
            raise ModelFileProblem(
                f"{file.name} is no model that photoorg exported: it is compressed or encrypted."
            )
    return entries


def _copy(source: IO[bytes], target: Path, size: int) -> None:
    """Copy as many bytes as the entry says; its checksum is compared on the way."""
    with target.open("xb") as stream:
        while chunk := source.read(_CHUNK):
            size -= len(chunk)
            if size < 0:
                raise zipfile.BadZipFile("an entry is longer than it says")
            stream.write(chunk)
