"""MiniLM in torch, to be trained further: the arithmetic of `minilm`, with dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from photoorg.features.minilm import DIMENSION, HEADS, LAYERS, MAX_TOKENS, TOKENIZER, WEIGHTS
from photoorg.features.tensor_file import map_tensors

_EPSILON = 1e-12
_DROPOUT = 0.1


class SentenceNetwork:
    """The text network. Its word table stays as it is, its six layers can be trained.

    Attributes:
        weights: the layers' weights by the names that the packaged file gives them.
    """

    def __init__(self, tokenizer: Tokenizer, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Wire up the network; arguments as `MiniLM`.

        Raises:
            KeyError: a tensor is missing.
        """
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        fixed = {
            name: torch.from_numpy(np.array(tensor))
            for name, tensor in tensors.items()
            if name.startswith("embeddings.")
        }
        self._words = fixed["embeddings.word_embeddings.weight"]
        self._positions = (
            fixed["embeddings.position_embeddings.weight"][:MAX_TOKENS]
            + fixed["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = fixed["embeddings.LayerNorm.weight"], fixed["embeddings.LayerNorm.bias"]
        self.weights = {
            name: torch.from_numpy(np.array(tensor)).requires_grad_()
            for name, tensor in tensors.items()
            if name.startswith("encoder.layer.")
        }

    @classmethod
    def load(cls) -> SentenceNetwork:
        """Load the packaged model.

        Raises:
            ModelFileProblem: the package is not installed, or damaged.
        """
        path, vocabulary = WEIGHTS.verify(), TOKENIZER.verify()
        return cls(Tokenizer.from_file(str(vocabulary)), map_tensors(path))

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def encode(self, tokens: Sequence[Sequence[int]], *, dropout: bool) -> torch.Tensor:
        """Turn n texts' token ids into float32 [n, 384] of length 1.

        Args:
            tokens: from `tokens`.
            dropout: drop a tenth of what each half of a layer adds, as in training.
        """
        time = max(len(ids) for ids in tokens)
        padded = torch.zeros((len(tokens), time), dtype=torch.int64)
        mask = torch.zeros((len(tokens), time), dtype=torch.bool)
        for row, ids in enumerate(tokens):
            padded[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = True
        x = functional.layer_norm(
            self._words[padded] + self._positions[:time], (DIMENSION,), *self._norm, _EPSILON
        )
        rate = _DROPOUT if dropout else 0.0
        for layer in range(LAYERS):
            x = self._layer(f"encoder.layer.{layer}", x, mask, rate)
        kept = mask[:, :, None].to(x.dtype)
        return functional.normalize((x * kept).sum(dim=1) / kept.sum(dim=1), dim=-1)

    def _layer(
        self, base: str, x: torch.Tensor, mask: torch.Tensor, dropout: float
    ) -> torch.Tensor:
        attended = functional.dropout(self._attend(f"{base}.attention", x, mask), dropout)
        x = self._normalised(f"{base}.attention.output.LayerNorm", x + attended)
        inner = functional.gelu(self._linear(f"{base}.intermediate.dense", x))
        outer = functional.dropout(self._linear(f"{base}.output.dense", inner), dropout)
        return self._normalised(f"{base}.output.LayerNorm", x + outer)

    def _attend(self, base: str, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, time, _ = x.shape

        def heads(name: str) -> torch.Tensor:
            y = self._linear(f"{base}.self.{name}", x)
            return y.view(batch, time, HEADS, DIMENSION // HEADS).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            heads("query"), heads("key"), heads("value"), attn_mask=mask[:, None, None, :]
        )
        joined = mixed.transpose(1, 2).reshape(batch, time, DIMENSION)
        return self._linear(f"{base}.output.dense", joined)

    def _linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normalised(self, name: str, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(x, (DIMENSION,), weight, bias, _EPSILON)
