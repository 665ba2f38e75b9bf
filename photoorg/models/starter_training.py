"""`photoorg train starter`: learns the model that is shipped in `resources/`.

The visual and text encoders stay frozen; what is learned are small heads on their vectors. The same
data, seed and machine give the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from photoorg.core.errors import EnvironmentProblem
from photoorg.features.storage import Manifest, ModelFile, load_model, save_model
from photoorg.models.base import unit_rows
from photoorg.models.length_correction import CONFIG_KEY
from photoorg.models.metrics import best_ranks, mean_average_precision, retrieval_figures
from photoorg.models.photo_features import mirrored, whole
from photoorg.models.starter import KIND, StarterModel, heads_tensors
from photoorg.models.starter_calibration import fit_calibration, fit_offsets, fit_relevance
from photoorg.models.starter_card import write_card
from photoorg.models.starter_corpus import (
    CAPTIONS_PER_PHOTO,
    Corpus,
    calibration_truth,
    read_corpus,
    word_labels,
)
from photoorg.models.starter_inputs import (
    SHARPNESS,
    FittedInputs,
    class_photos,
    fit_bank,
    fit_inputs,
    fit_similarity,
    joint_projection,
)
from photoorg.models.starter_losses import TrainingConfig, TrainingData
from photoorg.models.starter_network import train_heads
from photoorg.models.starter_parts import Background, Heads, JointSpace, Spread, join_traits
from photoorg.models.vocabulary import IMAGENET_CLASSES, label_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import Classifier, VisualEncoder
    from photoorg.models.length_correction import LengthCorrection
    from photoorg.models.photo_features import ProgressListener, View

    Tensors = dict[str, NDArray[Any]]

VIEWS: tuple[View, ...] = (whole, mirrored)
"""How photos are looked at in training; the first is how they are looked at in use."""

THREADS = 1
_JOINT = 256
_GUESS_SHARE = 0.1
_BACKGROUND = 1024

_UNUSUAL = 0.02
"""Share of the photos set aside that are less like the background than a familiar photo is."""

_CLASS_PHOTOS = 6000
_LABELLED_REPEATS = 3
_LIBRARIES = ("photoorg", "numpy", "torch", "timm", "openvino", "safetensors")


def train_starter(
    data: Path,
    output: Path,
    *,
    visual: VisualEncoder,
    text: TextEncoder,
    classifier: Classifier,
    cache: Path | None = None,
    config: TrainingConfig | None = None,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> dict[str, Any]:
    """Train the starter model and write it.

    Args:
        data: folder with `flickr8k`, `coco` and `imagenet`.
        output: folder for `starter.safetensors`, `starter.json` and the model card `starter.md`.
        visual: the encoder whose vectors the model takes.
        text: the encoder whose vectors the model takes.
        classifier: of the same network as `visual`.
        cache: folder where vectors are kept between runs; None keeps none.
        config: of the heads; by default what the shipped model was trained with.
        seed: of everything that is drawn at random.
        progress: hears how far the work is.
        token: lets the caller stop.

    Returns:
        Figures on photos that training did not see.

    Raises:
        UsageProblem: the data is missing or malformed.
        EnvironmentProblem: the output cannot be written.
        Cancelled: the caller cancelled.
    """
    started = time.monotonic()
    corpus = read_corpus(data, visual, text, VIEWS, cache=cache, progress=progress, token=token)
    config = config or TrainingConfig()
    tensors, settings = fit_starter(
        corpus, classifier, config, seed=seed, progress=progress, token=token
    )
    manifest = Manifest(
        KIND,
        visual.key,
        text.key,
        settings,
        training={
            "captioned": len(corpus.captioned.captions),
            "labelled": len(corpus.labelled.labels),
            "calibration": len(corpus.captioned_calibration.captions)
            + len(corpus.labelled_calibration.labels),
            "evaluation": len(corpus.labelled_evaluation.labels),
            "views": [view.__name__ for view in VIEWS],
            "seed": seed,
            **asdict(config),
        },
        versions=library_versions(),
    )
    metrics = measure(StarterModel.from_file(ModelFile(manifest, tensors)), corpus)
    manifest = replace(manifest, metrics=metrics)
    save_model(output / KIND, manifest, tensors)
    try:
        write_card(output / f"{KIND}.md", manifest)
    except OSError as error:
        raise EnvironmentProblem(f"{output} cannot be written ({error.strerror}).") from error
    return {**metrics, "seconds": round(time.monotonic() - started, 1)}


def add_correction(output: Path, correction: LengthCorrection) -> None:
    """Write into a starter model how its relevance is put right for the length of queries.

    Raises:
        ModelFileProblem: there is no starter model in this folder.
        EnvironmentProblem: it cannot be written.
    """
    file = load_model(output / KIND, kind=KIND)
    config = {**file.manifest.config, CONFIG_KEY: correction.numbers}
    save_model(output / KIND, replace(file.manifest, config=config), file.tensors)


def fit_starter(
    corpus: Corpus,
    classifier: Classifier,
    config: TrainingConfig,
    *,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> tuple[Tensors, dict[str, Any]]:
    """Fit everything that the model consists of.

    Returns:
        The model file's tensors, and its configuration.
    """
    rng = np.random.default_rng(seed)
    inputs = fit_inputs(corpus, classifier)
    training = training_data(corpus, inputs, classifier, rng)
    threads = torch.get_num_threads()
    # Sums are split over threads, so their number is part of what makes the same bytes. One also
    # loses little: the matrices are small.
    torch.set_num_threads(THREADS)
    try:
        images, texts = train_heads(training, config, seed=seed, progress=progress, token=token)
    finally:
        torch.set_num_threads(threads)
    pooled = np.concatenate([corpus.captioned.pooled[0], corpus.labelled.pooled[0]])
    everything = JointSpace(
        images, texts, inputs.names_mean, _GUESS_SHARE, np.eye(_width(images, inputs), dtype="f4")
    )
    captions = _flat(corpus.captioned.captions)
    projection = joint_projection(
        everything.place_images(*inputs.image.both(pooled)),
        everything.place_texts(inputs.texts(captions), captions),
        _JOINT,
    )
    joint = replace(everything, projection=projection)
    words = np.concatenate([corpus.vocabulary_texts[:, 0], *corpus.class_texts])
    bank = fit_bank(joint, inputs, captions, words, pooled, rng)
    joint = replace(joint, bank=bank)

    def see(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return joint.place_images(*inputs.image.both(vectors))

    def read(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return joint.place_texts(inputs.texts(vectors), vectors)

    chosen = np.sort(rng.permutation(len(pooled))[:_BACKGROUND])
    background = _fit_background(see(pooled[chosen]), see, corpus)
    tensors = _fit_answers(corpus, background, inputs.image.class_probabilities, see, read)
    similar_mean, similar_projection = fit_similarity(pooled)
    spread = Spread.of(join_traits(joint, *inputs.image.both(pooled)))
    exact: Tensors = {
        "image.mean": inputs.image.mean,
        "image.scale": inputs.image.scale,
        "image.offset": inputs.image.offset,
        "text.mean": inputs.text_mean,
        "text.names_mean": inputs.names_mean,
        "similarity.mean": similar_mean,
        "traits.mean": spread.mean,
    }
    compact: Tensors = {
        "image.classifier.weight": classifier.weight,
        "image.classifier.bias": classifier.bias,
        "image.class_texts": inputs.image.class_texts,
        "image.projection": inputs.image.projection,
        "joint": projection,
        "background": background.embeddings,
        "bank": bank.embeddings,
        "similarity.projection": similar_projection,
        "traits.covariance": spread.covariance,
        **heads_tensors("image", images),
        **heads_tensors("text", texts),
    }
    tensors |= {name: tensor.astype(np.float32) for name, tensor in exact.items()}
    tensors |= {name: tensor.astype(np.float16) for name, tensor in compact.items()}
    return tensors, {
        "vocabulary": [word.name for word in corpus.vocabulary],
        "broader": [word.broader for word in corpus.vocabulary],
        "sharpness": SHARPNESS,
        "text_scale": inputs.text_scale,
        "guess_share": _GUESS_SHARE,
        "crowding": bank.usual,
        "familiar": round(background.familiar, 4),
    }


def _fit_background(
    embeddings: NDArray[np.float32],
    see: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    corpus: Corpus,
) -> Background:
    """Find how near to the background all but a few of the photos set aside are."""
    background = Background(embeddings)
    aside = (corpus.labelled_calibration.pooled[0], corpus.captioned_calibration.pooled[0])
    kinship = background.kinship(see(np.concatenate(aside)))
    return replace(background, familiar=float(np.quantile(kinship, _UNUSUAL)))


def _width(heads: Heads, inputs: FittedInputs) -> int:
    """Return the length of learned outputs and guess together."""
    count, outputs, _ = heads.shortcut.shape
    return int(count * outputs) + len(inputs.names_mean)


def _fit_answers(
    corpus: Corpus,
    background: Background,
    class_probabilities: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    see: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    read: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> Tensors:
    """Embed the vocabulary, and calibrate suggestions and relevance on the photos set aside."""
    photos, labels = see(corpus.labelled_calibration.pooled[0]), corpus.labelled_calibration.labels
    tags = _embed_words(corpus.vocabulary_texts, read)
    columns = label_rows(corpus.vocabulary, corpus.label_names)
    scores, statistics = photos @ tags[columns].T, background.statistics(tags[columns])
    calibration = fit_calibration(scores, statistics, labels)
    captioned = see(corpus.captioned_calibration.pooled[0])
    truth, mask = calibration_truth(corpus, class_probabilities)
    logits = calibration.logits(
        np.concatenate([photos, captioned]) @ tags.T, background.statistics(tags)
    )
    offsets = fit_offsets(logits, truth, mask)
    unlabelled = np.setdiff1d(np.arange(len(tags)), columns)
    relevance = fit_relevance(
        background,
        read(corpus.label_texts[:, 0]),
        photos,
        labels,
        read(_flat(corpus.captioned_calibration.captions)),
        captioned,
    )
    return {
        "tags.vectors": tags.astype(np.float16),
        "tags.offsets": offsets,
        # What is typical of words without labels holds for those that a person makes up, too.
        "tags.free_offset": np.median(offsets[unlabelled], keepdims=True),
        "tags.calibration": calibration.weights,
        "relevance.calibration": relevance.weights,
    }


def _embed_words(
    phrases: NDArray[np.float32], read: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return unit rows [words, d] for [words, phrases, t]."""
    embedded = read(_flat(phrases))
    return unit_rows(embedded.reshape(*phrases.shape[:2], -1).mean(axis=1))


