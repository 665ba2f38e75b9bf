"""Why a model sees a tag in a photo: the words it has in mind, and where in the photo they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import EnvironmentProblem, MediaProblem, PhotoorgError, UsageProblem
from photoorg.core.modelling import Explanation
from photoorg.media.thumbnails import ThumbnailStore
from photoorg.models.base import Observations, Translates, unit_rows
from photoorg.models.heat_map import Score, heat_map
from photoorg.models.vocabulary import phrases

if TYPE_CHECKING:
    from photoorg.catalog.catalog import Catalog
    from photoorg.core.ids import ModelKey, PhotoId
    from photoorg.features.text import TextEncoder
    from photoorg.jobs.workers import CloseLook
    from photoorg.models.registry import TrainedModel
    from photoorg.models.starter import StarterModel

Floats: TypeAlias = NDArray[np.float32]
LookClosely: TypeAlias = Callable[[Path], "CloseLook"]

WORDS = 10
"""Words that are told."""


class Explainer(Protocol):
    """What can be asked of a model about one photo."""

    @property
    def visual_key(self) -> ModelKey:
        """Which visual vectors it takes."""

    def words(self, visual: Floats) -> Sequence[tuple[str, float]]:
        """Return the words that a photo [d] brings to mind, best first."""

    def score(self, tag: str) -> Score | None:
        """Return what scores photos by a tag, or None where the model does not know the tag."""


class StarterExplainer:
    """Asks the starter model."""

    def __init__(self, model: StarterModel, encoder: TextEncoder | None) -> None:
        self._model = model
        self._encoder = encoder

    @property
    def visual_key(self) -> ModelKey:
        return self._model.visual_key

    def words(self, visual: Floats) -> Sequence[tuple[str, float]]:
        """Return what it suggests, with probabilities."""
        probabilities = self._model.suggest(self._model.embed_images(visual[None, :]))
        return self._model.pick(probabilities[0], WORDS)

    def score(self, tag: str) -> Score | None:
        if self._encoder is None:
            return None
        sentences = self._encoder.encode(phrases(tag))
        vector = self._model.embed_tags(sentences[None, :, :])[0]
        return lambda visual: self._model.embed_images(visual) @ vector


class TrainedExplainer:
    """Asks a model that was trained here."""

    def __init__(self, trained: TrainedModel) -> None:
        self._trained = trained

    @property
    def visual_key(self) -> ModelKey:
        return self._trained.model.visual_key

    def words(self, visual: Floats) -> Sequence[tuple[str, float]]:
        """Return the tags nearest to the text vector that it translates the photo to, with cosines.

        That is how paper 000, section 4.3, reads a reconstructed tag vector. A model that does not
        translate is asked how well each tag suits.
        """
        model, tags = self._trained.model, self._trained.tags
        if isinstance(model, Translates):
            expected = model.translate_image_to_text(visual[None, :])
            scores = (unit_rows(expected) @ unit_rows(tags.vectors).T)[0]
        else:
            scores = model.tag_scores(Observations(visual=visual[None, :]), tags.vectors)[0]
        known = np.flatnonzero(tags.known)
        best = known[np.argsort(-scores[known], kind="stable")][:WORDS].tolist()
        return [(tags.names[number], float(scores[number])) for number in best]

    def score(self, tag: str) -> Score | None:
        vectors = self._vector(tag)
        if vectors is None:
            return None
        model = self._trained.model
        return lambda visual: model.tag_scores(Observations(visual=visual), vectors)[:, 0]

    def _vector(self, tag: str) -> Floats | None:
        """Return a tag's text vector, [1, t]."""
        tags = self._trained.tags
        folded = [name.casefold() for name in tags.names]
        if tag.casefold() in folded:
            row = folded.index(tag.casefold())
            return tags.vectors[row : row + 1] if tags.known[row] else None
        encoded = self._trained.text.encode_words([tag])
        return encoded.vectors if encoded.known[0] else None


def explain(
    catalog: Catalog, explainer: Explainer, look: LookClosely, photo_id: PhotoId, tag: str
) -> Explanation:
    """Say why a model sees a tag in a photo, or with "" what it sees in it at all.

    Args:
        catalog: where the photo is.
        explainer: asks the model.
        look: has an encoder look where in a file it sees what it sees.
        photo_id: the photo.
        tag: what is asked about.

    Raises:
        UsageProblem: there is no such photo.
        MediaProblem: it cannot be read, and was not looked at before.
        WorkerUnavailable: no worker can look at it, and it was not looked at before.
    """
    _, stored = catalog.vectors(explainer.visual_key, [photo_id])
    close: CloseLook | None = None
    note = ""
    try:
        close = look(_file_of(catalog, photo_id))
    except UsageProblem as problem:
        note = problem.message  # these features do not tell where
    except (MediaProblem, EnvironmentProblem) as problem:
        if not len(stored):
            raise
        note = f"There is no map of the photo: {problem.message}"
    if not len(stored) and close is None:
        raise _not_looked_at(note)
    visual = stored[0] if len(stored) else _require(close).vector
    words = explainer.words(visual)
    asked = tag or (words[0][0] if words else "")
    score = explainer.score(asked) if asked else None
    if score is None:
        unknown = f"The model has no vector for “{asked}”." if asked else "The model sees no word."
        return Explanation(photo_id, tag, words, None, unknown)
    if close is None:
        return Explanation(photo_id, tag, words, None, note)
    heat = heat_map(score, close.map)
    if not heat.any():
        note = f"No part of the photo speaks for “{asked}”."
    elif not tag:
        note = f"The map shows what speaks for “{asked}”."
    return Explanation(photo_id, tag, words, heat, note)


def _file_of(catalog: Catalog, photo_id: PhotoId) -> Path:
    """Return a file that shows the photo: itself, or its thumbnail where its drive is away.

    Raises:
        UsageProblem: there is no such photo.
    """
    details = catalog.details(photo_id)
    if details is None:
        raise UsageProblem("This photo is no longer in the library.")
    path = details.paths[0]
    if not path.exists() and details.thumbnail_key:
        return ThumbnailStore(catalog.paths.thumbnails).path(details.thumbnail_key)
    return path


def _require(close: CloseLook | None) -> CloseLook:
    if close is None:
        raise AssertionError("a photo without a stored vector was looked at")
    return close


def _not_looked_at(note: str) -> PhotoorgError:
    return UsageProblem(f"This photo was not looked at yet. {note}".rstrip(), "Index its folder.")
