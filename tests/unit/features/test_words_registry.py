from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features.words.base import Document, TextVectors
from photoorg.features.words.normalise import Normaliser
from photoorg.features.words.registry import (
    TEXT_KINDS,
    load_text_vectors,
    save_text_vectors,
    text_kind,
    train_text_vectors,
)

# Two worlds of words that never meet, in several scripts.
SEA = ("beach", "sand", "wave", "sea", "море", "海", "ship")
PETS = ("dog", "puppy", "cat", "leash", "собака", "犬", "basket")
KEYS = tuple(kind.key for kind in TEXT_KINDS)
TRAINED = tuple(kind.key for kind in TEXT_KINDS if kind.trained)
SMALL = 12
EPOCHS = 3
# Those whose single words have vectors by what they occur with.
RELATED = (
    "word2vec-cbow",
    "word2vec-skipgram",
    "fasttext",
    "glove",
    "semantic-tags",
    "lsa",
    "lda-200",
)


def corpus(photos: int = 60) -> list[Document]:
    random = np.random.default_rng(0)
    return [
        Document(tuple(random.choice(SEA if number % 2 else PETS, 4, replace=False).tolist()))
        for number in range(photos)
    ]


def train(key: str, documents: list[Document], epochs: int = EPOCHS, seed: int = 0) -> TextVectors:
    dimension = SMALL if text_kind(key).trained and key != "bag-of-tags" else None
    return train_text_vectors(key, documents, seed=seed, epochs=epochs, dimension=dimension)


@cache
def small(key: str) -> TextVectors:
    return train(key, corpus())


QUERIES = [
    Document(("dog", "cat", "dog")),
    Document(("море", "unheardof")),
    Document(()),
    Document(("unheardof", "zzz"), "zzz"),
    Document(("犬",), "犬"),
]


@pytest.mark.parametrize("key", KEYS)
def test_saved_and_loaded_vectors_are_the_same(key: str, tmp_path: Path) -> None:
    vectors = small(key)
    save_text_vectors(tmp_path / "text", vectors, training={"photos": 60})
    loaded = load_text_vectors(tmp_path / "text")
    assert (loaded.kind, loaded.key, loaded.dimension) == (key, vectors.key, vectors.dimension)
    assert loaded.vocabulary == vectors.vocabulary
    for encode in ("encode", "encode_words"):
        queries = QUERIES if encode == "encode" else ["Dogs", "new море", "", "qqqq"]
        before, after = getattr(vectors, encode)(queries), getattr(loaded, encode)(queries)
        np.testing.assert_array_equal(before.vectors, after.vectors)
        np.testing.assert_array_equal(before.known, after.known)
        assert before.unknown_words == after.unknown_words


@pytest.mark.parametrize("key", KEYS)
def test_encoding_keeps_its_promises(key: str) -> None:
    vectors = small(key)
    encoded = vectors.encode(QUERIES)
    assert encoded.vectors.shape == (len(QUERIES), vectors.dimension)
    assert encoded.vectors.dtype == np.float32
    assert np.isfinite(encoded.vectors).all()
    assert not encoded.known[2]
    assert not encoded.vectors[~encoded.known].any()
    assert encoded.vectors[encoded.known].any(axis=1).all()
    alone = np.concatenate([vectors.encode([query]).vectors for query in QUERIES])
    np.testing.assert_allclose(alone, encoded.vectors, rtol=1e-4, atol=1e-5)
    assert vectors.encode([]).vectors.shape == (0, vectors.dimension)
    assert vectors.encode_words([]).known.shape == (0,)


@pytest.mark.parametrize("key", [key for key in TRAINED if not key.startswith("fasttext")])
def test_unknown_words_are_zero_and_named(key: str) -> None:
    encoded = small(key).encode([Document(("dog", "b", "a")), Document(("b", "zzz"))])
    assert encoded.known.tolist() == [True, False]
    assert encoded.unknown_words == ("b", "a", "zzz")
    words = small(key).encode_words(["Dogs", "Zzz", "ZZZ", "Zzz", "犬"])
    assert words.known.tolist() == [True, False, False, False, True]
    assert words.unknown_words == ("Zzz", "ZZZ")


def test_fasttext_knows_words_by_their_parts_but_not_all() -> None:
    words = small("fasttext").encode_words(["doggy", "xylophon"])
    assert words.known.tolist() == [True, False]
    assert words.unknown_words == ("xylophon",)


@pytest.mark.parametrize("key", RELATED)
def test_related_words_are_nearer_than_unrelated_ones(key: str) -> None:
    vectors = train_text_vectors(key, corpus(), dimension=4)
    sea, pets = (vectors.encode_words(words).vectors for words in (SEA, PETS))
    both = np.concatenate([sea, pets])
    both = both / np.linalg.norm(both, axis=1, keepdims=True)
    cosines = both @ both.T
    same = np.arange(len(both)) < len(SEA)
    related = same[:, None] == same
    np.fill_diagonal(related, val=False)
    apart = cosines[same][:, ~same]
    assert cosines[related].mean() > apart.mean() + 0.2


@pytest.mark.parametrize("key", ["doc2vec", "pv-dm", "pv-dbow"])
def test_like_documents_are_nearer_than_unlike_ones(key: str) -> None:
    vectors = train_text_vectors(key, corpus(), dimension=SMALL)
    found = vectors.encode([Document(SEA[:4]), Document(SEA[:3]), Document(PETS[:4])]).vectors
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.2


