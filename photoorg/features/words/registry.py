"""The text vectors by name: training, saving and loading them.

Importing this is instant, and so is encoding with word vectors: gensim, torch and sklearn are
imported by the families that train with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.features.storage import Manifest, load_model, save_model
from photoorg.features.words import families
from photoorg.features.words.base import Document, TextVectors
from photoorg.features.words.corpus import TrainingRun
from photoorg.features.words.families import Family
from photoorg.features.words.word_mean import WEIGHTED

TEXT_KIND = "text-vectors"
"""The kind in the manifest of every text vectors' file; which ones is in its config."""


@dataclass(frozen=True, slots=True)
class TextKind:
    """One kind of text vectors, as a person chooses it.

    Attributes:
        key: name on the command line.
        title: name in the app.
        description: one sentence on what it is good for.
        dimension: length of a vector unless another is asked for; trained kinds may have fewer
            where the corpus is too small for so many.
        trained: whether it learns from the library; else it comes trained.
        weighted: whether documents are tf-idf weighted means of word vectors.
    """

    key: str
    title: str
    description: str
    dimension: int
    trained: bool
    weighted: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: TextKind
    family: Family


def _entries() -> Mapping[str, _Entry]:
    """Return all kinds by key, in the order in which they are offered."""
    found: dict[str, _Entry] = {}

    def add(
        key: str,
        title: str,
        description: str,
        dimension: int,
        family: Family,
        *,
        trained: bool = True,
        means: bool = False,
    ) -> None:
        found[key] = _Entry(
            TextKind(key, title, description, dimension, trained, weighted=False), family
        )
        if means:
            weighted = f"{description} Rare words count more (tf-idf)."
            kind = TextKind(
                key + WEIGHTED, f"{title}, tf-idf", weighted, dimension, trained, weighted=True
            )
            found[kind.key] = _Entry(kind, family)

    add(
        "word2vec-cbow",
        "Word2Vec (CBOW)",
        "Words that stand for each other among your tags lie near each other; fast.",
        400,
        families.word2vec_family(skip_gram=False),
        means=True,
    )
    add(
        "word2vec-skipgram",
        "Word2Vec (skip-gram)",
        "As CBOW, and better for rare words.",
        400,
        families.word2vec_family(skip_gram=True),
        means=True,
    )
    add(
        "word2vec-skipgram-hs",
        "Word2Vec (hierarchical skip-gram)",
        "Skip-gram with a hierarchical softmax and 100 numbers a word, as BiDNN's authors use it.",
        100,
        families.word2vec_family(skip_gram=True, hierarchical=True),
    )
    add(
        "fasttext",
        "fastText",
        "Learns parts of words too, so that words you never used get a vector.",
        400,
        families.fasttext_family(),
        means=True,
    )
    add(
        "glove",
        "GloVe",
        "Learns from how often two of your words occur together.",
        400,
        families.glove_family(),
        means=True,
    )
    add(
        "glove-6b-50d",
        "GloVe, pretrained",
        "400,000 English words learnt from Wikipedia and news; needs no tags of yours.",
        50,
        families.glove_6b_family(),
        trained=False,
        means=True,
    )
    add(
        "semantic-tags",
        "Semantic tags",
        "Few numbers a tag, from a probabilistic model of which tags occur together.",
        20,
        families.semantic_tags_family(),
        means=True,
    )
    for key, title in (("doc2vec", "Doc2Vec"), ("pv-dm", "Paragraph vectors (PV-DM)")):
        add(
            key,
            title,
            "Learns a vector for what is said of a photo as a whole.",
            400,
            families.paragraph_family(distributed_memory=True),
        )
    add(
        "pv-dbow",
        "Paragraph vectors (PV-DBOW)",
        "Learns a vector for a photo's words, whatever their order.",
        400,
        families.paragraph_family(distributed_memory=False),
    )
    for topics in (200, 400):
        add(
            f"lda-{topics}",
            f"Topics (LDA, {topics})",
            "How much of each topic there is; topics are learnt from your words.",
            topics,
            families.lda_family(),
        )
    add(
        "lsa",
        "Latent semantic analysis",
        "The main directions in which your photos' words differ.",
        400,
        families.lsa_family(),
    )
    add(
        "minilm",
        "MiniLM, pretrained",
        "Understands whole English sentences; needs no tags of yours.",
        384,
        families.minilm_family(),
        trained=False,
    )
    add(
        "bag-of-tags",
        "Bag of tags",
        "One number for each word, 1 where a photo has it.",
        families.BAG_SIZE,
        families.bag_family(),
    )
    return found


