from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tagged_photos import WordVectors, tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.words.base import Document
from photoorg.models.training_data import TrainingData, hold_out

KEY = ModelKey("looks")


def data_of(said, **settings) -> TrainingData:
    visual = np.random.default_rng(0).normal(size=(len(said), 4)).astype(np.float32)
    documents = [Document(tuple(each)) for each in said]
    return TrainingData.of(visual, KEY, documents, WordVectors(), **settings)


def test_a_tenth_of_the_photos_with_words_is_held_out():
    data = data_of([("dog",), ()] * 50)
    assert len(data) == 100
    assert len(data.validation_rows) == 5
    assert len(data.training_rows) == 45
    assert not set(data.validation_rows) & set(data.training_rows)
    assert data.has_text[data.validation_rows].all()
    again, other = data_of([("dog",), ()] * 50), data_of([("dog",), ()] * 50, seed=1)
    assert np.array_equal(data.validation, again.validation)
    assert not np.array_equal(data.validation, other.validation)


def test_of_a_few_photos_none_is_held_out():
    assert not data_of([("dog",)] * 9).validation.any()


def test_copies_of_a_photo_are_on_one_side():
    visual = np.repeat(np.arange(20, dtype=np.float32), 3).reshape(60, 1)
    for seed in range(5):
        held_out = hold_out(np.arange(60), visual, seed)
        assert held_out.any()
        assert not set(visual[held_out, 0]) & set(visual[~held_out, 0])


def test_of_photos_that_are_all_alike_none_is_held_out():
    assert not hold_out(np.arange(30), np.zeros((30, 4), dtype=np.float32), 0).any()


def test_only_candidates_are_held_out():
    candidates = np.arange(0, 60, 3)
    held_out = hold_out(candidates, np.zeros((60, 1), np.float32) + np.arange(60)[:, None], 0)
    assert held_out.sum() == 2
    assert set(np.flatnonzero(held_out)) <= set(candidates)


def test_photos_without_a_known_word_are_not_learned_from():
    data = data_of([("dog",), ("xyzzy",), ()])
    assert data.training_rows.tolist() == [0]


def test_the_vocabulary_is_that_of_the_training_photos_most_frequent_first():
    held_out = np.array([False, False, False, True])
    data = data_of([("dog", "beach"), ("dog", "dog"), ("city",), ("food",)], validation=held_out)
    assert data.vocabulary() == ("dog", "beach", "city")
    assert data.vocabulary(least=2) == ("dog",)
    matrix = data.tag_matrix(("city", "dog", "unheard"), np.array([2, 0]))
    assert matrix.tolist() == [[True, False, False], [False, True, False]]


def test_tags_as_they_are_written_may_differ_from_the_documents():
    data = data_of([("dog",), ("city",)], tags=[("My Dog",), ()])
    assert data.vocabulary() == ("My Dog",)


def test_nothing_to_learn_from_is_said():
    with pytest.raises(UsageProblem, match="no photos"):
        data_of([])
    with pytest.raises(UsageProblem, match="tag or caption"):
        data_of([(), ()])
    with pytest.raises(UsageProblem, match="tag or caption"):
        data_of([("xyzzy",)])
    with pytest.raises(UsageProblem, match="held out"):
        data_of([("dog",), ()], validation=np.array([True, False]))


def test_arguments_that_disagree_are_refused():
    visual = np.zeros((2, 4), dtype=np.float32)
    documents = [Document(("dog",))] * 2
    for settings in ({"tags": [()]}, {"validation": np.zeros(3, dtype=bool)}):
        with pytest.raises(ValueError, match="different numbers of photos"):
            TrainingData.of(visual, KEY, documents, WordVectors(), **settings)
    with pytest.raises(ValueError, match="different numbers of photos"):
        TrainingData.of(visual[:1], KEY, documents, WordVectors())
    visual[1, 2] = np.nan
    with pytest.raises(ValueError, match="numbers"):
        TrainingData.of(visual, KEY, documents, WordVectors())


def test_the_vectors_are_not_copied():
    visual = np.ones((3, 4), dtype=np.float32)
    data = TrainingData.of(visual, KEY, [Document(("dog",))] * 3, WordVectors())
    assert np.shares_memory(data.visual, visual)


def test_the_fingerprint_tells_data_apart():
    data = tagged_photos(30)
    assert data.fingerprint() == tagged_photos(30).fingerprint()
    visual = data.visual.copy()
    visual[7, 3] += 1
    others = (
        replace(data, visual=visual),
        replace(data, visual_key=ModelKey("else")),
        replace(data, text_rows=data.text_rows * 2),
        replace(data, tags=(("dog",), *data.tags[1:])),
        replace(data, validation=~data.validation),
    )
    assert len({each.fingerprint() for each in (data, *others)}) == 6