@pytest.mark.parametrize("key", TRAINED)
def test_a_seed_gives_the_same_bytes(key: str) -> None:
    first, second = small(key), train(key, corpus())
    assert first.key == second.key
    for name, tensor in first.tensors().items():
        assert tensor.tobytes() == second.tensors()[name].tobytes()


PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_words_registry import QUERIES, TRAINED, small
found = [[small(key).key, small(key).encode(QUERIES).vectors.tolist()] for key in TRAINED]
print(json.dumps(found))
"""


def test_pythons_salted_hashes_do_not_matter() -> None:
    folder = str(Path(__file__).parent)
    here = [[small(key).key, small(key).encode(QUERIES).vectors.tolist()] for key in TRAINED]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        env=os.environ | {"PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == here


@pytest.mark.parametrize("key", KEYS)
def test_a_tiny_corpus_is_refused_in_words_or_works(key: str) -> None:
    tiny: list[list[Document]] = [
        [],
        [Document(())],
        [Document(("dog",))],
        [Document(("dog",)), Document(("cat",))],
        [Document(("dog", "cat"))],
        [Document(("dog", "dog"))],
        [Document(("dog", "cat")), Document(("cat", "sea")), Document(("犬",))],
    ]
    works = []
    for documents in tiny:
        try:
            vectors = train(key, documents)
        except UsageProblem:
            works.append(False)
            continue
        encoded = vectors.encode([Document(("dog", "cat"), "dog"), Document(())])
        assert np.isfinite(encoded.vectors).all()
        assert encoded.known.tolist() == [True, False]
        works.append(True)
    assert works[-1]
    assert works[4]


@pytest.mark.parametrize("key", KEYS)
def test_training_reports_and_can_be_cancelled(key: str) -> None:
    token = CancelToken()
    seen: list[tuple[int, int]] = []

    def on_epoch(done: int, total: int) -> None:
        seen.append((done, total))
        token.cancel()

    dimension = SMALL if text_kind(key).trained else None
    with pytest.raises(Cancelled):
        train_text_vectors(
            key, corpus(), epochs=5, dimension=dimension, token=token, on_epoch=on_epoch
        )
    assert len(seen) == 1
    assert seen[0] in {(1, 5), (1, 1)}


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(UsageProblem, match=r"called 'word3vec'.*word2vec-cbow"):
        text_kind("word3vec")
    with pytest.raises(UsageProblem, match="bag-of-tags"):
        train_text_vectors("word3vec", corpus())
    with pytest.raises(UsageProblem, match="come with 384"):
        train_text_vectors("minilm", corpus(), dimension=10)
    with pytest.raises(UsageProblem, match="0 numbers"):
        train_text_vectors("lsa", corpus(), dimension=0)
    with pytest.raises(UsageProblem, match="0 epochs"):
        train_text_vectors("glove", corpus(), epochs=0)


def test_the_kinds_say_what_they_are() -> None:
    assert len(set(KEYS)) == len(KEYS)
    assert text_kind("glove+tfidf").weighted
    assert not text_kind("glove-6b-50d").trained
    assert text_kind("semantic-tags").dimension == 20
    assert text_kind("lda-400").dimension == 400


def test_multi_word_tags() -> None:
    documents = [*corpus(), *[Document(("new_york", "sea"))] * 3]
    vectors = train("glove", documents)
    encoded = vectors.encode_words(["New York", "Sea dog", "sea", "dog"]).vectors
    own = vectors.encode([Document(("new_york",))]).vectors[0]
    np.testing.assert_array_equal(encoded[0], own)
    np.testing.assert_allclose(encoded[1], (encoded[2] + encoded[3]) / 2, rtol=1e-5)


@pytest.mark.parametrize("key", TRAINED)
def test_a_file_with_a_part_missing_is_refused(key: str, tmp_path: Path) -> None:
    vectors = small(key)
    for name in vectors.tensors():
        left: Mapping[str, np.ndarray] = {
            other: tensor for other, tensor in vectors.tensors().items() if other != name
        }
        save_text_vectors(tmp_path / "cut", _Cut(vectors, left), training={})
        with pytest.raises(ModelFileProblem):
            load_text_vectors(tmp_path / "cut")


class _Cut:
    """Text vectors that lack some of their parts."""

    def __init__(self, whole: TextVectors, left: Mapping[str, np.ndarray]) -> None:
        self._whole, self._left = whole, left

    def __getattr__(self, name: str) -> object:
        return getattr(self._whole, name)

    def tensors(self) -> Mapping[str, np.ndarray]:
        return self._left


GUARD = """
import sys
from pathlib import Path
from photoorg.features.words.registry import load_text_vectors, text_kind
for stem in sys.argv[1:]:
    vectors = load_text_vectors(Path(stem))
    assert vectors.encode_words(["dog"]).known.all()
heavy = {"gensim", "torch", "sklearn", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""


def test_word_vectors_are_used_without_heavy_imports(tmp_path: Path) -> None:
    light = ("word2vec-cbow+tfidf", "fasttext", "glove", "semantic-tags", "lsa", "lda-200")
    stems = []
    for key in (*light, "bag-of-tags", "glove-6b-50d"):
        stems.append(str(tmp_path / key))
        save_text_vectors(tmp_path / key, small(key), training={})
    subprocess.run([sys.executable, "-c", GUARD, *stems], check=True)


def test_minilm_reads_the_text_and_else_the_tokens() -> None:
    vectors = small("minilm")
    both = vectors.encode([Document(("x",), "new york"), Document(("new_york",))]).vectors
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    document = Normaliser().document(tags=["New York"])
    np.testing.assert_allclose(vectors.encode([document]).vectors[0], both[0], atol=1e-6)
