"""The product's default model in protocol `tag-auc`, and whether it is better than the other rows.

A concept is a tag of the person's; what the labelled photos say of it is yes, the other tags of a
photo are its company, and its own tag is out of the dictionary as for all other rows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoorg.features.registry import features_of
from photoorg.models.personal_fit import UNSAID, YES, Evidence, fit_personal
from photoorg.models.starter import StarterModel
from photoorg.models.vocabulary import TEMPLATES, phrases

Floats = NDArray[np.float32]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from photoorg.evaluation.report import JsonValue, Setting
    from photoorg.features.text import TextEncoder

    Rows = NDArray[np.int64]
    Truth = NDArray[np.bool_]

DEFAULT = "default"

_COMPANY = 600
"""Tags that may keep a concept company, the most used first."""


@dataclass(frozen=True, slots=True)
class StarterSight:
    """How the starter model sees all photos.

    Attributes:
        rows: float32 [photos, d], the vectors that it takes.
        embedded: float32 [photos, k], what it makes of them.
    """

    rows: Floats
    embedded: Floats


def look_by_starter(paths: Sequence[Path], setting: Setting) -> StarterSight | None:
    """Return how the starter sees photos; None where the setting has other encoders."""
    starter = StarterModel.load()
    rows, encoder = setting.vectors(paths, features_of(starter.visual_key))
    if encoder.key != starter.visual_key:
        return None
    return StarterSight(rows, starter.embed_images(rows))


class DefaultTags:
    """Learns one concept from labelled photos, their pixels and their other tags.

    Args:
        starter: looks at photos.
        text: encodes names.
        visual: float32 [photos, d], the vectors that the starter takes.
        bag: float32 [photos, words], which tags the photos have.
        concepts: names.
        own: [concepts], the column of each in the bag, or -1.
    """

    def __init__(
        self,
        starter: StarterModel,
        text: TextEncoder,
        visual: Floats,
        bag: Floats,
        concepts: Sequence[str],
        own: NDArray[np.intp],
    ) -> None:
        sentences = [sentence for name in concepts for sentence in phrases(name)]
        vectors = text.encode(sentences).reshape(len(concepts), len(TEMPLATES), -1)
        self._words = starter.embed_tags(vectors)
        self._spread = starter.spread
        self._traits = starter.traits(visual)
        self._tags = np.asarray(bag > 0)
        self._frequent = np.argsort(-self._tags.sum(axis=0), kind="stable")
        self._concepts = tuple(concepts)
        self._own = own

    def scores(self, truth: Truth, labelled: Rows, library: Rows) -> Floats:
        """Return log odds of all photos, [photos, concepts].

        Args:
            truth: bool [photos, concepts], of which the labelled rows are looked at.
            labelled: rows to learn the concepts from.
            library: rows of photos that are known without labels.
        """
        return np.stack(
            [
                self._concept(number, truth[:, number], labelled, library)
                for number in range(len(self._concepts))
            ],
            axis=1,
        )

    def _concept(self, number: int, truth: Truth, labelled: Rows, library: Rows) -> Floats:
        columns = self._frequent[self._frequent != self._own[number]][:_COMPANY]
        tags = np.zeros((len(self._traits), len(columns) + 1), dtype=np.bool_)
        tags[:, :-1] = self._tags[:, columns]
        said = np.where(tags[labelled], YES, UNSAID).astype(np.int8)
        said[:, -1] = np.where(truth[labelled], YES, UNSAID)
        words = np.zeros((len(columns) + 1, self._words.shape[1]), dtype=np.float32)
        words[-1] = self._words[number]
        evidence = Evidence(
            names=(*(f"tag {column}" for column in columns.tolist()), self._concepts[number]),
            words=words,
            traits=self._traits[labelled],
            said=said,
            library=self._traits[library],
            examples=(said == YES).sum(axis=0).astype(np.int64),
            tagged=len(labelled),
        )
        model = fit_personal(evidence, self._spread).model
        return model.log_odds(model.witnesses(self._traits, tags))[:, -1]


def compare(
    by_concept: Sequence[Mapping[str, NDArray[np.float64]]], name: str
) -> dict[str, JsonValue]:
    """Compare one row with all others, concept by concept.

    The seeds are averaged first, since they share concepts and judged photos. Tested is whether the
    mean difference over concepts could come about by chance: all ways to turn signs round are gone
    through (Fisher 1935), which is exact.

    Args:
        by_concept: for each seed, the areas under the curve of each row, [concepts].
        name: of the row.

    Returns:
        For each other row: mean difference, in how many concepts the row is better, and p.
    """
    means = {row: np.mean([seed[row] for seed in by_concept], axis=0) for row in by_concept[0]}
    answer: dict[str, JsonValue] = {}
    for row, areas in means.items():
        if row != name:
            difference = means[name] - areas
            answer[row] = {
                "difference": round(float(difference.mean()), 4),
                "better_in": int((difference > 0).sum()),
                "concepts": len(difference),
                "p": round(sign_flip_p(difference), 4),
            }
    return answer


def sign_flip_p(difference: NDArray[np.float64]) -> float:
    """Return the two-sided p of paired differences [n] by turning their signs round, n <= 20."""
    if len(difference) > 20:
        raise ValueError(f"{len(difference)} differences have too many signs to go through")
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(difference))))
    flipped = np.abs(signs @ difference)
    return float((flipped >= abs(difference.sum()) - 1e-12).mean())