def _flat(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn [a, b, t] into [a * b, t]."""
    return vectors.reshape(-1, vectors.shape[-1])


def measure(model: StarterModel, corpus: Corpus) -> dict[str, Any]:
    """Return the model's figures on the photos set aside."""
    captioned, labelled = corpus.captioned_calibration, corpus.labelled_evaluation
    texts = model.embed_texts(_flat(captioned.captions))
    images = model.embed_images(captioned.pooled[0])
    photos = np.arange(len(captioned.captions))
    belongs = np.repeat(photos, CAPTIONS_PER_PHOTO)[:, None] == photos[None, :]
    embedded = model.embed_images(labelled.pooled[0])
    by_text = embedded @ model.embed_tags(corpus.label_texts).T
    columns = label_rows(corpus.vocabulary, corpus.label_names)
    by_tag = model.suggest(embedded)[:, columns]
    return {
        "captions_to_photos": retrieval_figures(best_ranks(texts @ images.T, belongs)).to_json(),
        "photos_to_captions": retrieval_figures(
            best_ranks(model.describe(images, texts), belongs.T)
        ).to_json(),
        "gallery": len(photos),
        "labels_map_by_text": round(100 * mean_average_precision(by_text, labelled.labels)[0], 2),
        "labels_map_by_suggestion": round(
            100 * mean_average_precision(by_tag, labelled.labels)[0], 2
        ),
    }


def training_data(
    corpus: Corpus, inputs: FittedInputs, classifier: Classifier, rng: np.random.Generator
) -> TrainingData:
    """Return what heads are trained on; labelled photos come first, several times over."""
    labels, mask, label_texts = word_labels(corpus)
    count = len(corpus.labelled.labels)
    # There are a third as many labelled photos as captioned ones, but they say more.
    rows = np.concatenate([*[np.arange(count)] * _LABELLED_REPEATS, np.arange(count, len(labels))])
    views = [
        (inputs.image(captioned), inputs.image(labelled))
        for captioned, labelled in zip(corpus.captioned.pooled, corpus.labelled.pooled, strict=True)
    ]
    pooled = np.concatenate([corpus.captioned.pooled[0], corpus.labelled.pooled[0]])
    class_words = np.zeros((IMAGENET_CLASSES, len(corpus.vocabulary)), dtype=np.float32)
    for column, word in enumerate(corpus.vocabulary):
        class_words[list(word.imagenet), column] = 1.0
    covered = np.flatnonzero(class_words.any(axis=0))
    made, classes = class_photos(pooled, classifier, _CLASS_PHOTOS, rng)
    return TrainingData(
        [captioned for captioned, _ in views],
        inputs.texts(corpus.captioned.captions),
        [np.concatenate([labelled, captioned])[rows] for captioned, labelled in views],
        labels[rows],
        mask[rows],
        inputs.texts(label_texts),
        inputs.image(made),
        classes,
        [inputs.texts(texts) for texts in corpus.class_texts],
        inputs.texts(corpus.vocabulary_texts[covered]),
        class_words[:, covered],
    )


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that trained weights depend on."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
