"""What the starter model learns from: captions, labels, and the classifier's own class names."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets import (
    CAPTIONS,
    LABELS,
    CaptionedPhotos,
    LabelledPhotos,
    dataset_folder,
    read_captions,
    read_labels,
)
from photoorg.models.holdout import Part, captioned_part_of, part_of
from photoorg.models.photo_features import encode_photos, encode_texts
from photoorg.models.vocabulary import (
    IMAGENET_CLASSES,
    TEMPLATES,
    Word,
    narrower_words,
    phrases,
    read_vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import VisualEncoder
    from photoorg.models.photo_features import ProgressListener, View

CAPTIONS_PER_PHOTO = 5

_TRAINING_SPLIT = "train"
_LEAST_PHOTOS_PER_WORD = 20
_LEAST_MENTIONS = 5
_RARE = 0.003
"""Share of photos that a word of which nothing is known is taken to apply to."""

_UNSAID = 0.1
"""How much it counts that no caption has a word: the thing may well be there all the same."""


@dataclass(frozen=True, slots=True)
class CaptionedPart:
    """Captioned photos.

    Attributes:
        pooled: one array per view, each [c, v].
        captions: [c, 5, t]; a photo with fewer captions has some repeated.
        words: for each photo the words of its captions.
    """

    pooled: tuple[NDArray[np.float32], ...]
    captions: NDArray[np.float32]
    words: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class LabelledPart:
    """Labelled photos.

    Attributes:
        pooled: one array per view, each [m, v].
        labels: [m, names].
    """

    pooled: tuple[NDArray[np.float32], ...]
    labels: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that training sees, as the encoders' vectors.

    Attributes:
        label_names: of the labelled photos.
        vocabulary: words to suggest.
        vocabulary_texts: [words, phrases, t].
        label_texts: [names, phrases, t].
        class_texts: for each ImageNet class its names' vectors, [names, t].
    """

    captioned: CaptionedPart
    captioned_calibration: CaptionedPart
    labelled: LabelledPart
    labelled_calibration: LabelledPart
    labelled_evaluation: LabelledPart
    label_names: tuple[str, ...]
    vocabulary: tuple[Word, ...]
    vocabulary_texts: NDArray[np.float32]
    label_texts: NDArray[np.float32]
    class_texts: tuple[NDArray[np.float32], ...]


