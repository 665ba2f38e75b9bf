"""Protocol `embedding-plot`: pictures of the spaces of paper 002 (sections 8 and 10).

Do photos lie as far apart as their texts do? And what lies where?
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.evaluation.photo_map import draw_map
from photoorg.evaluation.photo_sets import load_sets
from photoorg.evaluation.plots import new_figure, save_figure
from photoorg.evaluation.report import Report, Row, Table
from photoorg.evaluation.text_spaces import TEXT_VECTORS, train_spaces

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.report import Setting
    from photoorg.evaluation.text_spaces import TextSpace

    Floats = NDArray[np.float32]

PROTOCOL = "embedding-plot"

SPACES = ("LDA 400", "Word2Vec mean", "GloVe")
"""Those of the paper's figure 12; it does not say which of its two LDA models."""

MAPPED = "Word2Vec mean"
"""What the paper's map (section 10.2) is of."""

PAIRS = 20_000

_COLOURS = ("red", "orange", "#ffc266", "yellow", "green")
"""Of pairs that share no, one, two, three and more tags (figure 12)."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Pairs of photos, and how far apart their photos and their texts lie.

    Attributes:
        text: float32 [pairs], scaled to 0 to 1.
        image: float32 [pairs], scaled to 0 to 1.
        shared: int64 [pairs], tags in common.
    """

    text: Floats
    image: Floats
    shared: NDArray[np.int64]

    @property
    def determination(self) -> float:
        """R^2: the share of the variance that a line explains; NaN if one side is constant."""
        text, image = self.text - self.text.mean(), self.image - self.image.mean()
        norms = float((text**2).sum()) * float((image**2).sum())
        return float((text * image).sum()) ** 2 / norms if norms else float("nan")


def evaluate_embedding_plot(setting: Setting) -> Report:
    """Run the protocol on the first set of a folder: trained on one part, drawn of the other.

    Raises:
        UsageProblem: the folder holds no set, or too little is said of its photos.
        MediaProblem: a photo cannot be read.
        EnvironmentProblem: the pictures cannot be written.
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    photos = load_sets(setting)[0]
    train, test = photos.rows(photos.training_rows()), photos.rows(photos.test_rows())
    one, other = random_pairs(len(test), PAIRS, seed=0)
    shared = test.shared_tags(one, other)
    rows, plots = [], []
    spaces = train_spaces(SPACES, train, setting)
    for name, space in spaces.items():
        distances = measure(space, test, one, other, shared)
        rows.append(Row(name, _figures(distances), note=f"text vectors: {TEXT_VECTORS[name]}"))
        if setting.plots is not None:
            plots.append(draw_distances(setting.plots, name, distances))
    if setting.plots is not None:
        setting.tell("Drawing the map")
        plots.append(draw_map(setting.plots, spaces[MAPPED], test, setting))
    table = Table(
        f"Distance of photos against distance of texts on {photos.name}",
        tuple(rows),
        "002, figure 12",
        f"{len(one)} random pairs of {len(test)} photos that were not trained on; image distance by"
        " tags in common.",
    )
    return Report.of(
        PROTOCOL,
        setting,
        started,
        [table],
        photos=len(train) + len(test),
        features=(photos.visual_key,),
        text=tuple(space.text.key for space in spaces.values()),
        models=("text-regression",),
        plots=plots,
    )


def random_pairs(
    photos: int, count: int, *, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw pairs of two different photos: row numbers [count] and [count]."""
    rng = np.random.default_rng(seed)
    one = rng.integers(photos, size=count)
    # One of the n - 1 others.
    other = rng.integers(photos - 1, size=count)
    return one, other + (other >= one)


def measure(
    space: TextSpace,
    photos: PhotoSet,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    shared: NDArray[np.int64],
) -> Distances:
    """Return the cosine distances of pairs in a space; those with an unknown text are left out."""
    images = space.images(photos.visual)
    texts, known = space.texts(photos.documents)
    usable = known[one] & known[other]
    one, other = one[usable], other[usable]
    return Distances(
        _scaled(1 - np.einsum("nd,nd->n", texts[one], texts[other])),
        _scaled(1 - np.einsum("nd,nd->n", images[one], images[other])),
        shared[usable],
    )


def draw_distances(folder: Path, name: str, distances: Distances) -> str:
    """Draw image against text distance, coloured by tags in common; return the picture's name.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    figure, axes = new_figure()
    for count, colour in enumerate(_COLOURS):
        last = count == len(_COLOURS) - 1
        chosen = distances.shared >= count if last else distances.shared == count
        axes.scatter(
            distances.text[chosen],
            distances.image[chosen],
            s=3,
            color=colour,
            label=f"{count} or more" if last else str(count),
            linewidths=0,
        )
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    axes.set_xlabel("distance of the texts")
    axes.set_ylabel("distance of the photos")
    axes.set_title(f"{name}, R² = {distances.determination:.3f}")
    axes.legend(title="tags in common", markerscale=4, loc="lower right", fontsize="small")
    return save_figure(figure, folder, f"distances-{name.lower().replace(' ', '-')}")


def _figures(distances: Distances) -> dict[str, float | None]:
    figures: dict[str, float | None] = {"r2": distances.determination}
    last = len(_COLOURS) - 1
    for count in range(last + 1):
        chosen = distances.shared >= count if count == last else distances.shared == count
        label = f"{count}+ shared" if count == last else f"{count} shared"
        figures[label] = float(distances.image[chosen].mean()) if chosen.any() else None
    return figures


def _scaled(values: Floats) -> Floats:
    """Scale to 0 to 1."""
    low, high = values.min(), values.max()
    return np.asarray((values - low) / (high - low if high > low else 1), dtype=np.float32)
