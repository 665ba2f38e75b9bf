"""What every protocol is given, and what it answers: tables of figures and how they came about.

A protocol is a function `evaluate_x(setting: Setting) -> Report`. A figure in a table was computed
in the same run; what could not be computed is None and the row's note says why. What a paper
printed stands beside it under a name of its own.
"""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.core.progress import CancelToken, Progress
from photoorg.features.registry import create_visual_encoder, features_of
from photoorg.models.photo_features import ProgressListener, encode_photos
from photoorg.models.schedule import Run

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from photoorg.core.ids import ModelKey
    from photoorg.features.visual import VisualEncoder

JsonValue: TypeAlias = str | int | float | bool | dict[str, "JsonValue"] | list["JsonValue"] | None

PAPER = "paper"
"""Column and JSON key of what the paper printed for a row's first figure."""

_LIBRARIES = ("numpy", "scikit-learn", "gensim", "torch", "timm", "openvino")
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """Under what circumstances a protocol is to run.

    Attributes:
        data: folder of photos with tables.
        seeds: how often what is drawn at random is repeated, with the seeds 0, 1, ...
        cache: folder where visual vectors are kept and looked for; None for neither.
        progress: hears how far the work is.
        token: lets the caller stop.
        plots: folder for pictures, made when it is needed; None for no pictures.
        encoder: gives the visual encoder of a name; raises `WeightsMissing` where its weights are
            not on this machine.
    """

    data: Path
    seeds: int = 3
    cache: Path | None = None
    progress: ProgressListener | None = None
    token: CancelToken | None = None
    plots: Path | None = None
    encoder: Callable[[str], VisualEncoder] = create_visual_encoder

    def vectors(
        self, paths: Sequence[Path], name: str
    ) -> tuple[NDArray[np.float32], VisualEncoder]:
        """Return the vectors of photos, float32 [n, d], and what made them.

        Raises:
            WeightsMissing: the encoder's weights are not here.
            MediaProblem: a photo cannot be read.
            Cancelled: through the token.
        """
        encoder = self.encoder(name)
        rows = encode_photos(
            paths,
            encoder,
            cache=self.cache,
            label=f"Reading photos ({name})",
            progress=self.progress,
            token=self.token,
        )
        return rows, encoder

    def vectors_of(
        self, paths: Sequence[Path], key: ModelKey
    ) -> tuple[NDArray[np.float32], VisualEncoder]:
        """Return the vectors of photos that a model takes; see `vectors`.

        Raises:
            UsageProblem: the encoder that is here makes others.
        """
        rows, encoder = self.vectors(paths, features_of(key))
        if encoder.key != key:
            raise UsageProblem(f"The model takes the vectors “{key}”, here are “{encoder.key}”.")
        return rows, encoder

    def tell(self, label: str, done: int = 0, total: int = 0) -> None:
        """Say how far the work is, and stop here if that is asked for.

        Raises:
            Cancelled: through the token.
        """
        if self.token is not None:
            self.token.check()
        if self.progress is not None:
            self.progress(Progress("evaluate", label, done, total))

    def run(self, seed: int) -> Run:
        """Return the circumstances of one training."""
        return Run(seed, self.token)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        name: what was measured, as the paper calls it.
        figures: by name, the one that counts most first; None where it could not be computed.
        std: standard deviation over the seeds, by the figure's name; those that depend on a seed.
        paper: what the paper printed, by the figure's name, where it did.
        note: what a reader must know of this row alone.
    """

    name: str
    figures: Mapping[str, float | None]
    std: Mapping[str, float] = field(default_factory=dict)
    paper: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of_seeds(
        cls,
        name: str,
        seeds: Sequence[Mapping[str, float]],
        *,
        paper: Mapping[str, float] | None = None,
        note: str = "",
    ) -> Row:
        """Summarise the figures of several seeds by mean and (population) standard deviation.

        A single run, or one that no seed changes, has a deviation only if it was repeated.
        """
        names = tuple(seeds[0])
        values = {key: np.array([figures[key] for figures in seeds]) for key in names}
        return cls(
            name,
            {key: float(each.mean()) for key, each in values.items()},
            {key: float(each.std()) for key, each in values.items()} if len(seeds) > 1 else {},
            paper or {},
            note,
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return `{name, ...figures, std, ...}`.

        "std" belongs to the first figure, "<figure>_std" to the others; likewise "paper".
        """
        result: dict[str, JsonValue] = {"name": self.name}
        result.update({key: _json_number(value) for key, value in self.figures.items()})
        first = next(iter(self.figures), "")
        result["std"] = _json_number(self.std.get(first))
        for suffix, values in (("std", self.std), (PAPER, self.paper)):
            for key, value in values.items():
                result[suffix if key == first else f"{key}_{suffix}"] = _json_number(value)
        if self.note:
            result["note"] = self.note
        return result


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are compared with each other.

    Attributes:
        title: what was compared, on which data.
        rows: one for each method.
        follows: paper, section and table.
        note: what a reader must know of all rows.
    """

    title: str
    rows: tuple[Row, ...]
    follows: str = ""
    note: str = ""

    def to_json(self) -> list[dict[str, JsonValue]]:
        """Return the rows, each with the table's title."""
        return [{"table": self.title, **row.to_json()} for row in self.rows]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what circumstances figures came about.

    Attributes:
        protocol: name on the command line.
        data: folder that was read.
        photos: how many photos were looked at.
        seed: of all that is drawn at random; the first of them where there are several.
        seconds: wall time.
        features: key of the visual vectors.
        text: key of the text vectors.
        model: kind of the model that was measured.
        seeds: how often the random parts were repeated.
    """

    protocol: str
    data: str
    photos: int
    seed: int
    seconds: float
    features: str
    text: str
    model: str
    seeds: int = 1

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "protocol": self.protocol,
            "data": self.data,
            "photos": self.photos,
            "seed": self.seed,
            "seeds": self.seeds,
            "seconds": round(self.seconds, 2),
            "features": self.features,
            "text": self.text,
            "model": self.model,
            "versions": dict(library_versions()),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A protocol's answer.

    Attributes:
        tables: the figures.
        conditions: how they came about.
        more: further keys of the JSON document.
        plots: names of the pictures that were written.
    """

    tables: tuple[Table, ...]
    conditions: Conditions
    more: Mapping[str, JsonValue] = field(default_factory=dict)
    plots: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        protocol: str,
        setting: Setting,
        started: float,
        tables: Sequence[Table],
        *,
        photos: int,
        features: Sequence[ModelKey | str] = (),
        text: Sequence[ModelKey | str] = (),
        models: Sequence[str] = (),
        more: Mapping[str, JsonValue] | None = None,
        plots: Sequence[str] = (),
    ) -> Report:
        """Put an answer together; `started` is what `time.monotonic()` said at the beginning."""
        conditions = Conditions(
            protocol,
            str(setting.data),
            photos,
            0,
            time.monotonic() - started,
            "; ".join(features),
            "; ".join(text),
            "; ".join(models),
            setting.seeds,
        )
        return cls(tuple(tables), conditions, more or {}, tuple(plots))

    def rows(self) -> list[dict[str, JsonValue]]:
        """Return the rows of all tables, each with its table's title."""
        return [row for table in self.tables for row in table.to_json()]

    def to_json(self) -> dict[str, JsonValue]:
        """Return `{rows: [{table, name, ...figures, std}], tables, seed, photos, seconds, ...}`."""
        tables: list[JsonValue] = [
            {"title": table.title, "follows": table.follows, "note": table.note}
            for table in self.tables
        ]
        document: dict[str, JsonValue] = {
            **self.more,
            "rows": list(self.rows()),
            "tables": tables,
        }
        if self.plots:
            document["plots"] = list(self.plots)
        return {**document, **self.conditions.to_json()}


def library_versions() -> dict[str, str]:
    """Return the versions of what the figures depend on, those that are installed."""
    versions = {"python": platform.python_version()}
    for name in ("photoorg", *_LIBRARIES):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _json_number(value: float | None) -> float | None:
    """Return a figure with four decimals; JSON knows no NaN."""
    return None if value is None or not np.isfinite(value) else round(float(value), _DIGITS)