def read_corpus(
    data: Path,
    visual: VisualEncoder,
    text: TextEncoder,
    views: Sequence[View],
    *,
    cache: Path | None,
    progress: ProgressListener | None,
    token: CancelToken | None,
) -> Corpus:
    """Read the data and encode it.

    Args:
        data: folder with `flickr8k`, `coco` and `imagenet`.
        visual: computes the photos' vectors.
        text: computes the sentences' vectors.
        views: how photos are looked at in training, the whole photo first.
        cache: folder for visual vectors; None keeps none.
        progress: hears how far the work is.
        token: lets the caller stop.

    Raises:
        UsageProblem: a table is missing or malformed.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    captioned = read_captions(dataset_folder(data, CAPTIONS, "flickr8k"))
    captioned = captioned.part(_TRAINING_SPLIT)
    labelled = read_labels(dataset_folder(data, LABELS, "coco"))
    names = labelled.names
    vocabulary = read_vocabulary()
    classes = read_class_names(data / "imagenet")

    def photos(source: CaptionedPhotos | LabelledPhotos) -> tuple[NDArray[np.float32], ...]:
        return tuple(
            encode_photos(
                source.paths, visual, view=view, cache=cache, progress=progress, token=token
            )
            for view in views
        )

    def texts(sentences: Sequence[str]) -> NDArray[np.float32]:
        return encode_texts(sentences, text, cache=cache, progress=progress, token=token)

    pooled_captioned, pooled_labelled = photos(captioned), photos(labelled)
    five = [caption for captions in captioned.captions for caption in five_captions(captions)]
    captions = texts(five).reshape(len(captioned.paths), CAPTIONS_PER_PHOTO, -1)
    said = tuple(caption_words(" ".join(captions)) for captions in captioned.captions)
    captioned_parts = np.array([captioned_part_of(path.name) for path in captioned.paths])
    labelled_parts = np.array([part_of(path.name) for path in labelled.paths])
    matrix = labelled.matrix(names)

    def captioned_part(part: Part) -> CaptionedPart:
        rows = np.flatnonzero(captioned_parts == part)
        return CaptionedPart(
            tuple(view[rows] for view in pooled_captioned),
            captions[rows],
            tuple(said[row] for row in rows),
        )

    def labelled_part(part: Part) -> LabelledPart:
        rows = np.flatnonzero(labelled_parts == part)
        return LabelledPart(tuple(view[rows] for view in pooled_labelled), matrix[rows])

    return Corpus(
        captioned_part(Part.TRAINING),
        captioned_part(Part.CALIBRATION),
        labelled_part(Part.TRAINING),
        labelled_part(Part.CALIBRATION),
        labelled_part(Part.EVALUATION),
        names,
        vocabulary,
        _phrase_vectors([word.name for word in vocabulary], texts),
        _phrase_vectors(names, texts),
        _class_vectors(classes, texts),
    )


def word_labels(
    corpus: Corpus,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Say which words apply to the training photos, labelled ones first, then captioned ones.

    The words are the labels, followed by words of the vocabulary that enough captions have.
    A labelled photo says yes or no to each label, and yes to the words above its labels; a
    captioned one says yes to what its captions mention and a faint no to what they do not.

    Returns:
        Labels [photos, words], their mask [photos, words], and text vectors [words, phrases, t].
    """
    below = narrower_words(corpus.vocabulary)
    words = [word for word in corpus.vocabulary if word.name not in corpus.label_names]
    said = _mentions(corpus.captioned.words, [{word.name, *below[word.name]} for word in words])
    names_said = _mentions(corpus.captioned.words, [{name} for name in corpus.label_names])
    common = np.flatnonzero(said.sum(axis=0) >= _LEAST_PHOTOS_PER_WORD)
    implied = np.stack(
        [
            corpus.labelled.labels[
                :, [corpus.label_names.index(name) for name in _labels_of(words[j], corpus, below)]
            ].any(axis=1)
            for j in common
        ],
        axis=1,
    )
    labelled = np.concatenate([corpus.labelled.labels, implied], axis=1)
    labelled_mask = labelled.astype(np.float32)
    labelled_mask[:, : len(corpus.label_names)] = 1.0
    captioned = np.concatenate([names_said, said[:, common]], axis=1)
    captioned_mask = np.where(captioned, np.float32(1.0), np.float32(_UNSAID))
    silent = np.flatnonzero(names_said.sum(axis=0) < _LEAST_PHOTOS_PER_WORD)
    captioned_mask[:, silent] = 0.0
    row_of = {word.name: row for row, word in enumerate(corpus.vocabulary)}
    vectors = corpus.vocabulary_texts[[row_of[words[j].name] for j in common]]
    return (
        np.concatenate([labelled, captioned]).astype(np.float32),
        np.concatenate([labelled_mask, captioned_mask]),
        np.concatenate([corpus.label_texts, vectors]),
    )


