"""A small library that remembers what it was asked, and the command line run on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from photoorg.cli.main import main
from photoorg.core.changes import ChangeKind, ChangeSet, Operation
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId, Revision
from photoorg.core.knowledge import Proposal, RelatedTag
from photoorg.core.modelling import ModelInfo, ModelKindInfo, TrainingRequest, TrainingState
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.quality import Doubt, QualityReport
from photoorg.core.reasons import FoundReasons, PartReason, TagReasons
from photoorg.core.records import (
    Alternative,
    IndexReport,
    PhotoScope,
    SearchResults,
    Suggestion,
    TagCount,
)


@dataclass(frozen=True)
class FakeFinding:
    name: str
    ok: bool
    detail: str = ""
    remedy: str = ""


class FakeWhy:
    """Answers with what a test put in."""

    def __init__(self) -> None:
        self.of: dict[str, TagReasons] = {}
        self.parts: tuple[PartReason, ...] = ()
        self.asked: list[tuple[object, ...]] = []

    def of_tag(self, photo_id: PhotoId, tag: str) -> TagReasons:
        self.asked.append((photo_id, tag))
        return self.of.get(tag, TagReasons(photo_id, tag, notes=(f"Nothing of “{tag}”.",)))

    def why_found(self, text: str, photo_id: PhotoId) -> FoundReasons:
        self.asked.append((text, photo_id))
        return FoundReasons(photo_id, text, self.parts)


@dataclass
class FakeQuality:
    """Says of tags what a test put in."""

    report_: QualityReport = field(default_factory=QualityReport)
    doubts_: Sequence[Doubt] = ()
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def report(self) -> QualityReport:
        return self.report_

    def learn_now(self) -> None:
        self.asked.append(("learn",))

    def doubts(self, tag: str | None, limit: int = 200) -> Sequence[Doubt]:
        self.asked.append(("doubts", tag, limit))
        return self.doubts_


@dataclass
class FakeKnowledge:
    """What is known of tags, as a test put it in."""

    near: Sequence[RelatedTag] = ()
    found: Sequence[Proposal] = ()
    asked: tuple[str, int] | None = None

    def related(self, tag: str, limit: int = 8) -> Sequence[RelatedTag]:
        self.asked = (tag, limit)
        return self.near

    def proposals(self) -> Sequence[Proposal]:
        return self.found

    def cancel_proposals(self) -> None:
        raise AssertionError("the command line waits")


class FakeEngines:
    """One engine is here."""

    def __init__(self) -> None:
        self.answering = ""

    def answer_now(self, key: str) -> None:
        if key != "clip-b32":
            raise UsageProblem(f"There is no engine called “{key}”.")
        self.answering = key


@dataclass
class FakeAsking:
    """Offers the searches that a test put in."""

    others: Sequence[Alternative] = ()

    def alternatives(self, text: str, scope: PhotoScope) -> Sequence[Alternative]:
        del text, scope
        return self.others


@dataclass
class FakeLibrary:
    """Answers with what a test put in; `fails_with` is raised by whatever is asked."""

    photos: dict[Path, PhotoId] = field(default_factory=dict)
    report: IndexReport = field(default_factory=IndexReport)
    results: SearchResults = field(default_factory=SearchResults)
    suggestions: Mapping[PhotoId, Sequence[Suggestion]] = field(default_factory=dict)
    counts: Sequence[TagCount] = ()
    knowledge: FakeKnowledge = field(default_factory=FakeKnowledge)
    findings: Sequence[FakeFinding] = ()
    trained: Sequence[ModelInfo] = ()
    kinds: Sequence[ModelKindInfo] = ()
    states: Sequence[TrainingState] = ()
    fails_with: BaseException | None = None
    while_indexing: Callable[[CancelToken], None] = lambda _: None
    asked: list[tuple[object, ...]] = field(default_factory=list)
    quality: FakeQuality = field(default_factory=FakeQuality)
    features: str = ""
    why: FakeWhy = field(default_factory=FakeWhy)
    engines: FakeEngines = field(default_factory=FakeEngines)
    asking: FakeAsking = field(default_factory=FakeAsking)
    closed: bool = False

    def _ask(self, *what: object) -> None:
        self.asked.append(what)
        if self.fails_with is not None:
            raise self.fails_with

    def index(
        self,
        folders: Sequence[Path],
        *,
        on_progress: Callable[[Progress], None],
        token: CancelToken,
        workers: int | None,
        weights: Path | None = None,
    ) -> IndexReport:
        self._ask("index", list(folders), workers)
        on_progress(Progress("index", "Reading photos", 1, 2))
        self.while_indexing(token)
        token.check()
        return self.report

    def search(self, text: str, scope: PhotoScope) -> SearchResults:
        self._ask("search", text, scope)
        return self.results

    def similar(self, source: Path, limit: int) -> SearchResults:
        self._ask("similar", source, limit)
        return self.results

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        self._ask("suggest", list(photo_ids), limit)
        return self.suggestions

    def apply(self, operation: Operation) -> ChangeSet:
        self._ask("apply", operation)
        photo_ids = frozenset(getattr(operation, "photo_ids", ()))
        return ChangeSet(
            frozenset({ChangeKind.TAGS}), Revision(7), photo_ids, label="What was done"
        )

    def tags(self) -> Sequence[TagCount]:
        self._ask("tags")
        return self.counts

    def photo_by_path(self, path: Path) -> PhotoId | None:
        return self.photos.get(path)

    def paths_of(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, Path]:
        return {known: path for path, known in self.photos.items() if known in photo_ids}

    def train_now(
        self,
        request: TrainingRequest,
        *,
        on_state: Callable[[TrainingState], None],
        token: CancelToken,
    ) -> ModelInfo:
        self._ask("train_now", request)
        for state in self.states:
            on_state(state)
        self.while_indexing(token)
        token.check()
        return self.trained[-1]

    def models(self) -> Sequence[ModelInfo]:
        return self.trained

    def model_kinds(self) -> Sequence[ModelKindInfo]:
        return self.kinds

    def use_model(self, model_id: str) -> None:
        self._ask("use_model", model_id)
        self.trained = [replace(info, active=info.model_id == model_id) for info in self.trained]

    def look_for_model(
        self, *, on_progress: Callable[[Progress], None], token: CancelToken
    ) -> None:
        self._ask("look_for_model")
        on_progress(Progress("index", "Learning what photos show", 1, 2))
        self.while_indexing(token)
        token.check()

    def delete_model(self, model_id: str) -> None:
        self._ask("delete_model", model_id)

    def export_model(self, model_id: str, file: Path) -> None:
        self._ask("export_model", model_id, file)
        file.write_bytes(b"model")

    def import_model(self, file: Path) -> ModelInfo:
        self._ask("import_model", file)
        return self.trained[-1]

    def doctor(self, *, repair: bool) -> Sequence[FakeFinding]:
        self._ask("doctor", repair)
        return self.findings

    def backup(self, path: Path) -> None:
        self._ask("backup", path)
        path.write_bytes(b"catalog")

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Ran:
    """What one run of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


RunCommand = Callable[..., Ran]


@pytest.fixture
def library() -> FakeLibrary:
    return FakeLibrary()


@pytest.fixture
def finding() -> type[FakeFinding]:
    return FakeFinding


@pytest.fixture
def catalog(tmp_path: Path) -> CatalogPaths:
    """A catalog that is there, as far as the command line looks."""
    paths = CatalogPaths(tmp_path / "catalog")
    paths.create()
    paths.database.touch()
    return paths


@pytest.fixture
def run(
    library: FakeLibrary, catalog: CatalogPaths, capsys: pytest.CaptureFixture[str]
) -> RunCommand:
    """Run `photoorg` with these words on the fake library."""

    def open_fake(paths: CatalogPaths, *, features: str) -> FakeLibrary:
        assert paths == catalog
        library.features = features
        return library

    def run_command(*words: str | Path) -> Ran:
        arguments = [str(word) for word in words]
        code = main([*arguments, "--catalog", str(catalog.root)], opener=open_fake)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return run_command


@pytest.fixture
def photo(tmp_path: Path, library: FakeLibrary) -> Path:
    """A photo in the catalog."""
    path = tmp_path / "beach.jpg"
    path.touch()
    library.photos[path] = PhotoId(11)
    return path
