"""The families' arithmetic against plain loops and closed forms."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch
from scipy.special import psi

from photoorg.core.errors import ModelFileProblem
from photoorg.features.words.base import Document
from photoorg.features.words.corpus import pack_words, read_corpus, unpack_words
from photoorg.features.words.fasttext import ngram_hashes
from photoorg.features.words.glove import Factors, count_pairs
from photoorg.features.words.parquet_text import read_distinct_strings, unpack_snappy
from photoorg.features.words.registry import train_text_vectors
from photoorg.features.words.semantic_tags import PRIOR, TagModel
from photoorg.features.words.topics import _digamma
from photoorg.features.words.word_mean import DenseTable, WordMeans, WordWeights

TEXTS = [
    ("sea", "sand", "sea"),
    ("sea", "dog"),
    ("dog", "cat", "sand"),
    ("犬", "dog", "cat", "cat"),
    ("cat",),
]
DOCUMENTS = [Document(text) for text in TEXTS]


def test_means_equal_a_loop() -> None:
    corpus = read_corpus(DOCUMENTS)
    random = np.random.default_rng(0)
    rows = random.standard_normal((len(corpus.words), 5)).astype(np.float32)
    table = DenseTable(corpus.words, rows)
    queries = [*DOCUMENTS, Document(("cat", "never", "cat", "sea"))]
    for weights in (None, WordWeights.of(corpus)):
        found = WordMeans("glove", table, weights).encode(queries)
        for vector, query in zip(found.vectors, queries, strict=True):
            total, strength = np.zeros(5), 0.0
            for token in query.tokens:
                if token not in corpus.words:
                    continue
                weight = 1.0
                if weights is not None:
                    count = sum(token in text for text in TEXTS)
                    weight = math.log((1 + len(TEXTS)) / (1 + count)) + 1
                total += weight * rows[corpus.words.index(token)]
                strength += weight
            np.testing.assert_allclose(vector, total / strength, rtol=1e-5)
        assert found.unknown_words == ("never",)


def test_the_vocabulary_is_most_frequent_first_and_bounded() -> None:
    corpus = read_corpus(DOCUMENTS)
    assert corpus.words == ("cat", "dog", "sea", "sand", "犬")
    assert corpus.occurrences.tolist() == [4, 3, 3, 2, 1]
    assert corpus.document_counts.tolist() == [3, 3, 2, 2, 1]
    assert read_corpus(DOCUMENTS, limit=2).words == ("cat", "dog")
    assert read_corpus(DOCUMENTS, min_count=3).words == ("cat", "dog", "sea")
    assert unpack_words(pack_words(corpus.words)) == corpus.words
    with pytest.raises(ModelFileProblem):
        unpack_words(np.array([255, 10, 255], np.uint8))


def test_bag_of_tags_equals_a_loop() -> None:
    vectors = train_text_vectors("bag-of-tags", DOCUMENTS, dimension=4)
    found = vectors.encode(DOCUMENTS)
    for vector, text in zip(found.vectors, TEXTS, strict=True):
        assert vector.tolist() == [float(word in text) for word in vectors.vocabulary]
    assert found.unknown_words == ("犬",)


def test_lsa_equals_the_singular_value_decomposition() -> None:
    random = np.random.default_rng(1)
    letters = [chr(97 + number) for number in range(20)]
    texts = [tuple(random.choice(letters, 6).tolist()) for _ in range(40)]
    vectors = train_text_vectors("lsa", [Document(text) for text in texts], dimension=7)
    found = vectors.encode([Document(text) for text in texts]).vectors
    words = vectors.vocabulary
    matrix = np.zeros((len(texts), len(words)))
    for row, text in enumerate(texts):
        for word, count in Counter(text).items():
            spread = sum(word in other for other in texts)
            matrix[row, words.index(word)] = count * (math.log(41 / (1 + spread)) + 1)
        matrix[row] /= np.linalg.norm(matrix[row])
    left, strengths, _ = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(np.abs(found), np.abs(left[:, :7] * strengths[:7]), atol=1e-5)


def test_pairs_equal_a_loop() -> None:
    corpus = read_corpus(DOCUMENTS)
    pairs = count_pairs(corpus)
    found = {
        (corpus.words[i], corpus.words[j]): count
        for i, j, count in zip(pairs.first, pairs.second, pairs.counts, strict=True)
    }
    expected = {
        (one, other): count
        for one in corpus.words
        for other in corpus.words
        if one != other and (count := sum(one in text and other in text for text in TEXTS))
    }
    assert found == expected


def test_the_loss_of_glove_equals_a_loop_and_falls() -> None:
    corpus = read_corpus(DOCUMENTS)
    pairs = count_pairs(corpus)
    factors = Factors.start(len(corpus.words), 4, torch.Generator().manual_seed(0))
    batch = (
        torch.from_numpy(pairs.first),
        torch.from_numpy(pairs.second),
        torch.from_numpy(pairs.counts),
    )
    for _ in range(3):
        factors.step(*batch)
    expected = 0.0
    for i, j, count in zip(pairs.first, pairs.second, pairs.counts, strict=True):
        word, context = factors.words[i], factors.contexts[j]
        score = float(word[:4] @ context[:4] + word[4] + context[5])
        expected += min(1.0, count / 10) ** 0.75 * (score - math.log(count)) ** 2
    loss = factors.loss(*batch)
    assert loss == pytest.approx(expected, rel=1e-5)
    for _ in range(200):
        factors.step(*batch)
    assert factors.loss(*batch) < loss / 5
    assert (factors.words[:, 5] == 1).all()
    assert (factors.contexts[:, 4] == 1).all()


def _tag_model() -> tuple[TagModel, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    model = TagModel(
        random.standard_normal((6, 3)).astype(np.float32),
        random.standard_normal(6).astype(np.float32),
    )
    theta = random.standard_normal((4, 3)).astype(np.float32)
    return model, theta, random.integers(0, 3, (4, 6)).astype(np.float32)


def test_the_likelihood_of_semantic_tags_equals_a_loop() -> None:
    model, theta, counts = _tag_model()
    for row, posterior in enumerate(model.log_posterior(theta, counts)):
        scores = [theta[row] @ phi + bias for phi, bias in zip(model.phi, model.bias, strict=True)]
        norm = sum(math.exp(score) for score in scores)
        expected = sum(
            count * math.log(math.exp(score) / norm)
            for count, score in zip(counts[row], scores, strict=True)
        )
        assert posterior == pytest.approx(expected - PRIOR * theta[row] @ theta[row], rel=1e-4)


def test_the_gradients_of_semantic_tags_equal_those_of_autograd() -> None:
    model, theta, counts = _tag_model()
    parameters = [
        torch.tensor(each, dtype=torch.float64, requires_grad=True)
        for each in (theta, model.phi, model.bias)
    ]
    at, phi, bias = parameters
    chances = torch.log_softmax(at @ phi.T + bias, dim=1)
    objective = (torch.tensor(counts) * chances).sum() - PRIOR * (at**2).sum()
    torch.autograd.backward(objective)
    for gradient, parameter in zip(model.gradients(theta, counts), parameters, strict=True):
        assert parameter.grad is not None
        np.testing.assert_allclose(gradient, parameter.grad.numpy(), rtol=1e-4, atol=1e-4)


def test_newton_steps_only_improve_and_end_at_the_best_theta() -> None:
    model, theta, counts = _tag_model()
    for _ in range(30):
        improved = model.improve(theta, counts)
        gain = model.log_posterior(improved, counts) - model.log_posterior(theta, counts)
        assert gain.min() > -1e-4
        theta = improved
    assert np.abs(model.gradients(theta, counts)[0]).max() < 1e-2


def test_digamma() -> None:
    x = np.geomspace(1e-3, 1e4, 200).astype(np.float32)
    np.testing.assert_allclose(_digamma(x), psi(x.astype(np.float64)), rtol=2e-5, atol=2e-6)


def test_ngrams_are_hashed_as_gensim_does() -> None:
    from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

    for word in ("dog", "犬", "собака", "café_noir"):
        expected = [ft_hash_bytes(ngram) for ngram in compute_ngrams_bytes(word, 3, 6)]
        assert ngram_hashes(word) == expected


def test_snappy() -> None:
    # A literal "abc", a copy of 9 bytes from 3 back (which overlaps itself), a literal "!".
    packed = bytes([13, 2 << 2]) + b"abc" + bytes([(9 - 4) << 2 | 1, 3, 0]) + b"!"
    assert unpack_snappy(packed) == b"abcabcabcabc!"
    with pytest.raises(ValueError, match="not a Parquet"):
        read_distinct_strings(b"PAR1" + b"\x00" * 20)
    with pytest.raises(ValueError, match="before the start"):
        unpack_snappy(bytes([4, 1, 3]))
