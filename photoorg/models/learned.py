"""The base of the models that are learned on a person's own photos and tags.

A model is a configuration, the two kinds of vectors that it was made for, and named arrays. `fit`
makes one (with torch); all else is numpy, so that using a model needs nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest, ModelFile
from photoorg.models.base import Observations, Translates, unit_rows

if TYPE_CHECKING:
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData

Floats = NDArray[np.float32]
ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True, slots=True)
class Sides:
    """The two kinds of vectors between which a model mediates."""

    visual_key: ModelKey
    visual_dimension: int
    text_key: ModelKey
    text_dimension: int

    @classmethod
    def of(cls, data: TrainingData) -> Sides:
        """Return the sides of training data."""
        return cls(data.visual_key, data.visual.shape[1], data.text.key, data.text_rows.shape[1])


@dataclass(frozen=True, slots=True)
class Seen:
    """Observations with nothing left open: what is missing is a row of zeros and said so.

    Attributes:
        visual: float32 [n, visual dimension].
        text: float32 [n, text dimension].
        has_visual: bool [n].
        has_text: bool [n].
    """

    visual: Floats
    text: Floats
    has_visual: NDArray[np.bool_]
    has_text: NDArray[np.bool_]


class LearnedModel(ABC, Generic[ConfigT]):
    """A cross-modal model that can be trained, saved and loaded.

    Args:
        config: hyperparameters.
        sides: what it was made for.
        tensors: all that was learned, by name.
    """

    kind: ClassVar[str]
    """Name on the command line."""

    config_type: ClassVar[type[Any]]
    """The dataclass of its configuration; its defaults are the paper's hyperparameters."""

    def __init__(self, config: ConfigT, sides: Sides, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.sides = sides
        self.tensors = dict(tensors)

    @property
    def visual_key(self) -> ModelKey:
        return self.sides.visual_key

    @property
    def text_key(self) -> ModelKey:
        return self.sides.text_key

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Length of an embedding."""

    @classmethod
    @abstractmethod
    def fit(cls, data: TrainingData, config: ConfigT, run: Run) -> Self:
        """Train a model.

        Raises:
            UsageProblem: the data do not allow it; the message says why.
            Cancelled: through the run's token.
        """

    @classmethod
    @abstractmethod
    def from_file(cls, config: ConfigT, sides: Sides, file: ModelFile) -> Self:
        """Build a model from what was read, every tensor checked against its shape.

        Raises:
            ModelFileProblem: a tensor is missing or has another shape.
        """

    @abstractmethod
    def embed_joint(self, seen: Observations) -> Floats:
        """Map photos with whatever is known of them to rows [n, dimension].

        Rows are of unit length, or zero where nothing at all is known.
        """

    def embed_images(self, visual: Floats) -> Floats:
        """Map visual vectors [n, visual dimension] to unit rows [n, dimension]."""
        return self.embed_joint(Observations(visual=visual))

    def embed_texts(self, text: Floats) -> Floats:
        """Map text vectors [n, text dimension] to unit rows [n, dimension]."""
        return self.embed_joint(Observations(text=text))

    def tag_scores(self, seen: Observations, tags: Floats) -> Floats:
        """Return how well tags suit photos, float32 [n, k]; higher is better.

        A model that translates is asked for the text vector that it expects of each photo, and tags
        near to it suit (paper 000, section 4.3); where no photo is seen, its tags' own vector is
        what is expected. Any other model compares in its joint space. Where nothing is known, all
        tags score 0.

        Args:
            seen: photos [n], with their tags where they have some.
            tags: float32 [k, text dimension], the vectors of single tags.
        """
        if not isinstance(self, Translates):
            return unit_rows(self.embed_joint(seen)) @ unit_rows(self.embed_texts(tags)).T
        known = self.complete(seen)
        expected = np.where(
            known.has_visual[:, None], self.translate_image_to_text(known.visual), known.text
        )
        return unit_rows(expected) @ unit_rows(tags).T

    def complete(self, seen: Observations) -> Seen:
        """Fill what is missing with zeros.

        Raises:
            ValueError: vectors have another length than the model was made for.
        """
        n = len(seen)
        visual, has_visual = _side(seen.visual, seen.has_visual, n, self.sides.visual_dimension)
        text, has_text = _side(seen.text, seen.has_text, n, self.sides.text_dimension)
        return Seen(visual, text, has_visual, has_text)

    def manifest(self, **said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return configuration and sides as JSON values, for `sides_of` and `config_of`."""
        return {
            "config": asdict(self.config),  # type: ignore[call-overload]  # bound by config_type
            "sides": asdict(self.sides),
            **said,
        }


def training_fingerprint(kind: str, data: TrainingData, config: Any) -> str:
    """Name a training by kind, configuration and data, for `training.optimise`.

    The number of epochs is left out: a training that is asked for more of them goes on.
    """
    settings = asdict(config)
    if isinstance(settings.get("schedule"), dict):
        settings["schedule"] = {**settings["schedule"], "epochs": None}
    return f"{kind}|{settings}|{data.fingerprint()}"


def _side(
    rows: Floats | None, known: NDArray[np.bool_] | None, n: int, dimension: int
) -> tuple[Floats, NDArray[np.bool_]]:
    if rows is None:
        return np.zeros((n, dimension), dtype=np.float32), np.zeros(n, dtype=np.bool_)
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise ValueError(f"expected rows of {dimension} numbers, not of shape {rows.shape}")
    # A row of zeros says nothing, whoever counts it as known: a text without a known word is one.
    said: NDArray[np.bool_] = np.asarray(rows.any(axis=1))
    if known is not None:
        said = said & known
    rows = np.asarray(rows, dtype=np.float32)
    return (rows if said.all() else np.where(said[:, None], rows, np.float32(0))), said


def sides_of(manifest: Manifest) -> Sides:
    """Read back the sides.

    Raises:
        ModelFileProblem: the manifest lacks them.
    """
    try:
        raw = manifest.config["sides"]
        sides = Sides(
            ModelKey(str(raw["visual_key"])),
            int(raw["visual_dimension"]),
            ModelKey(str(raw["text_key"])),
            int(raw["text_dimension"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileProblem(
            f"The {manifest.kind} model does not say what it is for ({error})."
        ) from error
    if not (0 < sides.visual_dimension < 1 << 20 and 0 < sides.text_dimension < 1 << 20):
        raise ModelFileProblem(f"The {manifest.kind} model names impossible dimensions.")
    return sides


def config_of(manifest: Manifest, config_type: type[ConfigT]) -> ConfigT:
    """Read back the configuration.

    Raises:
        ModelFileProblem: it does not fit `config_type`.
    """
    try:
        return _revive(config_type, manifest.config["config"])
    except (KeyError, TypeError, ValueError, UsageProblem) as error:
        raise ModelFileProblem(
            f"The {manifest.kind} model's configuration cannot be read ({error})."
        ) from error


def _revive(kind: type[ConfigT], raw: Any) -> ConfigT:
    """Build a dataclass, nested ones included, from JSON values; types are checked."""
    if not isinstance(raw, dict):
        raise TypeError(f"{kind.__name__} is not an object")
    hints = get_type_hints(kind)
    unknown = raw.keys() - hints.keys()
    if unknown:
        raise TypeError(f"{kind.__name__} has no {min(unknown)!r}")
    values = {
        field.name: _revive_value(
            f"{kind.__name__}.{field.name}", hints[field.name], raw[field.name]
        )
        for field in fields(kind)  # type: ignore[arg-type]  # any dataclass will do
        if field.name in raw
    }
    return kind(**values)


def _revive_value(name: str, wanted: Any, value: Any) -> Any:
    """Return a JSON value as the type that a dataclass's field has.

    Raises:
        TypeError: it has another one.
    """
    if get_origin(wanted) is Literal:
        fits = value in get_args(wanted)
    elif get_origin(wanted) in (UnionType, Union):
        for each in get_args(wanted):
            try:
                return _revive_value(name, each, value)
            except TypeError:
                continue
        fits = False
    elif get_origin(wanted) is tuple and isinstance(value, (list, tuple)):
        parts = get_args(wanted)
        if len(parts) == 2 and parts[1] is Ellipsis:
            parts = (parts[0],) * len(value)
        if len(parts) != len(value):
            raise TypeError(f"{name} is {value!r}")
        return tuple(_revive_value(name, *each) for each in zip(parts, value, strict=True))
    elif isinstance(wanted, type) and is_dataclass(wanted):
        return _revive(wanted, value)
    elif wanted is float and type(value) is int:
        return float(value)
    else:
        # A flag is no number, although Python has it that way.
        fits = isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
    if not fits:
        raise TypeError(f"{name} is {value!r}")
    return value
