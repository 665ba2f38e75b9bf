"""A map of a space with photos and words at their places (paper 002, section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from photoorg.evaluation.plots import save_picture
from photoorg.evaluation.queries import OWN_QUERIES, PAPER_QUERIES
from photoorg.models.photo_features import load_images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from photoorg.evaluation.photo_sets import PhotoSet
    from photoorg.evaluation.report import Setting
    from photoorg.evaluation.text_spaces import TextSpace

    Floats = NDArray[np.float32]

CANVAS = 2000
PHOTO = 50
"""Pixels a side (section 10.3)."""

MOST_PHOTOS = 1000

_PERPLEXITY = 30.0
_FONT_SIZE = 26
_MARGIN = 6
_INK, _PAPER = "white", "#1f4e79"


def draw_map(folder: Path, space: TextSpace, photos: PhotoSet, setting: Setting) -> str:
    """Draw photos and the queries' words where t-SNE puts them; return the picture's name.

    Of things that would overlap the later one is left out, words coming first.

    Raises:
        MediaProblem: a photo cannot be read.
        EnvironmentProblem: the folder cannot be written.
        Cancelled: through the setting's token.
    """
    if len(photos) > MOST_PHOTOS:
        chosen = np.random.default_rng(0).permutation(len(photos))[:MOST_PHOTOS]
        photos = photos.rows(np.sort(chosen))
    queries = tuple(dict.fromkeys((*PAPER_QUERIES, *OWN_QUERIES)))
    documents = [photos.normaliser.document(captions=[q.replace("+", " ")]) for q in queries]
    texts, known = space.texts(documents)
    words = [query for query, has in zip(queries, known.tolist(), strict=True) if has]
    labels = [_label(word) for word in words]
    vectors = np.concatenate([texts[known], space.images(photos.visual)])
    sizes = [label.size for label in labels] + [(PHOTO, PHOTO)] * len(photos)
    corners = to_canvas(flatten(vectors), sizes)
    kept = without_overlaps(corners, sizes)
    picture = paste(photos, labels, corners, kept, setting)
    return save_picture(picture, folder, f"map-{space.name.lower().replace(' ', '-')}")


def flatten(vectors: Floats) -> Floats:
    """Return t-SNE's places of unit rows [n, d], [n, 2]; likeness is the cosine."""
    from sklearn.manifold import TSNE

    # A perplexity has to be smaller than the number of neighbours.
    perplexity = min(_PERPLEXITY, max(1.0, (len(vectors) - 1) / 3))
    tsne = TSNE(perplexity=perplexity, init="pca", metric="cosine", random_state=0)
    return np.asarray(tsne.fit_transform(vectors), dtype=np.float32)


def to_canvas(places: Floats, sizes: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Scale places [n, 2] to the canvas; things of sizes [n] (width, height) stay on it.

    Returns:
        The top left corners, [n, 2] pixels from the canvas's top left.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    share = (places - low) / np.where(high > low, high - low, 1)
    room = CANVAS - np.array(sizes)
    return np.asarray(np.floor(share * room), dtype=np.int64)


def without_overlaps(
    corners: NDArray[np.int64], sizes: Sequence[tuple[int, int]]
) -> tuple[int, ...]:
    """Return which things are drawn so that no two share a pixel; earlier ones go first.

    Args:
        corners: [n, 2], top left.
        sizes: [n], width and height.
    """
    kept: list[int] = []
    ends = corners + np.array(sizes)
    for number in range(len(corners)):
        apart = (corners[kept] >= ends[number]) | (ends[kept] <= corners[number])
        if apart.any(axis=1).all():
            kept.append(number)
    return tuple(kept)


def paste(
    photos: PhotoSet,
    labels: Sequence[Image.Image],
    corners: NDArray[np.int64],
    kept: Sequence[int],
    setting: Setting,
) -> Image.Image:
    """Put words and photos on a canvas."""
    from PIL import Image

    canvas = Image.new("RGB", (CANVAS, CANVAS), "white")
    shown = [number for number in kept if number >= len(labels)]
    paths = [photos.dataset.paths[number - len(labels)] for number in shown]
    place = iter(shown)
    for batch in load_images(paths, PHOTO, label="Drawing the map", token=setting.token):
        for image in batch:
            x, y = corners[next(place)].tolist()
            canvas.paste(Image.fromarray(image), (x, y))
    for number in kept:
        if number < len(labels):
            x, y = corners[number].tolist()
            canvas.paste(labels[number], (x, y))
    return canvas


def _label(words: str) -> Image.Image:
    """Return a picture of words, as large as they need."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(_FONT_SIZE)
    left, top, right, bottom = font.getbbox(words)
    size = (round(right - left) + 2 * _MARGIN, round(bottom - top) + 2 * _MARGIN)
    label = Image.new("RGB", size, _PAPER)
    ImageDraw.Draw(label).text((_MARGIN - left, _MARGIN - top), words, fill=_INK, font=font)
    return label