def calibration_truth(
    corpus: Corpus, class_probabilities: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Say as well as can be which words of the vocabulary apply to the photos set aside.

    A label is known for labelled photos. A word that captions use is taken to be missing where no
    caption has it, which errs on the side of caution. A word of ImageNet is taken from the
    network's own classifier. Of all others only that they are rare is assumed.

    Args:
        corpus: its calibration parts are looked at, labelled photos first.
        class_probabilities: maps pooled vectors [n, v] to [n, classes].

    Returns:
        How likely each word applies, and of which pairs something is known, both [photos, words].
    """
    labelled, captioned = corpus.labelled_calibration, corpus.captioned_calibration
    below = narrower_words(corpus.vocabulary)
    classes = class_probabilities(np.concatenate([labelled.pooled[0], captioned.pooled[0]]))
    meanings = [{word.name, *below[word.name]} for word in corpus.vocabulary]
    said = _mentions(captioned.words, meanings)
    truth = np.full((len(classes), len(corpus.vocabulary)), _RARE, dtype=np.float32)
    mask = np.ones(truth.shape, dtype=np.bool_)
    first = len(labelled.labels)
    for column, word in enumerate(corpus.vocabulary):
        if word.coco:
            rows = [corpus.label_names.index(name) for name in word.coco]
            truth[:first, column] = labelled.labels[:, rows].any(axis=1)
            mask[first:, column] = False
        elif said[:, column].sum() >= _LEAST_MENTIONS:
            truth[first:, column] = said[:, column]
            mask[:first, column] = False
        elif word.imagenet:
            truth[:, column] = classes[:, list(word.imagenet)].sum(axis=1)
    return truth, mask


def read_class_names(folder: Path) -> tuple[tuple[str, ...], ...]:
    """Return the names of the 1,000 ImageNet classes, in the classifier's order.

    Raises:
        UsageProblem: the tables are missing or incomplete.
    """
    try:
        order = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
        lines = (folder / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageProblem(f"The ImageNet class names in {folder} cannot be read.") from error
    lemmas = dict(line.split("\t", 1) for line in lines if "\t" in line)
    if len(order) != IMAGENET_CLASSES or not lemmas.keys() >= set(order):
        raise UsageProblem(f"The ImageNet class names in {folder} are incomplete.")
    return tuple(tuple(lemmas[synset].split(", ")) for synset in order)


def caption_words(text: str) -> frozenset[str]:
    """Return a text's words and pairs of neighbouring words, in lower case."""
    words = re.findall(r"[a-z]+", text.lower())
    return frozenset([*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))])


def _labels_of(word: Word, corpus: Corpus, below: dict[str, frozenset[str]]) -> list[str]:
    """Return the labels that imply a word."""
    lower = below[word.name]
    covered = {
        label
        for other in corpus.vocabulary
        if other.name == word.name or other.name in lower
        for label in other.coco
    }
    return [name for name in corpus.label_names if name in covered or name in lower]


def _mentions(spoken: Sequence[frozenset[str]], meanings: Sequence[set[str]]) -> NDArray[np.bool_]:
    """Return which photos' captions have any of the words of which meaning."""
    wanted = [_spellings(words) for words in meanings]
    return np.array([[not words.isdisjoint(some) for some in wanted] for words in spoken])


def _spellings(words: set[str]) -> set[str]:
    """Add the regular plurals."""
    plurals = {f"{word}{'es' if word.endswith(('s', 'sh', 'ch', 'x')) else 's'}" for word in words}
    return words | plurals


def five_captions(captions: tuple[str, ...]) -> list[str]:
    """Return a photo's captions, some of them again where there are fewer than five."""
    return [captions[i % len(captions)] for i in range(CAPTIONS_PER_PHOTO)]


def _class_vectors(
    classes: Sequence[tuple[str, ...]], texts: Callable[[Sequence[str]], NDArray[np.float32]]
) -> tuple[NDArray[np.float32], ...]:
    """Return each class's names, plain and in a sentence, as [forms, t]."""
    forms = [
        [form for name in names for form in (name, f"a photo of a {name}")] for names in classes
    ]
    vectors = texts(list(itertools.chain.from_iterable(forms)))
    ends = np.cumsum([len(some) for some in forms])
    return tuple(np.split(vectors, ends[:-1]))


def _phrase_vectors(
    words: Sequence[str], texts: Callable[[Sequence[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    sentences = [sentence for word in words for sentence in phrases(word)]
    return texts(sentences).reshape(len(words), len(TEMPLATES), -1)
