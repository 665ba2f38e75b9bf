"""Fitting the starter model, on made-up vectors in which images and texts share a hidden cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.features.storage import Manifest, ModelFile
from photoorg.features.visual import Classifier
from photoorg.models.starter import StarterModel
from photoorg.models.starter_calibration import fit_calibration, fit_offsets, fit_relevance
from photoorg.models.starter_corpus import (
    CaptionedPart,
    Corpus,
    LabelledPart,
    calibration_truth,
    caption_words,
    read_class_names,
    word_labels,
)
from photoorg.models.starter_inputs import class_photos, fit_similarity, joint_projection
from photoorg.models.starter_losses import TrainingConfig
from photoorg.models.starter_network import canonical_directions
from photoorg.models.starter_parts import Background, Calibration, sigmoid
from photoorg.models.starter_training import fit_starter, measure
from photoorg.models.vocabulary import Word

VISUAL, TEXT, CAUSES = 24, 16, 6
TINY = TrainingConfig(heads=2, hidden=16, width=12, epochs=4, batch=32, warm_up=2)
VOCABULARY = (
    Word("animal", ("hand",)),
    Word("dog", ("coco",), (1,), ("dog",), "animal"),
    Word("cat", ("coco",), (2,), ("cat",), "animal"),
    Word("grass", ("caption",)),
)


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    see, read = rng.normal(size=(CAUSES, VISUAL)), rng.normal(size=(CAUSES, TEXT))

    def photos(causes):
        noise = rng.normal(size=(len(causes), VISUAL))
        return np.maximum(causes @ see + 0.3 * noise + 3, 0).astype(np.float32)

    def texts(causes):
        noisy = causes @ read + 0.3 * rng.normal(size=(*causes.shape[:-1], TEXT))
        return (noisy / np.linalg.norm(noisy, axis=-1, keepdims=True)).astype(np.float32)

    def captioned(count):
        causes = rng.normal(size=(count, CAUSES))
        said = [frozenset({"dog", "grass"} if cause[0] > 0 else {"cats"}) for cause in causes]
        pooled = photos(causes)
        sentences = texts(np.repeat(causes[:, None], 5, axis=1))
        return CaptionedPart((pooled, photos(causes)), sentences, tuple(said))

    def labelled(count):
        causes = rng.normal(size=(count, CAUSES))
        labels = np.stack([causes[:, 1] > 0, causes[:, 0] > 0], axis=1)
        return LabelledPart((photos(causes), photos(causes)), labels)

    def words(*directions):
        causes = np.array(directions, dtype=float)
        return texts(np.repeat(causes[:, None], 5, axis=1))

    cat, dog, grass = np.eye(CAUSES)[1], np.eye(CAUSES)[0], np.eye(CAUSES)[2]
    return Corpus(
        captioned(120),
        captioned(30),
        labelled(60),
        labelled(40),
        labelled(40),
        ("cat", "dog"),
        VOCABULARY,
        words(cat + dog, dog, cat, grass),
        words(cat, dog),
        tuple(texts(rng.normal(size=(1 + k % 3, CAUSES))) for k in range(1000)),
    )


@pytest.fixture(scope="module")
def classifier():
    rng = np.random.default_rng(1)
    return Classifier(
        rng.normal(size=(1000, VISUAL)).astype(np.float32), np.zeros(1000, dtype=np.float32)
    )


@pytest.fixture(scope="module")
def fitted(corpus, classifier):
    return fit_starter(corpus, classifier, TINY)


def as_model(tensors, settings):
    return StarterModel.from_file(
        ModelFile(Manifest("starter", ModelKey("s"), ModelKey("r"), settings), tensors)
    )


def test_it_learns_what_photos_and_captions_have_in_common(fitted, corpus):
    figures = measure(as_model(*fitted), corpus)
    # By chance: 10 of 30, and a mean average precision of about 50.
    assert figures["captions_to_photos"]["r@10"] > 70
    assert figures["labels_map_by_text"] > 65
    assert figures["gallery"] == 30


def test_the_same_seed_gives_the_same_numbers(fitted, corpus, classifier):
    again, _ = fit_starter(corpus, classifier, TINY)
    other, _ = fit_starter(corpus, classifier, TINY, seed=1)
    assert all(np.array_equal(fitted[0][name], again[name]) for name in again)
    assert not np.array_equal(fitted[0]["image.hidden"], other["image.hidden"])


def test_training_can_be_cancelled_and_tells_how_far_it_is(corpus, classifier):
    token, heard = CancelToken(), []

    def listen(report):
        heard.append(report)
        if report.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        fit_starter(corpus, classifier, TINY, progress=listen, token=token)
    assert [report.done for report in heard] == [1, 2, 3]
    assert heard[0].total == TINY.heads * TINY.epochs


def test_canonical_directions_find_the_shared_cause():
    rng = np.random.default_rng(2)
    cause = rng.normal(size=(500, 2))
    photos = np.concatenate([rng.normal(size=(500, 6)), cause], axis=1).astype(np.float32)
    texts = np.concatenate([cause, rng.normal(size=(500, 4))], axis=1).astype(np.float32)
    images, sentences = canonical_directions(photos, texts[:, None], 4)
    seen, read = photos @ images, texts @ sentences
    for direction in range(2):
        assert np.corrcoef(seen[:, direction], read[:, direction])[0, 1] > 0.95
    # What they do not share hardly counts.
    assert np.abs(images[:6]).max() < 0.3 * np.abs(images[6:]).max()


def test_labels_imply_what_is_above_them_and_silence_is_no_certain_no(corpus):
    labels, mask, texts = word_labels(corpus)
    # cat, dog, then the words that enough captions have: animal (cats, dogs) and grass.
    assert texts.shape[0] == labels.shape[1] == 4
    count = len(corpus.labelled.labels)
    np.testing.assert_array_equal(labels[:count, :2], corpus.labelled.labels)
    np.testing.assert_array_equal(labels[:count, 2], corpus.labelled.labels.any(axis=1))
    # A labelled photo without cat or dog says nothing on "animal" and "grass".
    np.testing.assert_array_equal(mask[:count, 2], labels[:count, 2])
    assert not mask[:count, 3].any()
    spoken = np.array(["dog" in words for words in corpus.captioned.words])
    np.testing.assert_array_equal(labels[count:, 3], spoken)
    np.testing.assert_allclose(mask[count:, 3], np.where(spoken, 1.0, 0.1))


def test_what_is_not_labelled_is_told_from_captions_and_the_classifier(corpus):
    labelled, captioned = corpus.labelled_calibration, corpus.captioned_calibration
    total, first = len(labelled.labels) + len(captioned.captions), len(labelled.labels)
    classes = np.zeros((total, 1000), dtype=np.float32)
    classes[0, 7] = 0.75
    words = (*VOCABULARY[1:], Word("snail", ("imagenet",), (7,)), Word("kindness", ("hand",)))
    words = (Word("animal", ("hand",)), *words)
    truth, mask = calibration_truth(replace(corpus, vocabulary=words), lambda _: classes)
    dog, grass, snail, kindness = 1, 3, 4, 5
    np.testing.assert_array_equal(truth[:first, dog], labelled.labels[:, 1])
    assert not mask[first:, dog].any()
    np.testing.assert_array_equal(
        truth[first:, grass], ["grass" in words for words in captioned.words]
    )
    assert not mask[:first, grass].any()
    assert truth[:2, snail].tolist() == [0.75, 0.0]
    assert 0 < truth[:, kindness].max() < 0.01


def test_made_up_photos_are_taken_for_their_class():
    rng = np.random.default_rng(3)
    pooled = np.abs(rng.normal(size=(400, VISUAL))).astype(np.float32) * 2
    classifier = Classifier(
        0.3 * rng.normal(size=(10, VISUAL)).astype(np.float32), np.zeros(10, dtype=np.float32)
    )
    made, classes = class_photos(pooled, classifier, 200, rng)
    assert (made >= 0).all()
    # One in ten by chance; what is lost is lost where negative values are cut off.
    assert (classifier.scores(made).argmax(axis=1) == classes).mean() > 0.6


def test_the_joint_projection_keeps_products():
    rng = np.random.default_rng(4)
    basis = rng.normal(size=(3, 10))
    images = (rng.normal(size=(50, 3)) @ basis).astype(np.float32)
    texts = (rng.normal(size=(40, 3)) @ basis).astype(np.float32)
    joint = joint_projection(images, texts, 3)
    np.testing.assert_allclose((images @ joint) @ (texts @ joint).T, images @ texts.T, atol=1e-3)


def test_compact_vectors_keep_neighbours():
    rng = np.random.default_rng(5)
    low = np.abs(rng.normal(size=(300, 8))).astype(np.float32)
    pooled = low @ np.abs(rng.normal(size=(8, 250))).astype(np.float32)
    mean, projection = fit_similarity(pooled)
    assert projection.shape[1] < pooled.shape[1]
    compact = (pooled - mean) @ projection
    compact /= np.linalg.norm(compact, axis=1, keepdims=True)
    exact = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    np.testing.assert_allclose(compact @ compact.T, exact @ exact.T, atol=1e-3)


def test_calibration_recovers_the_law_that_made_the_answers():
    rng = np.random.default_rng(6)
    scores = rng.normal(size=(4000, 3)).astype(np.float32)
    statistics = np.zeros((3, 3), dtype=np.float32)
    statistics[1], statistics[2] = 1.0, 100.0
    truth = rng.random(scores.shape) < sigmoid(3 * scores - 1)
    fitted = fit_calibration(scores, statistics, truth)
    got = sigmoid(fitted.logits(scores, statistics))
    np.testing.assert_allclose(got, sigmoid(3 * scores - 1), atol=0.04)


def test_offsets_follow_the_data_and_shrink_without_it():
    rng = np.random.default_rng(7)
    logits = np.zeros((2000, 2), dtype=np.float32)
    truth = rng.random((2000, 2)) < sigmoid(np.array([1.0, 0.0], dtype=np.float32))
    known = np.ones(truth.shape, dtype=bool)
    offsets = fit_offsets(logits, truth.astype(np.float32), known)
    assert offsets == pytest.approx([1.0, 0.0], abs=0.15)
    few = fit_offsets(logits[:2], np.ones((2, 2), dtype=np.float32), known[:2])
    assert (few > 0).all()
    assert (few < 0.8).all()
    np.testing.assert_array_equal(fit_offsets(logits, 1 - known.astype(np.float32), ~known), 0)


def test_relevance_tells_right_photos_from_wrong_ones():
    rng = np.random.default_rng(8)

    def unit(*shape):
        rows = rng.normal(size=shape)
        return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)

    background = Background(unit(200, 8))
    words, captioned = unit(4, 8), unit(20, 8)
    photos = unit(100, 8)
    labels = photos @ words.T > 0.5
    sentences = np.repeat(captioned, 5, axis=0) + 0.05 * unit(100, 8)
    relevance = fit_relevance(background, words, photos, labels, sentences, captioned)
    assert isinstance(relevance, Calibration)
    logits = relevance.logits(photos @ words.T, background.statistics(words))
    assert logits[labels].mean() > logits[~labels].mean() + 2


def test_caption_words_are_words_and_pairs():
    assert caption_words("A hot dog!") == {"a", "hot", "dog", "a hot", "hot dog"}


def test_class_names_are_read_in_the_classifiers_order(tmp_path):
    synsets = [f"n{k:08}" for k in range(1000)]
    (tmp_path / "imagenet_synsets.txt").write_text("\n".join(synsets))
    lemmas = [f"{name}\tword {k}, other" for k, name in enumerate(synsets)]
    (tmp_path / "imagenet_synset_to_lemma.txt").write_text("\n".join(reversed(lemmas)))
    assert read_class_names(tmp_path)[7] == ("word 7", "other")
    (tmp_path / "imagenet_synsets.txt").write_text("\n".join(synsets[1:]))
    with pytest.raises(UsageProblem, match="incomplete"):
        read_class_names(tmp_path)
    with pytest.raises(UsageProblem, match="cannot be read"):
        read_class_names(tmp_path / "gone")
