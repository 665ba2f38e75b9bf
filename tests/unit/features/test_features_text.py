from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from photoorg.core.blas import SingleThreadedBlas
from photoorg.core.errors import ModelFileProblem
from photoorg.features import minilm
from photoorg.features.minilm import MiniLM, gelu
from photoorg.features.text import TextEncoder

# First six components as sentence-transformers 6.2.0 gives them.
REFERENCE = {
    "A dog on the beach.": [-0.001787, -0.002476, 0.065708, -0.00925, 0.019057, 0.013437],
    "": [-0.118838, 0.048299, -0.002548, -0.011011, 0.051951, 0.010292],
    "naïve café in 東京 🐶": [0.06968, 0.003478, 0.056833, 0.00111, -0.00572, 0.001258],
    "The lazy fox. " * 200: [-0.013146, 0.053261, -0.015795, 0.060557, -0.083502, 0.036816],
}
TEXTS = [
    *REFERENCE,
    "a",
    " ",
    "\n\t tab",
    "日本語の文章 sunset",
    "naïve café Übergröße",
    "🐶🐱 cats & dogs",
    "x" * 300,
    "word " * 600,
    "[CLS] [SEP] [MASK]",
    "a\0b",
    "ﬁ ligature ½",
    "अगर",
    "I'm can't won't",
    *(f"photo number {number} of a {'very ' * number}long holiday" for number in range(12)),
]

SHORT = [text for text in TEXTS if len(text) < 40]


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return MiniLM.load()


def test_matches_the_committed_reference(encoder: TextEncoder) -> None:
    vectors = encoder.encode(list(REFERENCE))
    np.testing.assert_allclose(vectors[:, :6], list(REFERENCE.values()), atol=2e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # another project's imports
def test_equals_sentence_transformers(encoder: TextEncoder) -> None:
    original = pytest.importorskip("sentence_transformers")
    folder = minilm.WEIGHTS.locate().parent
    expected = original.SentenceTransformer(str(folder), device="cpu").encode(
        TEXTS, normalize_embeddings=True, show_progress_bar=False
    )
    cosines = np.einsum("nd,nd->n", encoder.encode(TEXTS), expected)
    assert cosines.min() > 0.99999


def test_vectors_have_the_promised_shape(encoder: TextEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, 384)


def test_a_text_alone_is_the_same_as_among_others(encoder: TextEncoder) -> None:
    together = encoder.encode(SHORT)
    alone = np.concatenate([encoder.encode([text]) for text in SHORT])
    np.testing.assert_allclose(together, alone, atol=2e-6)


def test_only_the_first_256_tokens_count(encoder: TextEncoder) -> None:
    window = "cat " * 254  # and the two special tokens
    whole, longer, shorter = encoder.encode([window, window + "dog " * 50, window[:-8] + "dog dog"])
    np.testing.assert_allclose(whole, longer, atol=2e-6)
    assert np.abs(whole - shorter).max() > 1e-4


def test_meaning_decides(encoder: TextEncoder) -> None:
    query, near, far = encoder.encode(["a puppy at the seaside", "dog on a beach", "tax return"])
    assert query @ near > query @ far + 0.3


def test_several_threads_get_the_same_vectors(encoder: TextEncoder) -> None:
    expected = encoder.encode(SHORT)
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(encoder.encode, [SHORT] * 8):
            np.testing.assert_allclose(vectors, expected, atol=2e-6)


def test_blas_is_left_as_it_was(encoder: TextEncoder) -> None:
    libraries = ThreadpoolController().select(user_api="blas")
    before = [library["num_threads"] for library in libraries.info()]
    with SingleThreadedBlas(), ThreadPoolExecutor(4) as threads:
        for _ in threads.map(encoder.encode, [["a"]] * 8):
            assert {library["num_threads"] for library in libraries.info()} <= {1}
    assert [library["num_threads"] for library in libraries.info()] == before


def test_gelu_is_exact() -> None:
    x = np.linspace(-12, 12, 40_001, dtype=np.float32)
    expected = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x.tolist()]
    np.testing.assert_allclose(gelu(x.reshape(1, -1).copy())[0], expected, atol=1e-6)


def test_key_names_weights_and_dimension(encoder: TextEncoder) -> None:
    assert encoder.key == "minilm:53aa5117:mean-256-l2:384"
    assert minilm.WEIGHTS.verify().name == "model.safetensors"


def test_a_lost_tensor_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "map_tensors", lambda _path: {})
    with pytest.raises(ModelFileProblem, match="word_embeddings"):
        MiniLM.load()


def test_a_query_needs_neither_torch_nor_transformers() -> None:
    script = """
import json, sys
from photoorg.features.text import create_text_encoder
before = sorted(sys.modules)
create_text_encoder().encode(["a dog"])
print(json.dumps([before, sorted(sys.modules)]))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    before, after = map(set, json.loads(run.stdout))
    assert not before & {"torch", "transformers", "timm", "tokenizers", "openvino"}
    assert not after & {"torch", "transformers", "sentence_transformers", "timm", "scipy"}
