"""The tables of paper 002, sections 6 and 7, on sets of photos that are at hand.

The paper's sets are a million Instagram photos, 2.4 million web photos and MIRFlickr's 25,000.
Here a set of captioned and one of labelled photos stand for the first two, and both for the third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.evaluation.queries import (
    CUTOFF,
    OWN_QUERIES,
    PAPER_QUERIES,
    answerable,
    judge,
)
from photoorg.evaluation.report import Row, Table
from photoorg.evaluation.text_spaces import TEXT_VECTORS, TextSpace, fit_space, train_spaces
from photoorg.models.metrics import average_precision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.report import Setting
    from photoorg.features.words.base import Document

FAVOURITE = "GloVe tf-idf"
"""What the paper's noise test and class-wise figures are about."""

NOISE = (0.1, 0.2, 0.3)

_TAG_QUERY_VECTORS = ("LDA 200", "LDA 400", "Word2Vec tf-idf", "GloVe tf-idf", "FastText tf-idf")
_QUERY_SHARE = 0.05
_MAX_QUERIES = 1000

_TABLE_2: Mapping[str, tuple[float, float, float]] = {
    "LDA 200": (0.40, 0.73, 0.07),
    "LDA 400": (0.37, 0.68, 0.05),
    "Word2Vec mean": (0.46, 0.71, 0.20),
    "Word2Vec tf-idf": (0.41, 0.63, 0.18),
    "Doc2Vec": (0.22, 0.25, 0.18),
    "GloVe": (0.41, 0.72, 0.10),
    "GloVe tf-idf": (0.47, 0.82, 0.12),
    "FastText tf-idf": (0.31, 0.50, 0.12),
}
_TABLE_4: Mapping[float, tuple[float, float, float]] = {
    0.0: (0.47, 0.82, 0.12),
    0.1: (0.25, 0.43, 0.07),
    0.2: (0.18, 0.32, 0.05),
    0.3: (0.15, 0.25, 0.05),
}
_TABLE_5: Mapping[str, float] = {"Word2Vec tf-idf": 0.867, "GloVe tf-idf": 0.883}


@dataclass(frozen=True, slots=True)
class Arena:
    """A set of photos, cut in two, with the spaces trained on the one part.

    Attributes:
        train: what is learned from.
        test: what is searched.
        spaces: by the paper's names of the text vectors.
    """

    train: PhotoSet
    test: PhotoSet
    spaces: Mapping[str, TextSpace]

    @property
    def name(self) -> str:
        return self.train.name


def create_arena(photos: PhotoSet, setting: Setting) -> Arena:
    """Cut a set in two and train all spaces on the first part.

    The publisher's parts are used where there are some, else halves (section 7.1, experiment 2).

    Raises:
        UsageProblem: too little is said of the photos.
        Cancelled: through the setting's token.
    """
    if any(photos.dataset.splits):
        train, test = photos.training_rows(), photos.test_rows()
    else:
        order = np.random.default_rng(0).permutation(len(photos))
        train, test = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    learned = photos.rows(train)
    return Arena(learned, photos.rows(test), train_spaces(tuple(TEXT_VECTORS), learned, setting))


def query_tables(arena: Arena, others: Sequence[Arena], setting: Setting) -> list[Table]:
    """Return P@5 of queries on a set, of spaces trained on it (table 2) and on others (table 3)."""
    tables = []
    for kind, queries in (("the paper's", PAPER_QUERIES), ("this data's", OWN_QUERIES)):
        printed = queries is PAPER_QUERIES
        right = answerable(queries, arena.test)
        left_out = [query for query in queries if query not in right]
        note = f"{len(right)} of {len(queries)} queries"
        if left_out:
            note += f"; fewer than {CUTOFF} photos answer " + ", ".join(left_out)
        for source in (arena, *others):
            setting.tell(f"Searching {arena.name}")
            rows = [
                Row(
                    name,
                    judge(space, arena.test, right).summary(),
                    paper=_printed(_TABLE_2.get(name)) if source is arena and printed else {},
                )
                for name, space in source.spaces.items()
            ]
            title = f"P@{CUTOFF} of {kind} queries on {arena.name}"
            tables.append(
                Table(
                    title if source is arena else f"{title}, trained on {source.name}",
                    tuple(rows),
                    "002, table 2" if source is arena else "002, table 3",
                    f"{note}.",
                )
            )
    return tables


def noise_table(arena: Arena, setting: Setting) -> Table:
    """Return P@5 of all queries with some texts exchanged for random ones (table 4)."""
    right = answerable(tuple(dict.fromkeys((*PAPER_QUERIES, *OWN_QUERIES))), arena.test)
    clean = arena.spaces[FAVOURITE]
    rows = []
    for share in (0.0, *NOISE):
        space = clean
        if share:
            documents = exchanged(arena.train.documents, share, seed=0)
            space = fit_space(FAVOURITE, clean.text, arena.train, setting, documents=documents)
        rows.append(
            Row(
                f"{share:.0%} introduced noise" if share else "without introduced noise",
                judge(space, arena.test, right).summary(),
                paper=_printed(_TABLE_4[share]),
            )
        )
    return Table(
        f"P@{CUTOFF} with exchanged texts, {FAVOURITE} on {arena.name}",
        tuple(rows),
        "002, table 4",
        f"{len(right)} queries. All that is said of a photo is exchanged at once.",
    )


