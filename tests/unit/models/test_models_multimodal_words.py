"""Multimodal word vectors against numpy by hand, and the contract."""

from __future__ import annotations

import model_contract as contract
import numpy as np
import pytest
from tagged_photos import tagged_photos

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.features.storage import Manifest, save_model
from photoorg.models.base import Observations, unit_rows
from photoorg.models.multimodal_words import (
    MultimodalWords,
    MultimodalWordsConfig,
    aggregate,
    centred,
    choose_photos,
    concept_vectors,
)
from photoorg.models.schedule import Run
from photoorg.models.vocabulary import Word

VOCABULARY = (
    Word("animal", ("hand",)),
    Word("dog", ("hand",), broader="animal"),
    Word("terrier", ("hand",), broader="dog"),
    Word("cat", ("hand",), broader="animal"),
)


@pytest.fixture(scope="module")
def data():
    return tagged_photos(200)


@pytest.fixture(scope="module")
def model(data):
    return MultimodalWords.fit(data, MultimodalWordsConfig(alpha=0.3), Run())


def test_equation_1(model, data):
    """alpha * ling || (1 - alpha) * vis, both centred over the tags and of unit length."""
    words = model.words
    ling = np.stack([data.text.encode_words([word]).vectors[0] for word in words])
    vis = []
    for word in words:
        rows = [row for row in data.training_rows if word in data.tags[row]]
        vis.append(np.mean(data.visual[rows], axis=0))
    parts = []
    for matrix in (ling, np.stack(vis)):
        moved = matrix - matrix.mean(axis=0)
        parts.append(moved / np.sqrt((moved**2).sum(axis=1, keepdims=True)))
    wanted = np.concatenate([0.3 * parts[0], 0.7 * parts[1]], axis=1)
    assert np.allclose(model.vectors(words).vectors, wanted, atol=1e-5)


