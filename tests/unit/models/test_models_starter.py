"""The starter model on a tiny one, whose every number can be followed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.registry import visual_spec
from photoorg.features.storage import Manifest, save_model
from photoorg.features.text import create_text_encoder
from photoorg.models.base import CrossModalModel, Observations, SuggestsTags, unit_rows
from photoorg.models.starter import KIND, RELEVANT, StarterModel, heads_tensors
from photoorg.models.starter_parts import (
    Background,
    Bank,
    Calibration,
    Heads,
    calibration_terms,
    gelu,
    sigmoid,
)

VISUAL, TEXT, INPUTS, HIDDEN, WIDTH, HEADS, PLACED = 12, 6, 8, 10, 7, 2, 5
JOINT = PLACED + 1
"""With the coordinate that the bank adds."""

WORDS = ("animal", "dog", "cat", "tree")


def random_heads(rng, inputs):
    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return Heads(
        draw(HEADS, HIDDEN, inputs),
        draw(HEADS, HIDDEN),
        draw(HEADS, WIDTH, HIDDEN),
        draw(HEADS, WIDTH, inputs),
        draw(HEADS, WIDTH),
    )


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return {
        "image.mean": draw(VISUAL),
        "image.scale": np.ones(VISUAL, dtype=np.float32),
        "image.offset": draw(VISUAL + TEXT),
        "image.projection": draw(VISUAL + TEXT, INPUTS),
        "image.classifier.weight": draw(1000, VISUAL),
        "image.classifier.bias": draw(1000),
        "image.class_texts": draw(1000, TEXT),
        "text.mean": draw(TEXT),
        "text.names_mean": draw(TEXT),
        "joint": draw(HEADS * WIDTH + TEXT, PLACED),
        "bank": unit_rows(draw(30, PLACED)),
        "background": unit_rows(draw(50, JOINT)),
        "tags.vectors": unit_rows(draw(len(WORDS), JOINT)),
        "tags.free_offset": np.array([-0.5], dtype=np.float32),
        "tags.offsets": np.array([0, 0, 1, 0], dtype=np.float32),
        "tags.calibration": np.array([-2, 1, 1, 0, 0], dtype=np.float32),
        "relevance.calibration": np.array([-2, 0, 2, 0, 0], dtype=np.float32),
        "similarity.mean": draw(VISUAL),
        "similarity.projection": draw(VISUAL, 4),
        "traits.mean": draw(JOINT + INPUTS),
        "traits.covariance": np.eye(JOINT + INPUTS, dtype=np.float32),
        **heads_tensors("image", random_heads(rng, INPUTS)),
        **heads_tensors("text", random_heads(rng, TEXT)),
    }


@pytest.fixture
def manifest():
    return Manifest(
        KIND,
        ModelKey("see"),
        ModelKey("read"),
        {
            "vocabulary": list(WORDS),
            "broader": ["", "animal", "animal", ""],
            "sharpness": 0.7,
            "text_scale": 2.0,
            "guess_share": 0.1,
            "crowding": 0.2,
            "familiar": 0.0,
        },
    )


@pytest.fixture
def model(tmp_path, manifest, tensors):
    save_model(tmp_path / KIND, manifest, tensors)
    return StarterModel.load(tmp_path / f"{KIND}.safetensors")


@pytest.fixture
def pooled():
    return np.random.default_rng(1).random((20, VISUAL)).astype(np.float32) * 3


def test_it_is_a_cross_modal_model_that_suggests(model):
    typed: CrossModalModel = model
    assert isinstance(model, SuggestsTags)
    assert (typed.kind, typed.visual_key, typed.text_key) == (KIND, "see", "read")
    assert typed.dimension == JOINT


def test_embeddings_are_unit_rows_whatever_the_batch(model, pooled):
    together = model.embed_images(pooled)
    one_by_one = np.concatenate([model.embed_images(row[None]) for row in pooled])
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert model.embed_images(pooled[:0]).shape == (0, JOINT)


def test_heads_are_the_formula(tensors):
    rng = np.random.default_rng(5)
    heads = random_heads(rng, INPUTS)
    x = rng.normal(size=INPUTS).astype(np.float32)
    expected = []
    for k in range(HEADS):
        inner = [
            gelu(np.float32(heads.hidden[k, j] @ x + heads.hidden_bias[k, j]))
            for j in range(HIDDEN)
        ]
        out = heads.output[k] @ np.array(inner) + heads.shortcut[k] @ x + heads.bias[k]
        expected.append(out / np.linalg.norm(out) / np.sqrt(HEADS))
    np.testing.assert_allclose(heads(x[None])[0], np.concatenate(expected), atol=1e-5)


def test_joined_heads_give_the_mean_of_their_cosines():
    rng = np.random.default_rng(6)
    heads = random_heads(rng, INPUTS)
    x = rng.normal(size=(2, INPUTS)).astype(np.float32)
    joined = heads(x)
    single = [
        Heads(*(part[k : k + 1] for part in dataclasses.astuple(heads)))(x) for k in range(HEADS)
    ]
    assert joined[0] @ joined[1] == pytest.approx(np.mean([s[0] @ s[1] for s in single]), abs=1e-5)


def test_a_missing_modality_is_no_crash(model, pooled):
    text = np.random.default_rng(2).normal(size=(3, TEXT)).astype(np.float32)
    seen = Observations(
        pooled[:3],
        text,
        has_visual=np.array([True, True, False]),
        has_text=np.array([False, True, False]),
    )
    joint = model.embed_joint(seen)
    np.testing.assert_allclose(joint[0], model.embed_images(pooled[:1])[0], atol=1e-5)
    both = model.embed_images(pooled[1:2]) + model.embed_texts(text[1:2])
    np.testing.assert_allclose(joint[1], unit_rows(both)[0], atol=1e-5)
    np.testing.assert_array_equal(joint[2], 0)
    only_text = model.embed_joint(Observations(text=text))
    np.testing.assert_allclose(only_text, model.embed_texts(text), atol=1e-6)


def test_observations_of_different_lengths_are_refused(pooled):
    with pytest.raises(ValueError, match="number of rows"):
        Observations(pooled, has_visual=np.array([True]))
    with pytest.raises(ValueError, match="at least one"):
        Observations()


def test_suggestions_are_probabilities_that_follow_the_score(model, tensors):
    photos = unit_rows(np.random.default_rng(3).normal(size=(30, JOINT)))
    probabilities = model.suggest(photos)
    assert probabilities.shape == (30, len(WORDS))
    assert ((probabilities > 0) & (probabilities < 1)).all()
    scores = photos @ tensors["tags.vectors"].T
    for word in range(len(WORDS)):
        np.testing.assert_array_equal(
            np.argsort(scores[:, word]), np.argsort(probabilities[:, word])
        )


def test_a_words_offset_is_added_to_its_log_odds(model, tensors, manifest, tmp_path):
    photos = unit_rows(np.random.default_rng(3).normal(size=(5, JOINT)))
    plain = {**tensors, "tags.offsets": np.zeros(len(WORDS), dtype=np.float32)}
    save_model(tmp_path / "plain", manifest, plain)
    before = StarterModel.load(tmp_path / "plain.safetensors").suggest(photos)[:, 2]
    after = model.suggest(photos)[:, 2]
    np.testing.assert_allclose(np.log(after / (1 - after)) - np.log(before / (1 - before)), 1, 1e-3)


def test_own_words_are_judged_like_those_of_the_vocabulary(model, pooled):
    text = np.random.default_rng(4).normal(size=(3, 2, TEXT)).astype(np.float32)
    embedded = model.embed_images(pooled)
    probabilities = model.tag_probability(text, embedded)
    assert probabilities.shape == (len(pooled), 3)
    np.testing.assert_allclose(
        model.tag_probability(text[:, :1], embedded),
        model.tag_probability(text[:, 0], embedded),
        atol=1e-6,
    )


def test_a_general_word_gives_way_to_one_that_stands_for_it(model):
    def pick(**probability):
        values = np.array([probability.get(word, 0.0) for word in WORDS], dtype=np.float32)
        return [word for word, _ in model.pick(values, limit=3, least=0.1)]

    assert pick(animal=0.9, dog=0.8, tree=0.5) == ["dog", "tree"]
    assert pick(animal=0.9, dog=0.2, cat=0.15) == ["animal", "dog", "cat"]
    assert pick(animal=0.05) == []


def test_relevance_does_not_depend_on_the_rest_of_the_library(model):
    rng = np.random.default_rng(7)
    query, photos = (
        unit_rows(rng.normal(size=(1, JOINT)))[0],
        unit_rows(rng.normal(size=(9, JOINT))),
    )
    scores = photos @ query
    whole, part = model.relevance(query, scores), model.relevance(query, scores[:2])
    np.testing.assert_allclose(whole[:2], part, atol=1e-6)
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(whole))
    assert model.relevance(query, np.array([1.0], dtype=np.float32))[0] > RELEVANT


def test_describing_takes_off_a_soft_maximum_over_the_background(model, tensors, pooled):
    images = model.embed_images(pooled)
    texts = unit_rows(np.random.default_rng(5).normal(size=(6, model.dimension)))
    background = np.asarray(tensors["background"], dtype=np.float64)
    expected = np.empty((len(images), len(texts)))
    for column, text in enumerate(texts):
        near = [np.exp(float(photo @ text) / 0.08) for photo in background]
        crowd = 0.08 * np.log(sum(near) / len(near))
        for row, image in enumerate(images):
            expected[row, column] = float(image @ text) - crowd
    np.testing.assert_allclose(model.describe(images, texts), expected, atol=2e-3)
    # For one text, photos keep the order of their cosines.
    order = np.argsort(images @ texts.T, axis=0)
    np.testing.assert_array_equal(np.argsort(model.describe(images, texts), axis=0), order)


def test_similar_vectors_are_unit_rows(model, pooled):
    np.testing.assert_allclose(np.linalg.norm(model.similarity(pooled), axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["joint", "image.hidden", "text.shortcut", "background", "bank", "tags.vectors"]
)
def test_parts_that_are_missing_or_do_not_fit_are_named(name, tmp_path, manifest, tensors):
    for broken in (None, tensors[name][..., :-1]):
        changed = {key: value for key, value in tensors.items() if key != name}
        if broken is not None:
            changed[name] = broken
        save_model(tmp_path / "broken", manifest, changed)
        with pytest.raises(ModelFileProblem):
            StarterModel.load(tmp_path / "broken.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        {"vocabulary": None},
        {"broader": ["x"]},
        {"sharpness": "high"},
        {"crowding": None},
        {"familiar": None},
    ],
)
def test_a_damaged_configuration_is_refused(change, tmp_path, manifest, tensors):
    damaged = dataclasses.replace(manifest, config={**manifest.config, **change})
    save_model(tmp_path / "broken", damaged, tensors)
    with pytest.raises(ModelFileProblem):
        StarterModel.load(tmp_path / "broken.safetensors")


def unit(count, seed):
    return unit_rows(np.random.default_rng(seed).normal(size=(count, PLACED)).astype(np.float32))


def test_what_a_photo_crowds_is_taken_off_its_cosines_with_texts():
    """The cosine is that of both rows, less half of how much the photo crowds more than usual."""
    bank = Bank(unit(300, 0), 0.3)
    photos, texts = unit(700, 1), unit(9, 2)
    seen, read = bank.with_photos(photos), bank.with_texts(texts)
    for rows in (seen, read):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for row in (0, 300, 699):
        near = [np.exp(30 * float(photos[row] @ each)) for each in bank.embeddings]
        crowding = np.log(np.mean(near)) / 30
        less = 0.5 * (0.3 - crowding)
        lengths = np.sqrt(1 + (less / 0.3) ** 2) * np.sqrt(1 + 0.3**2)
        np.testing.assert_allclose(
            texts @ photos[row] + less, (read @ seen[row]) * lengths, atol=1e-5
        )


def test_a_photo_that_is_near_to_every_text_no_longer_comes_first():
    """Texts lie about their mean; a photo right there is nearer to each than the one it is of."""
    rng = np.random.default_rng(3)
    texts = unit_rows((0.5 * rng.normal(size=(400, PLACED)) + np.eye(PLACED)[0]).astype(np.float32))
    photos = unit_rows(texts + 0.6 * rng.normal(size=texts.shape).astype(np.float32))
    photos[0] = unit_rows(texts.mean(axis=0, keepdims=True))
    bank = Bank(texts[200:], 0.0)
    plain = texts[1:200] @ photos[:200].T
    mended = bank.with_texts(texts[1:200]) @ bank.with_photos(photos[:200]).T
    before, after = (np.mean(np.argmax(scores, axis=1) == 0) for scores in (plain, mended))
    own = [
        np.mean((scores > scores[np.arange(199), np.arange(1, 200)][:, None]).sum(axis=1))
        for scores in (plain, mended)
    ]
    assert before > 0
    assert after < before
    assert own[1] < own[0]


def test_the_difference_of_two_texts_says_nothing_of_crowding():
    bank = Bank(unit(50, 4), 0.1)
    one, other = bank.with_texts(unit(2, 5))
    assert (one - other)[-1] == 0


def test_no_photos_give_no_rows():
    bank = Bank(unit(50, 4), 0.1)
    assert bank.with_photos(np.empty((0, PLACED), dtype=np.float32)).shape == (0, PLACED + 1)


def test_what_is_said_of_photos_of_no_known_kind_fades():
    """Near to ten of the background, a little less near, and to nothing in it."""
    known = unit_rows(np.eye(30, 32, dtype=np.float32) + 0.5)
    background = Background(known, familiar=0.9)
    middle = known[:10].mean(axis=0)
    between = middle / np.linalg.norm(middle) + 0.65 * np.eye(1, 32, 31, dtype=np.float32)[0]
    photos = unit_rows(np.stack([middle, between, -middle]))
    kinship = background.kinship(photos)
    nearest = np.sort(photos @ known.T, axis=1)[:, -10:].mean(axis=1)
    assert kinship == pytest.approx(nearest, abs=1e-6)
    assert kinship[0] > 0.9 > kinship[1] > 0.7 > kinship[2]
    expected = [1.0, 1 - (0.9 - kinship[1]) / 0.2, 0.0]
    assert background.familiarity(photos) == pytest.approx(expected, abs=1e-5)
    assert Background(known).familiarity(photos[:2]) == pytest.approx([1.0, 1.0])


def test_suggestions_for_a_strange_photo_are_less_sure(tmp_path, model, manifest, tensors, pooled):
    embedded = model.embed_images(pooled)
    words = np.random.default_rng(7).normal(size=(3, 2, TEXT)).astype(np.float32)
    kinship = Background(tensors["background"]).kinship(embedded)
    most = float(kinship.max())
    strict = dataclasses.replace(manifest, config={**manifest.config, "familiar": most})
    save_model(tmp_path / "strict", strict, tensors)
    wary = StarterModel.load(tmp_path / "strict.safetensors")
    kept = np.maximum(1 - (most - kinship) / 0.2, 0)[:, None]
    assert kept.min() < 0.5 < np.median(kept)
    np.testing.assert_allclose(wary.suggest(embedded), model.suggest(embedded) * kept, atol=1e-5)
    np.testing.assert_allclose(
        wary.tag_probability(words, embedded),
        model.tag_probability(words, embedded) * kept,
        atol=1e-5,
    )


def test_background_statistics_are_those_of_the_scores():
    background = Background(np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32))
    mean, deviation, high = background.statistics(np.array([[1, 0]], dtype=np.float32))
    assert mean[0] == pytest.approx(2 / 3)
    assert deviation[0] == pytest.approx(np.std([1, 0, 1]))
    assert high[0] == pytest.approx(1.0)


def test_calibration_is_linear_in_its_terms():
    scores = np.array([[0.1, 0.5]], dtype=np.float32)
    statistics = np.array([[0.0, 0.1], [0.2, 0.4], [0.3, 0.3]], dtype=np.float32)
    terms = calibration_terms(scores, statistics)
    np.testing.assert_allclose(terms[0, 1], [1, 0.5, 1.0, 0.5, 4.0], rtol=1e-5)
    weights = np.arange(5, dtype=np.float32)
    np.testing.assert_allclose(
        Calibration(weights).logits(scores, statistics), terms @ weights, rtol=1e-5
    )


def test_sigmoid_and_gelu_at_their_extremes():
    x = np.array([-1000, 0, 1000], dtype=np.float32)
    np.testing.assert_allclose(sigmoid(x), [0, 0.5, 1], atol=1e-6)
    np.testing.assert_allclose(gelu(np.array([-9, 0, 9], dtype=np.float32)), [0, 0, 9], atol=1e-5)


def test_the_shipped_model_loads_and_matches_the_encoders():
    try:
        model = StarterModel.load()
    except EnvironmentProblem:
        pytest.fail("resources/starter.safetensors is not there")
    assert model.visual_key == visual_spec().key
    assert model.text_key == create_text_encoder().key
    assert len(model.vocabulary) >= 900
    assert model.embed_texts(np.zeros((1, 384), dtype=np.float32)).shape == (1, model.dimension)


def test_traits_are_the_embedding_and_beside_it_the_heads_input(model):
    visual = np.random.default_rng(7).random((3, VISUAL)).astype(np.float32)
    traits = model.traits(visual)
    assert traits.shape == (3, JOINT + INPUTS) == (3, len(model.spread.mean))
    np.testing.assert_allclose(traits[:, :JOINT], model.embed_images(visual), atol=1e-6)
    np.testing.assert_allclose(traits[1:2], model.traits(visual[1:2]), atol=1e-5)