_ENTRIES = _entries()

TEXT_KINDS: tuple[TextKind, ...] = tuple(entry.kind for entry in _ENTRIES.values())
"""All kinds of text vectors."""


def text_kind(key: str) -> TextKind:
    """Return what is known of a kind before it is trained or loaded.

    Raises:
        UsageProblem: there is no such kind.
    """
    return _entry(key).kind


def train_text_vectors(
    key: str,
    documents: Sequence[Document],
    *,
    seed: int = 0,
    dimension: int | None = None,
    epochs: int | None = None,
    token: CancelToken | None = None,
    on_epoch: Callable[[int, int], None] | None = None,
) -> TextVectors:
    """Train text vectors on documents; a kind that comes trained is returned as it is.

    The same documents, seed and number of BLAS threads give the same vectors.

    Args:
        key: one of `TEXT_KINDS`.
        documents: what is said of each photo; empty ones are passed over.
        seed: of all that is random.
        dimension: length of a vector, the number of topics, or the most words of a bag; None takes
            the kind's own. LSA and bags have fewer where the corpus has fewer.
        epochs: passes over the documents; None chooses by their number. LSA and bags need none.
        token: cancels between epochs.
        on_epoch: called with the epochs done and to do.

    Raises:
        UsageProblem: there is no such kind, the documents have no words or too few, or the
            dimension or the epochs are not possible.
        ModelFileProblem: pretrained vectors are not installed, or damaged.
        Cancelled: somebody cancelled.
    """
    entry = _entry(key)
    kind = entry.kind
    if dimension is not None and dimension < 1:
        raise UsageProblem(f"A vector cannot have {dimension} numbers.", "Ask for one or more.")
    if dimension not in {None, kind.dimension} and not kind.trained:
        raise UsageProblem(f"The vectors of {key} come with {kind.dimension} numbers each.")
    if epochs is not None and epochs < 1:
        raise UsageProblem(f"Training cannot take {epochs} epochs.", "Ask for one or more.")
    if token is not None:
        token.check()
    run = TrainingRun(seed, dimension or kind.dimension, epochs, token, on_epoch)
    return entry.family.train(key, documents, run)


def save_text_vectors(stem: Path, vectors: TextVectors, *, training: Mapping[str, Any]) -> None:
    """Write `<stem>.safetensors` and `<stem>.json`.

    Args:
        stem: path of both files without their endings.
        vectors: what to write; of pretrained ones only the name and the weights' hash.
        training: what they were trained on: data, sizes, seed.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    manifest = Manifest(
        kind=TEXT_KIND,
        visual_key=ModelKey(""),
        text_key=vectors.key,
        config={"kind": vectors.kind, **vectors.config()},
        training=training,
        versions={name: version(name) for name in ("gensim", "numpy", "simplemma", "torch")},
    )
    save_model(stem, manifest, vectors.tensors())


def load_text_vectors(stem: Path) -> TextVectors:
    """Read what `save_text_vectors` wrote.

    Raises:
        ModelFileProblem: a file is missing or damaged, is of a kind that this photoorg does not
            have, or was made with other pretrained vectors than those installed.
    """
    file = load_model(stem, kind=TEXT_KIND)
    entry = _ENTRIES.get(str(file.manifest.config.get("kind")))
    if entry is None:
        raise ModelFileProblem(f"{stem} holds text vectors of a kind that is not known here.")
    vectors = entry.family.restore(entry.kind.key, file)
    if vectors.key != file.manifest.text_key:
        raise ModelFileProblem(
            f"{stem} was made with other vectors than those installed:"
            f" “{file.manifest.text_key}”, not “{vectors.key}”."
        )
    return vectors


def _entry(key: str) -> _Entry:
    try:
        return _ENTRIES[key]
    except KeyError:
        raise UsageProblem(
            f"There are no text vectors called {key!r}.",
            f"Choose one of: {', '.join(_ENTRIES)}.",
        ) from None
