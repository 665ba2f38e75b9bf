"""What a user interface may ask of an open library.

The window is written against this protocol alone. `photoorg.jobs.library.Library` keeps it with
the real catalog and workers. Every method may be called from any thread and blocks until it has
its answer, so a user interface calls them from its task runner, never from its event loop;
only those marked "immediate" return without touching a disk, a database or a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photoorg.core.albums import AlbumsPort
from photoorg.core.asking import AskingPort
from photoorg.core.bulk import BulkPort
from photoorg.core.changes import ChangeSet, Operation
from photoorg.core.engines import EnginesPort
from photoorg.core.ids import PhotoId
from photoorg.core.knowledge import KnowledgePort
from photoorg.core.modelling import (
    Explanation,
    ModelInfo,
    ModelKindInfo,
    TrainingRequest,
    TrainingState,
    VectorKindInfo,
)
from photoorg.core.progress import Progress
from photoorg.core.quality import QualityChanged, QualityPort
from photoorg.core.reasons import WhyPort
from photoorg.core.records import (
    Failure,
    FolderNode,
    GridOutline,
    GridRow,
    PhotoDetails,
    PhotoScope,
    SearchResults,
    Suggestion,
    TagCount,
)

LibraryEvent = ChangeSet | Progress | TrainingState | QualityChanged
"""What listeners hear: something changed, or background work or a training moved on."""

Unsubscribe = Callable[[], None]


class LibraryPort(Protocol):
    """An open library: photos, tags, search, suggestions and background work."""

    @property
    def knowledge(self) -> KnowledgePort:
        """What is known of tags. Immediate."""

    @property
    def engines(self) -> EnginesPort:
        """The engines for better search. Immediate."""

    # -- browsing ---------------------------------------------------------------------------
    def photo_ids(self, scope: PhotoScope) -> NDArray[np.int64]:
        """Return the photos of a scope in the order of the grid."""

    def grid_outline(self, photo_ids: NDArray[np.int64]) -> GridOutline:
        """Return what is needed to lay out tiles, for all photos of a scope at once.

        One query for any number of photos: the grid knows every tile's shape, day and average
        colour before it has read a single row.
        """

    def grid_rows(self, photo_ids: Sequence[PhotoId]) -> Sequence[GridRow]:
        """Return the tiles of some photos, in the order asked for; unknown ids are left out."""

    def details(self, photo_id: PhotoId) -> PhotoDetails | None:
        """Return all that is known of a photo, or None where it is gone."""

    def folders(self) -> Sequence[FolderNode]:
        """Return the folders that the person added, each with those below it."""

    def tags(self) -> Sequence[TagCount]:
        """Return all confirmed tags, most used first."""

    def tag_states(self, photo_ids: Sequence[PhotoId]) -> Mapping[str, int]:
        """Return how many of these photos carry each tag, confirmed (for many selected photos)."""

    def complete_tag(self, prefix: str, limit: int = 8) -> Sequence[str]:
        """Return tag names that begin with, or contain, what was typed: own tags first.

        Another name of a tag comes as an `AliasName`, which can be used like the tag's own.
        """

    def thumbnail_path(self, key: str) -> Path:
        """Return where the thumbnail named by `GridRow.thumbnail_key` lies. Immediate."""

    @property
    def albums(self) -> AlbumsPort:
        """The smart albums. Immediate."""

    @property
    def asking(self) -> AskingPort:
        """What helps in typing a search. Immediate."""

    # -- asking -----------------------------------------------------------------------------
    def search(self, text: str, scope: PhotoScope) -> SearchResults:
        """Answer the search box within a scope.

        Raises:
            QuerySyntaxError: the text cannot be read; its message says where.
            MediaProblem: a photo that it names by a path outside the library cannot be read.
            WorkerUnavailable: no worker can look at that photo.
        """

    def similar(self, source: PhotoId | Path | bytes, limit: int = 500) -> SearchResults:
        """Return photos that look like one of the library, a file, or an encoded image (paste).

        Raises:
            MediaProblem: the file or image cannot be read.
            WorkerUnavailable: no worker can look at it.
        """

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Return likely tags for photos, most probable first, without those already decided.

        A photo that has no visual vector yet is left out of the answer.
        """

    @property
    def bulk(self) -> BulkPort:
        """Suggestions for many photos at once."""

    @property
    def why(self) -> WhyPort:
        """Reasons for suggestions and for what a search found."""

    # -- changing ---------------------------------------------------------------------------
    def apply(self, operation: Operation) -> ChangeSet:
        """Carry out an operation; when this returns it is on disk and can be undone."""

    def undo(self) -> ChangeSet | None:
        """Take back the newest change that is not yet taken back; None where there is none."""

    def redo(self) -> ChangeSet | None:
        """Do again what was last undone; None where there is nothing."""

    # -- models -----------------------------------------------------------------------------
    def model_kinds(self) -> Sequence[ModelKindInfo]:
        """Return the kinds of models that can be trained. Immediate."""

    def text_kinds(self) -> Sequence[VectorKindInfo]:
        """Return the kinds of text vectors."""

    def visual_kinds(self) -> Sequence[VectorKindInfo]:
        """Return the kinds of visual vectors, and whether they can be used now."""

    def models(self) -> Sequence[ModelInfo]:
        """Return the trained models, the starter first, then the newest; damaged ones included."""

    def train(self, request: TrainingRequest) -> None:
        """Start a training in the background; listeners hear `TrainingState`.

        A request equal to one that was cancelled, or that a crash ended, goes on where that
        stopped.

        Raises:
            UsageProblem: another training runs, or there is no such kind or folder.
        """

    def training(self) -> TrainingState | None:
        """Return the newest word on the last training of this session, or None. Immediate."""

    def cancel_training(self) -> None:
        """Stop the training; what it learned so far is kept to go on from. Immediate."""

    def use_model(self, model_id: str) -> None:
        """Have search and suggestions use a model from now on.

        Raises:
            ModelFileProblem: it is damaged or gone; the model in use stays.
        """

    def delete_model(self, model_id: str) -> None:
        """Delete a model; where it was in use, the starter takes over.

        Raises:
            UsageProblem: it is the starter, or there is no such model.
        """

    def export_model(self, model_id: str, file: Path) -> None:
        """Write a model as one file, to be imported elsewhere.

        Raises:
            UsageProblem, ModelFileProblem, EnvironmentProblem: it cannot be read or written.
        """

    def import_model(self, file: Path) -> ModelInfo:
        """Take in a model that was exported.

        Raises:
            ModelFileProblem: it is none, damaged, forged, or made for features unknown here.
        """

    def suggest_with(
        self, model_id: str, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        """Suggest tags with any model, decided ones included, to compare models with each other.

        Photos that lack the visual vector that the model takes are left out.

        Raises:
            ModelFileProblem: it is damaged or gone.
        """

    def explain(self, photo_id: PhotoId, tag: str = "") -> Explanation:
        """Say why the model in use sees a tag in a photo, or what it sees in it at all.

        Raises:
            MediaProblem: the photo cannot be read.
            WorkerUnavailable: no worker can look at it.
        """

    @property
    def quality(self) -> QualityPort:
        """How good the suggestions are, and what would make them better. Immediate."""

    # -- background work --------------------------------------------------------------------
    def add_folders(self, folders: Sequence[Path]) -> None:
        """Remember folders and index them in the background.

        Raises:
            EnvironmentProblem: a folder is not there or cannot be read.
        """

    def rescan(self) -> None:
        """Look for new, changed, moved and vanished files in all folders, in the background."""

    def remove_folder(self, folder: Path) -> ChangeSet:
        """Forget a folder; its photos leave the library, the files stay where they are."""

    def prioritise(self, photo_ids: Sequence[PhotoId]) -> None:
        """Read these photos before the others: they are on screen. Immediate."""

    def pause(self) -> None:
        """Pause background work. Immediate."""

    def resume(self) -> None:
        """Go on with paused work. Immediate."""

    def cancel(self) -> None:
        """Stop background work; `rescan` goes on where it was. Immediate."""

    def progress(self) -> Progress | None:
        """Return the newest report of running work, or None where nothing runs. Immediate."""

    def failures(self) -> Sequence[Failure]:
        """Return the files that could not be read, with reasons."""

    def retry_failures(self) -> None:
        """Try the failed files again, in the background."""

    def subscribe(self, listener: Callable[[LibraryEvent], None]) -> Unsubscribe:
        """Call `listener` with every event, from whichever thread it arose on. Immediate."""

    def close(self) -> None:
        """Stop work, write everything down, and let go of the files."""
