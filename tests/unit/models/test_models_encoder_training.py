"""Training the ends of both networks, on pieces of real photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from photoorg.core.errors import Cancelled
from photoorg.core.progress import CancelToken
from photoorg.features.efficientnet_torch import load_network
from photoorg.features.minilm import MiniLM
from photoorg.models import encoder_views
from photoorg.models.encoder_training import EncoderConfig, EncoderData, train_encoders
from photoorg.models.encoder_views import FROZEN_STAGES, Views, random_crop, read_views
from photoorg.models.photo_features import load_images
from photoorg.models.starter_corpus import CaptionedPart, Corpus, LabelledPart
from photoorg.models.starter_inputs import fit_inputs
from photoorg.models.starter_losses import TrainingConfig
from photoorg.models.starter_training import training_data
from photoorg.models.vocabulary import Word

SAID = {
    "cat": "a photo of a cat that looks up",
    "coffee": "a photo of a cup of coffee",
    "astronaut": "a photo of a woman who smiles",
    "rocket": "a photo of a rocket on its way",
    "motorcycle": "a photo of a motorcycle",
    "coins": "a photo of old coins in rows",
}
LABELLED = ("cat", "motorcycle")
HEADS = TrainingConfig(heads=1, hidden=16, width=12, epochs=2, batch=12, warm_up=2)
TINY = EncoderConfig(
    epochs=4,
    batch=12,
    labelled=4,
    text_rate=3e-4,
    words=4,
    keeping=100.0,
    average=0.0,
    warm_up=1,
    heads=HEADS,
)


@pytest.fixture(scope="module")
def pieces(
    real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Path]]:
    """Four quarters of each photo, by what it shows."""
    folder = tmp_path_factory.mktemp("pieces")
    found: dict[str, list[Path]] = {}
    for word in SAID:
        with Image.open(real_photos[word]) as image:
            width, height = image.size
            for number, (left, top) in enumerate(((0, 0), (0.2, 0), (0, 0.2), (0.2, 0.2))):
                part = image.crop(
                    (int(left * width), int(top * height), int((left + 0.8) * width), height)
                )
                path = folder / f"{word}-{number}.jpg"
                part.save(path)
                found.setdefault(word, []).append(path)
    return found


@pytest.fixture(scope="module")
def data(pieces: dict[str, list[Path]], tmp_path_factory: pytest.TempPathFactory) -> EncoderData:
    folder = tmp_path_factory.mktemp("views")
    captioned = [path for word in SAID for path in pieces[word]]
    labelled = [path for word in LABELLED for path in pieces[word]]
    views = read_views(captioned, folder, 1, label="captioned")
    shown = read_views(labelled, folder, 0, label="labelled")
    network, classifier = load_network()
    text = MiniLM.load(1)

    def pooled(views: Views) -> tuple[np.ndarray, ...]:
        found = []
        for view in range(2):
            rows = np.arange(len(views))
            maps = views.pick(np.full(len(rows), view), rows)
            with torch.no_grad():
                found.append(network.forward_end(maps, FROZEN_STAGES).numpy())
        return tuple(found)

    captions = [[SAID[word]] * 5 for word in SAID for _ in pieces[word]]
    sentences = text.encode([each for five in captions for each in five])
    seen = CaptionedPart(
        pooled(views),
        sentences.reshape(len(captions), 5, -1),
        tuple(frozenset(five[0].split()) for five in captions),
    )
    labels = np.repeat(np.eye(2, dtype=bool), 4, axis=0)
    told = LabelledPart(pooled(shown), labels)
    words = [text.encode([word, f"a photo of a {word}"]) for word in (*LABELLED, "photo")]
    five = np.stack([np.resize(each, (5, 384)) for each in words]).astype("f4")
    names = tuple(words[number % 2] for number in range(1000))
    vocabulary = (
        *(Word(word, ("coco",), (1,), (word,)) for word in LABELLED),
        Word("photo", ("caption",)),
    )
    corpus = Corpus(seen, seen, told, told, told, LABELLED, vocabulary, five, five[:2], names)
    inputs = fit_inputs(corpus, classifier)
    return EncoderData(
        training_data(corpus, inputs, classifier, np.random.default_rng(0)),
        inputs,
        classifier,
        views,
        shown,
        np.concatenate([seen.pooled[0], told.pooled[0]]),
        captions,
        ["dog", "a photo of a dog", "house", "boat", "tree"],
    )


@pytest.fixture(scope="module")
def learned(data):
    heard = []
    return *train_encoders(data, TINY, progress=heard.append), heard


def test_the_ends_of_both_networks_learn_and_nothing_else(learned):
    visual, text, heard = learned
    assert [report.done for report in heard] == [1, 2, 3, 4, 5, 6, 7, 8]
    stages = {name.split(".")[2] for name in visual if name.startswith("network.blocks.")}
    assert stages == {"5", "6"}
    rest = {name.split(".")[1] for name in visual if not name.startswith("network.blocks.")}
    assert rest == {"conv_head", "bn2"}
    assert all(name.startswith("encoder.layer.") for name in text)
    assert all(np.isfinite(change).all() for change in (*visual.values(), *text.values()))
    assert max(np.abs(change).max() for change in visual.values()) > 1e-5
    assert max(np.abs(change).max() for change in text.values()) > 1e-6


def test_photos_and_their_captions_come_nearer(learned):
    losses = [float(report.label.split()[-1]) for report in learned[2]]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])


def test_the_same_seed_gives_the_same_changes(data, learned):
    again = train_encoders(data, TINY)
    for first, second in zip(learned, again, strict=False):
        assert all(np.array_equal(first[name], second[name]) for name in first)


def test_words_that_no_caption_has_are_held_back(data, learned):
    _, loose = train_encoders(data, replace(TINY, keeping=0.0))
    before = MiniLM.load(1).encode(data.words)

    def strayed(changes):
        after = MiniLM.load(1, changes=changes).encode(data.words)
        return float((1 - (before * after).sum(axis=1)).mean())

    assert strayed(learned[1]) < 0.8 * strayed(loose)


def test_training_can_be_cancelled(data):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        train_encoders(data, TINY, token=token)


def test_what_is_frozen_and_the_end_make_the_whole_network(pieces):
    network, _ = load_network()
    images = torch.from_numpy(next(load_images(pieces["cat"], 260)))
    with torch.no_grad():
        halves = network.forward_end(network.forward_frozen(images, FROZEN_STAGES), FROZEN_STAGES)
        assert torch.allclose(halves, network(images), atol=1e-4)


def test_views_are_kept_and_found_again(pieces, tmp_path, monkeypatch):
    views = read_views(pieces["cat"], tmp_path, 2, label="")
    assert [each.shape for each in views.maps] == [(4, 17, 17, 120)] * 4
    assert len({each.tobytes() for each in views.maps}) == 4
    monkeypatch.setattr(encoder_views, "load_network", None)
    again = read_views(pieces["cat"], tmp_path, 2, label="")
    assert all(map(np.array_equal, views.maps, again.maps))


def test_a_stop_leaves_no_half_of_the_views(pieces, tmp_path):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_views(pieces["cat"], tmp_path, 1, label="", token=token)
    assert not list(tmp_path.iterdir())


def test_a_crop_depends_on_its_photo_alone():
    images = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3)).astype(np.uint8)
    together = random_crop(images, [5, 6, 7], seed=1)
    alone = random_crop(images[1:2], [6], seed=1)
    assert np.array_equal(together[1], alone[0])
    assert not np.array_equal(alone[0], random_crop(images[1:2], [6], seed=2)[0])
    assert together.shape == images.shape
