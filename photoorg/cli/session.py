"""What a command works with: where the catalog lies, the library in it, and where to write."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from photoorg.core.errors import EnvironmentProblem
from photoorg.core.modelling import DEFAULT_FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from photoorg.cli.output import Output
    from photoorg.core.changes import ChangeSet, Operation
    from photoorg.core.ids import PhotoId
    from photoorg.core.knowledge import KnowledgePort
    from photoorg.core.modelling import (
        ModelInfo,
        ModelKindInfo,
        TrainingRequest,
        TrainingState,
    )
    from photoorg.core.paths import CatalogPaths
    from photoorg.core.progress import CancelToken, Progress
    from photoorg.core.quality import QualityPort
    from photoorg.core.reasons import WhyPort
    from photoorg.core.records import (
        Alternative,
        IndexReport,
        PhotoScope,
        SearchResults,
        Suggestion,
        TagCount,
    )


class Finding(Protocol):
    """What one check of `doctor` found.

    Attributes:
        name: what was looked at.
        ok: whether it is as it should be.
        detail: what was seen.
        remedy: what to do, where it is not.
    """

    @property
    def name(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class CommandEngines(Protocol):
    """What the commands ask of the engines for better search."""

    def answer_now(self, key: str) -> None:
        """Have an engine that is here answer in this session.

        Raises:
            PhotoorgError: it cannot; the message says why and what to do.
        """


class OffersSearches(Protocol):
    """Knows what to search for instead; part of `photoorg.core.asking.AskingPort`."""

    def alternatives(self, text: str, scope: PhotoScope) -> Sequence[Alternative]:
        """Return changed searches that find something, for one that finds nothing relevant."""


class CommandLibrary(Protocol):
    """What the commands ask of an open library; `photoorg.jobs.library.Library` keeps it."""

    def index(
        self,
        folders: Sequence[Path],
        *,
        on_progress: Callable[[Progress], None],
        token: CancelToken,
        workers: int | None,
        weights: Path | None = None,
    ) -> IndexReport:
        """Index folders to the end and say what came of it.

        Raises:
            Cancelled: `token` was cancelled; what is done is kept.
        """

    def search(self, text: str, scope: PhotoScope) -> SearchResults:
        """Rank the photos of a scope by a text."""

    @property
    def engines(self) -> CommandEngines:
        """The engines for better search."""

    def similar(self, source: Path, limit: int) -> SearchResults:
        """Rank photos by their likeness to a file."""

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags, for those photos that were looked at already."""

    @property
    def asking(self) -> OffersSearches:
        """What to search for instead."""

    @property
    def why(self) -> WhyPort:
        """Reasons for suggestions and for what a search found."""

    def apply(self, operation: Operation) -> ChangeSet:
        """Carry out an operation."""

    @property
    def knowledge(self) -> KnowledgePort:
        """What is known of tags."""

    def tags(self) -> Sequence[TagCount]:
        """Return all confirmed tags, most used first."""

    @property
    def quality(self) -> QualityPort:
        """How good the suggestions are, and probable mistakes."""

    def photo_by_path(self, path: Path) -> PhotoId | None:
        """Return the photo that an absolute path shows, or None where it is not known."""

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        """Return a path of each photo, preferably of a file that is there."""

    def train_now(
        self,
        request: TrainingRequest,
        *,
        on_state: Callable[[TrainingState], None],
        token: CancelToken,
    ) -> ModelInfo:
        """Train a model to the end.

        Raises:
            Cancelled: `token` was cancelled; the same request goes on.
        """

    def models(self) -> Sequence[ModelInfo]:
        """Return the trained models, the starter first, then the newest."""

    def model_kinds(self) -> Sequence[ModelKindInfo]:
        """Return the kinds that can be trained."""

    def use_model(self, model_id: str) -> None:
        """Have search and suggestions use a model from now on."""

    def look_for_model(
        self, *, on_progress: Callable[[Progress], None], token: CancelToken
    ) -> None:
        """Look at the photos that the model in use has not seen yet.

        Raises:
            Cancelled: `token` was cancelled; what is done is kept.
        """

    def delete_model(self, model_id: str) -> None:
        """Delete a model."""

    def export_model(self, model_id: str, file: Path) -> None:
        """Write a model as one file."""

    def import_model(self, file: Path) -> ModelInfo:
        """Take in a model that was exported."""

    def doctor(self, *, repair: bool) -> Sequence[Finding]:
        """Check the library, mending what can be mended where `repair` is asked for."""

    def backup(self, path: Path) -> None:
        """Write a copy of the catalog."""

    def close(self) -> None:
        """Write everything down and let go of the files."""


class LibraryOpener(Protocol):
    """Opens the library of a catalog folder, creating it where there is none."""

    def __call__(self, paths: CatalogPaths, *, features: str) -> CommandLibrary: ...


def open_library(paths: CatalogPaths, *, features: str) -> CommandLibrary:
    """Open the real library, without the threads that only a window needs."""
    from photoorg.jobs.library import Library

    return Library.open(paths, background=False, features=features)


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a command.

    Attributes:
        paths: the catalog.
        output: where to write.
        opener: how the library is opened.
    """

    paths: CatalogPaths
    output: Output
    opener: LibraryOpener = open_library

    @contextmanager
    def library(
        self, *, features: str = DEFAULT_FEATURES, create: bool = False
    ) -> Iterator[CommandLibrary]:
        """Open the library for the time of a `with` block.

        Raises:
            EnvironmentProblem: there is no catalog yet, and none is to be created.
        """
        if not create and not self.paths.database.exists():
            raise EnvironmentProblem(
                f"There is no catalog in {self.paths.root} yet.",
                "Make one with: photoorg index FOLDER",
            )
        library = self.opener(self.paths, features=features)
        try:
            yield library
        finally:
            library.close()
