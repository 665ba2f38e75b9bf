"""The product's own model as a learner of the protocols: few examples in, probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photoorg.core.quality import DEFAULT_TARGET
from photoorg.models.personal_fit import UNSAID, YES, Evidence, fit_personal
from photoorg.models.personal_quality import judge
from photoorg.models.vocabulary import TEMPLATES, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from photoorg.features.text import TextEncoder
    from photoorg.models.starter_parts import Spread

    Floats = NDArray[np.float32]
    Rows = NDArray[np.int64]
    Truth = NDArray[np.bool_]


class TeachableModel(Protocol):
    """What looks at photos for the personal model."""

    @property
    def spread(self) -> Spread:
        """How traits vary over photos in general."""

    def traits(self, visual: Floats) -> Floats:
        """Map visual vectors [n, v] to what tags are learned from, [n, d]."""

    def embed_tags(self, text: Floats) -> Floats:
        """Map text vectors [k, phrases, t] of names to unit rows [k, e]."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learned from one draw of examples.

    Attributes:
        probabilities: float32 [photos, tags].
        thresholds: float32 [tags], from where on a tag is suggested; infinite where it is not.
    """

    probabilities: Floats
    thresholds: Floats


class PersonalLearner:
    """The default model. Absence from an example is no "no": only its presence is learned from.

    Args:
        model: looks at photos.
        text: encodes names.
        names: the tags.
        library: rows of photos that are in the library, tagged or not.
    """

    name = "default"

    def __init__(
        self, model: TeachableModel, text: TextEncoder, names: Sequence[str], library: Rows
    ) -> None:
        sentences = [sentence for name in names for sentence in phrases(name)]
        vectors = text.encode(sentences).reshape(len(names), len(TEMPLATES), -1)
        self._names = tuple(names)
        self._words = model.embed_tags(vectors)
        self._model = model
        self._library = library

    def teach(
        self, visual: Floats, truth: Truth, examples: Rows, *, target: float = DEFAULT_TARGET
    ) -> Taught:
        """Learn from examples; see `Learner.probabilities`.

        Args:
            visual: [photos, d].
            truth: bool [photos, tags]; only the rows of the examples are looked at.
            examples: rows to learn from.
            target: wanted precision of suggestions.
        """
        said = np.where(truth[examples], YES, UNSAID).astype(np.int8)
        traits = self._model.traits(visual)
        evidence = Evidence(
            names=self._names,
            words=self._words,
            traits=traits[examples],
            said=said,
            library=traits[self._library],
            examples=(said == YES).sum(axis=0).astype(np.int64),
            tagged=int((said == YES).any(axis=1).sum()),
        )
        learned = fit_personal(evidence, self._model.spread)
        figures = judge(learned, said, target)
        nothing_yet = np.zeros((len(traits), len(self._names)), dtype=np.bool_)
        heard = learned.model.witnesses(traits, nothing_yet)
        return Taught(
            learned.model.probabilities(heard),
            np.array([each.threshold for each in figures], dtype=np.float32),
        )

    def probabilities(self, visual: Floats, truth: Truth, examples: Rows) -> Floats:
        return self.teach(visual, truth, examples).probabilities