def exchanged(documents: Sequence[Document], share: float, *, seed: int) -> tuple[Document, ...]:
    """Give a share of the photos the text of another, random photo."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(documents))[: round(share * len(documents))]
    noisy = list(documents)
    for row in chosen.tolist():
        # One of the n - 1 others.
        other = int(rng.integers(len(documents) - 1))
        noisy[row] = documents[other + (other >= row)]
    return tuple(noisy)


def tag_query_table(
    photos: PhotoSet, arena: Arena, others: Sequence[Arena], setting: Setting
) -> Table:
    """Return MAP with a photo's tags as query (section 7.1, experiments 1 and 3; tables 5, 6).

    A found photo is right if it shares a tag with the query's photo. Five percent of the photos are
    queries; the others are trained on and searched.
    """
    if any(photos.dataset.splits):
        rng = np.random.default_rng(0)
        count = min(len(arena.test), max(1, round(_QUERY_SHARE * len(photos))), _MAX_QUERIES)
        queries = arena.test.rows(np.sort(rng.permutation(len(arena.test))[:count]))
        searched, own = arena.train, arena.spaces
    else:
        order = np.random.default_rng(1).permutation(len(photos))
        count = min(max(1, round(_QUERY_SHARE * len(photos))), _MAX_QUERIES)
        queries, searched = photos.rows(np.sort(order[:count])), photos.rows(np.sort(order[count:]))
        own = train_spaces(_TAG_QUERY_VECTORS, searched, setting)
    rows = []
    for source, spaces in ((photos.name, own), *((arena.name, arena.spaces) for arena in others)):
        for name in _TAG_QUERY_VECTORS:
            setting.tell(f"Searching {photos.name} by tags")
            figure = tag_query_map(spaces[name], queries, searched)
            printed = _TABLE_5.get(name) if source == photos.name else None
            rows.append(
                Row(
                    f"{name}, trained on {source}",
                    {"map": figure},
                    paper={} if printed is None else {"map": printed},
                )
            )
    return Table(
        f"MAP of tags as query on {photos.name}",
        tuple(rows),
        "002, tables 5 and 6",
        f"{len(queries)} queries, {len(searched)} photos searched, right if one tag is shared.",
    )


def tag_query_map(space: TextSpace, queries: PhotoSet, searched: PhotoSet) -> float | None:
    """Return the mean over queries of average precision; None if no query has a right answer."""
    documents = [queries.normaliser.document(tags=tags) for tags in queries.tags]
    texts, _ = space.texts(documents)
    images = space.images(searched.visual)
    carriers: dict[str, list[int]] = {}
    for row, tags in enumerate(searched.tags):
        for tag in tags:
            carriers.setdefault(tag, []).append(row)
    figures = []
    for text, tags in zip(texts, queries.tags, strict=True):
        right = np.zeros(len(images), dtype=np.bool_)
        right[[row for tag in tags for row in carriers.get(tag, ())]] = True
        if right.any():
            figures.append(average_precision(images @ text, right))
    return float(np.mean(figures)) if figures else None


def concept_table(arena: Arena, others: Sequence[Arena], setting: Setting) -> Table:
    """Return the average precision of each concept's name as query (experiment 2, table 7)."""
    concepts = arena.test.dataset.concepts
    truth = arena.test.dataset.matrix(concepts)
    columns = {}
    for source in (arena, *others):
        setting.tell(f"Searching {arena.name} by concepts")
        space = source.spaces[FAVOURITE]
        documents = [
            # "baby*" is the photos in which the baby is prominent; the query is its word.
            arena.test.normaliser.document(tags=[concept.rstrip("*").replace("_", " ")])
            for concept in concepts
        ]
        texts, known = space.texts(documents)
        scores = texts @ space.images(arena.test.visual).T
        columns[f"trained on {source.name}"] = [
            average_precision(row, right) if has else 0.0
            for row, right, has in zip(scores, truth.T, known, strict=True)
        ]
    means = {name: float(np.mean(values)) for name, values in columns.items()}
    rows = [
        Row("MAP", means),
        *(
            Row(concept, {name: values[place] for name, values in columns.items()})
            for place, concept in enumerate(concepts)
        ),
    ]
    return Table(
        f"AP of concepts as query on {arena.name}, {FAVOURITE}",
        tuple(rows),
        "002, table 7",
        f"{len(arena.train)} photos to train on, {len(arena.test)} searched."
        + ("" if any(arena.train.dataset.tags) else " What is trained on are labels or captions."),
    )


def _printed(figures: tuple[float, float, float] | None) -> dict[str, float]:
    if figures is None:
        return {}
    return dict(zip(("all", "simple", "complex"), figures, strict=True))