def test_alpha_weighs_the_parts():
    ling, vis = np.array([[1.0, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    assert concept_vectors(ling, vis, 0.25).tolist() == [[0.25, 0, 0, 0.75]]


def test_a_missing_part_is_zero():
    vectors = np.array([[1, 2], [3, 4], [9, 9]], dtype=np.float32)
    centre, rows = centred(vectors, np.array([True, True, False]))
    assert centre.tolist() == [2, 3]
    assert not rows[2].any()
    assert np.allclose(np.linalg.norm(rows[:2], axis=1), 1)


def test_mean_and_maximum_of_photos():
    photos = np.array([[1, 5], [3, 1]], dtype=np.float32)
    assert aggregate(photos, "mean").tolist() == [2, 3]
    assert aggregate(photos, "max").tolist() == [3, 5]


def choose(tags, words, **settings):
    data = tagged_photos(words=("animal", "Dog", "terrier", "cat"), tags=tags)
    config = MultimodalWordsConfig(**settings)
    found = choose_photos(words, data, config, Run(), VOCABULARY)
    return data, [sorted(each.tolist()) for each in found]


def test_a_tag_has_the_photos_of_its_subtree():
    data, (dog, animal) = choose(
        [["Dog"], ["terrier"], ["cat"], ["animal"]], ["Dog", "animal"], least_photos=0
    )
    training = set(data.training_rows.tolist())
    assert dog == sorted({0, 1} & training)
    assert animal == sorted({0, 1, 2, 3} & training)


def test_too_few_photos_are_filled_up_from_the_hypernym():
    tags = [["terrier"], ["Dog"], ["Dog"], ["Dog"], ["cat"]]
    _, (terrier,) = choose(tags, ["terrier"], least_photos=3)
    assert 0 in terrier
    assert len(terrier) == 3
    assert set(terrier) < {0, 1, 2, 3}  # the next broader word has enough
    _, (terrier,) = choose(tags, ["terrier"], least_photos=5)
    assert terrier == [0, 1, 2, 3, 4]  # the one above that helps out


def test_at_most_n_photos_in_a_seeded_sample():
    tags = [["cat"]] * 50
    data, (cat,) = choose(tags, ["cat"], most_photos=7)
    assert len(set(cat)) == 7
    assert set(cat) <= set(data.training_rows.tolist())
    assert choose(tags, ["cat"], most_photos=7)[1] == [cat]


def test_related_tags_are_those_with_the_largest_cosine(model):
    units = unit_rows(model.vectors(model.words).vectors)
    for row, word in enumerate(model.words):
        found = model.related(word, 3)
        likeness = {
            other: float(units[row] @ units[place]) for place, other in enumerate(model.words)
        }
        del likeness[word]
        wanted = sorted(likeness, key=lambda other: -likeness[other])[:3]
        assert [tag.name for tag in found] == wanted
        assert found[0].likeness == pytest.approx(likeness[wanted[0]], abs=1e-5)
    assert model.related("никогда") == ()


def test_two_words_for_one_thing_are_proposed_for_merging():
    """Not each on the same photos, but on photos that look the same."""
    rng = np.random.default_rng(0)
    tags = [[word] for word in rng.choice(["dog", "snow", "city", "night"], 200)]
    twin = [
        ["hound"] if each == ["dog"] and place % 3 == 0 else each for place, each in enumerate(tags)
    ]
    plain = tagged_photos(words=("dog", "snow", "city", "night"), tags=tags)
    data = tagged_photos(words=("dog", "snow", "city", "night", "hound"), tags=twin)
    data.visual[:] = plain.visual
    model = MultimodalWords.fit(data, MultimodalWordsConfig(alpha=0.1), Run())
    proposals = model.synonyms(0.9)
    assert [(pair.keep, pair.merge) for pair in proposals] == [("dog", "hound")]
    assert proposals[0].likeness > 0.9


def test_expanding_a_query(model):
    found = model.expand_query(["dog", "unheard"], k=2, threshold=-1.0)
    assert [tag.name for tag in found[:2]] == ["dog", "unheard"]
    assert {tag.name for tag in found[2:]} == {tag.name for tag in model.related("dog", 2)}
    assert model.expand_query(["dog"], threshold=1.1) == found[:1]


def test_a_tag_alone_is_embedded_as_its_own_vector(model, data):
    vectors = data.text.encode_words(model.words).vectors
    likeness = model.embed_texts(vectors) @ unit_rows(model.vectors(model.words).vectors).T
    assert (likeness.argmax(axis=1) == np.arange(len(model.words))).all()
    assert np.diag(likeness).min() > 0.95


def test_a_photo_has_a_visual_part_only(model, data):
    rows = model.embed_images(data.visual[:4])
    assert not rows[:, : data.text_rows.shape[1]].any()
    tags = data.text.encode_words(model.words).vectors
    scores = model.tag_scores(Observations(visual=data.visual), tags)
    carried = data.tag_matrix(model.words, np.arange(len(data)))
    assert scores[carried].mean() > scores[~carried].mean() + 0.3


def test_unknown_words_are_said(model):
    found = model.vectors(["dog", "unheard", "unheard"])
    assert found.known.tolist() == [True, False, False]
    assert found.unknown_words == ("unheard",)


@pytest.mark.parametrize(
    "wrong", [{"alpha": 1.1}, {"aggregation": "median"}, {"most_photos": 2}], ids=str
)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        MultimodalWordsConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(MultimodalWords, data, MultimodalWordsConfig(most_photos=5))
    contract.check_cancelling(MultimodalWords, data, MultimodalWordsConfig())
    assert contract.load(tmp_path / "model", MultimodalWords).words == model.words


def test_words_must_be_said(model, tmp_path):
    said = {**model.manifest(), "words": ["dog", "dog"]}
    save_model(
        tmp_path / "model",
        Manifest(model.kind, model.visual_key, model.text_key, said),
        model.tensors,
    )
    with pytest.raises(ModelFileProblem, match="words"):
        contract.load(tmp_path / "model", MultimodalWords)


def test_odd_libraries():
    contract.check_odd_libraries("multimodal-words", MultimodalWordsConfig())
