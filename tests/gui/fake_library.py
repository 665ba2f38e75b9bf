"""A library without catalog, workers or models, for tests and for looking at the window.

It keeps `photoorg.core.library.LibraryPort` with a dozen real photos (the ones that ship inside
scikit-image and scikit-learn), or with as many rows as asked for, made from those.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from fake_albums import FakeAlbums, FakeAsking
from fake_bulk import FakeBulk
from fake_knowledge import FakeKnowledge
from fake_models import FakeModels
from fake_quality import FakeQuality
from fake_samples import SAMPLES, Sample, sample_color, sample_jpeg, sample_pixels
from fake_why import FakeWhy
from numpy.typing import NDArray

from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    ConfirmTags,
    DeleteAlbum,
    JudgeProposal,
    KeepTag,
    MergeTags,
    MoveAlbum,
    Operation,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameAlbum,
    RenameTag,
    RestoreAssertions,
    RestoreRatings,
    SaveAlbum,
    SetParent,
    SetRating,
    Several,
    TagAssertion,
)
from photoorg.core.errors import EnvironmentProblem, QuerySyntaxError
from photoorg.core.ids import FolderId, PhotoId, Revision, TagId
from photoorg.core.library import LibraryEvent, Unsubscribe
from photoorg.core.progress import Progress
from photoorg.core.records import (
    Failure,
    FolderNode,
    GridOutline,
    GridRow,
    MediaType,
    PhotoDetails,
    PhotoMetadata,
    PhotoScope,
    PhotoState,
    SearchHit,
    SearchResults,
    Suggestion,
    TagCount,
    TagSource,
    TagState,
)

FIRST_DAY = datetime(2023, 7, 14, 9, 30)
VOCABULARY = ("animal", "beach", "building", "dog", "flower", "food", "night", "people", "sky")


@dataclass(frozen=True)
class Call:
    """A call that tests want to know of."""

    name: str
    argument: object = None


class FakeLibrary(FakeModels):
    """Keeps LibraryPort in memory.

    Photo `i` (from 1) shows sample `(i - 1) % len(SAMPLES)`; nothing is stored per photo but what
    was changed, so that 100,000 of them cost nothing.

    Attributes:
        root: where "Photos" and "thumbnails" lie.
        calls: background work asked for, in order.
        states: photos that are pending or failed, with the reason.
        missing: photos whose file is gone.
        missing_folders: folders whose drive is away.
        paused: whether somebody paused it.
    """

    def __init__(self, root: Path, *, count: int | None = None) -> None:
        super().__init__()
        self.knowledge = FakeKnowledge()
        self.root = root
        self.bulk = FakeBulk(self)
        self.why = FakeWhy(self)
        self.count = len(SAMPLES) if count is None else count
        self.calls: list[Call] = []
        self.states: dict[PhotoId, tuple[PhotoState, str]] = {}
        self.doubted: set[str] = set()
        self.missing: set[PhotoId] = set()
        self.missing_folders: set[str] = set()
        self.duplicates: dict[PhotoId, tuple[Path, ...]] = {}
        self.failed_files: list[Failure] = []
        self.paused = False
        self.extra_tags: list[TagCount] = []
        self.albums = FakeAlbums()
        self.asking = FakeAsking(root)
        self._lock = threading.RLock()
        self._asserted: dict[PhotoId, dict[str, tuple[TagState | None, TagSource]]] = {}
        self._ratings: dict[PhotoId, int] = {}
        self._tag_counts: Counter[str] = Counter()
        self._undo: list[Operation] = []
        self._redo: list[Operation] = []
        self._revision = 0
        self._listeners: list[Callable[[LibraryEvent], None]] = []
        self._progress: Progress | None = None
        self._removed: set[Path] = set()
        self.quality = FakeQuality(self.emit, self.count, self.kept)
        self._write_photos()
        for index in range(min(self.count, len(SAMPLES))):
            share = len(range(index, self.count, len(SAMPLES)))
            self._tag_counts.update(dict.fromkeys(SAMPLES[index].tags, share))

    def _write_photos(self) -> None:
        (self.root / "thumbnails").mkdir(parents=True, exist_ok=True)
        for sample in SAMPLES:
            original = self.root / "Photos" / sample.folder / sample.name
            original.parent.mkdir(parents=True, exist_ok=True)
            original.write_bytes(sample_jpeg(sample.name, 1600))
            thumbnail = self.thumbnail_path(Path(sample.name).stem)
            thumbnail.write_bytes(sample_jpeg(sample.name, 512))

    # -- what the photos are -----------------------------------------------------------------
    @staticmethod
    def sample(photo_id: PhotoId) -> Sample:
        return SAMPLES[(photo_id - 1) % len(SAMPLES)]

    def id_of(self, name: str) -> PhotoId:
        """Return the first photo of that file name ("chelsea.jpg")."""
        return PhotoId(1 + next(i for i, s in enumerate(SAMPLES) if s.name == name))

    def path_of(self, photo_id: PhotoId) -> Path:
        sample = self.sample(photo_id)
        return self.root / "Photos" / sample.folder / sample.name

    def name_of(self, photo_id: PhotoId) -> str:
        name = self.sample(photo_id).name
        return name if photo_id <= len(SAMPLES) else f"{Path(name).stem}_{photo_id}.jpg"

    def confirmed(self, photo_id: PhotoId) -> dict[str, TagSource]:
        """Return the confirmed tags of a photo and who said so."""
        tags = dict.fromkeys(self.sample(photo_id).tags, TagSource.FILE)
        for tag, (state, source) in self._said_of(photo_id).items():
            tags.pop(tag, None)
            if state is TagState.CONFIRMED:
                tags[tag] = source
        return dict(sorted(tags.items()))

    def kept(self, photo_id: PhotoId, tag: str) -> bool:
        """Return whether a tag was doubted on a photo, and is stood by."""
        return self.confirmed(photo_id).get(tag) is TagSource.KEPT

    def rejected(self, photo_id: PhotoId) -> tuple[str, ...]:
        """Return the tags that were said to be wrong on a photo."""
        said = self._said_of(photo_id).items()
        return tuple(sorted(tag for tag, (state, _) in said if state is TagState.REJECTED))

    def carriers(self, tag: str) -> list[PhotoId]:
        """Return the photos that carry a tag."""
        return list(map(PhotoId, self.photo_ids(PhotoScope(tag=tag)).tolist()))

    def _said_of(self, photo_id: PhotoId) -> dict[str, tuple[TagState | None, TagSource]]:
        with self._lock:
            return dict(self._asserted.get(photo_id, {}))

    # -- browsing ------------------------------------------------------------------------------
    def photo_ids(self, scope: PhotoScope) -> NDArray[np.int64]:
        ids = np.arange(1, self.count + 1, dtype=np.int64)
        if scope.folder is not None or scope.tag is not None:
            keep = [photo for photo in ids.tolist() if self._in_scope(PhotoId(photo), scope)]
            ids = np.asarray(keep, dtype=np.int64)
        return ids if scope.newest_first else ids[::-1].copy()

    def _in_scope(self, photo_id: PhotoId, scope: PhotoScope) -> bool:
        if scope.folder is not None and not self.path_of(photo_id).is_relative_to(scope.folder):
            return False
        return scope.tag is None or scope.tag in self.confirmed(photo_id)

    def grid_outline(self, photo_ids: NDArray[np.int64]) -> GridOutline:
        shapes = [sample_pixels(sample.name).shape for sample in SAMPLES]
        aspects = np.asarray([width / height for height, width, *_ in shapes], np.float32)
        colors = np.asarray([sample_color(sample.name) for sample in SAMPLES], np.uint32)
        which = (photo_ids - 1) % len(SAMPLES)
        first = np.datetime64(FIRST_DAY, "h")
        days = (first - np.timedelta64(7, "h") * photo_ids).astype("datetime64[D]")
        return GridOutline(aspects[which], days.astype(np.int32), colors[which])

    def grid_rows(self, photo_ids: Sequence[PhotoId]) -> Sequence[GridRow]:
        return [self._row(photo) for photo in photo_ids if 1 <= photo <= self.count]

    def _row(self, photo_id: PhotoId) -> GridRow:
        sample = self.sample(photo_id)
        height, width = sample_pixels(sample.name).shape[:2]
        state, reason = self.states.get(photo_id, (PhotoState.READY, ""))
        return GridRow(
            photo_id=photo_id,
            name=self.name_of(photo_id),
            thumbnail_key="" if state is not PhotoState.READY else Path(sample.name).stem,
            width=width,
            height=height,
            average_color=sample_color(sample.name),
            taken_at=self._taken_at(photo_id),
            state=state,
            missing=photo_id in self.missing,
            rating=self._ratings.get(photo_id, 0),
            tags=tuple(self.confirmed(photo_id)),
            reason=reason,
        )

    @staticmethod
    def _taken_at(photo_id: PhotoId) -> datetime:
        return FIRST_DAY - timedelta(hours=7 * photo_id)

    def details(self, photo_id: PhotoId) -> PhotoDetails | None:
        if not 1 <= photo_id <= self.count:
            return None
        row = self._row(photo_id)
        sample = self.sample(photo_id)
        path = self.path_of(photo_id)
        ready = row.state is PhotoState.READY
        metadata = PhotoMetadata(
            taken_at=row.taken_at,
            camera=sample.camera,
            lens=sample.lens,
            exposure=sample.exposure,
            gps=sample.gps,
            rating=row.rating,
        )
        return PhotoDetails(
            photo_id=photo_id,
            paths=(path, *self.duplicates.get(photo_id, ())),
            thumbnail_key=row.thumbnail_key,
            media_type=MediaType.JPEG if ready else None,
            file_size=path.stat().st_size,
            width=row.width if ready else 0,
            height=row.height if ready else 0,
            state=row.state,
            missing=row.missing,
            metadata=metadata if ready else PhotoMetadata(),
            confirmed=tuple(self.confirmed(photo_id).items()),
            rejected=self.rejected(photo_id),
            reason=row.reason,
        )

    def folders(self) -> Sequence[FolderNode]:
        tops = sorted({sample.folder.split("/", 1)[0] for sample in SAMPLES})
        below = tuple(self._folder_node(name, 2 + i) for i, name in enumerate(tops))
        root = self.root / "Photos"
        if root in self._removed:
            return ()
        present = "Photos" not in self.missing_folders
        return (FolderNode(FolderId(1), root, self.count, present, below),)

    def _folder_node(self, name: str, number: int) -> FolderNode:
        path = self.root / "Photos" / name
        counts = [
            len(range(index, self.count, len(SAMPLES)))
            for index, sample in enumerate(SAMPLES)
            if f"{sample.folder}/".startswith(f"{name}/")
        ]
        deeper = sorted({s.folder for s in SAMPLES if s.folder.startswith(f"{name}/")})
        children = tuple(self._folder_node(d, number * 100 + i) for i, d in enumerate(deeper))
        present = name not in self.missing_folders
        return FolderNode(FolderId(number), path, sum(counts), present, children)

    def tags(self) -> Sequence[TagCount]:
        with self._lock:
            named = [(name, count) for name, count in self._tag_counts.items() if count > 0]
        named.sort(key=lambda pair: (-pair[1], pair[0]))
        own = [TagCount(TagId(i), name, n) for i, (name, n) in enumerate(named, start=1)]
        return self.knowledge.place([*own, *self.extra_tags])

    def tag_states(self, photo_ids: Sequence[PhotoId]) -> Mapping[str, int]:
        return Counter(tag for photo in photo_ids for tag in self.confirmed(photo))

    def complete_tag(self, prefix: str, limit: int = 8) -> Sequence[str]:
        typed = prefix.casefold().strip()
        names = [tag.name for tag in self.tags()]
        names += [word for word in VOCABULARY if word not in names]
        starts = [name for name in names if name.startswith(typed)]
        return (starts + [n for n in names if typed in n and n not in starts])[:limit]

    def thumbnail_path(self, key: str) -> Path:
        return self.root / "thumbnails" / f"{key}.jpg"

    # -- asking --------------------------------------------------------------------------------
    def search(self, text: str, scope: PhotoScope) -> SearchResults:
        if text.count('"') % 2:
            raise QuerySyntaxError("A quotation mark is left open.", 'Close it with another “"”.')
        wanted = [w.removeprefix("tag:") for w in text.split() if not w.startswith("-")]
        unwanted = [w[1:] for w in text.split() if w.startswith("-") and len(w) > 1]
        hits = []
        for photo in self.photo_ids(scope).tolist():
            known = {*self.sample(photo).words.split(), *self.confirmed(photo)}
            found = [word for word in wanted if word in known]
            if found and not known.intersection(unwanted):
                why = f"looks like “{found[0]}”"
                hits.append(SearchHit(photo, len(found) / len(wanted), why))
        hits.sort(key=lambda hit: -hit.score)
        relevant = sum(hit.score == 1.0 for hit in hits) or len(hits)
        return SearchResults(tuple(hits), relevant)

    def similar(self, source: PhotoId | Path | bytes, limit: int = 500) -> SearchResults:
        everything = self.photo_ids(PhotoScope()).tolist()[:limit]
        if isinstance(source, int):
            words = set(self.sample(PhotoId(source)).words.split())
            everything.sort(
                key=lambda p: (p != source, -len(words & set(self.sample(p).words.split())))
            )
        hits = tuple(
            SearchHit(photo, 1.0 - rank / max(1, len(everything)), "identical" if not rank else "")
            for rank, photo in enumerate(everything)
        )
        return SearchResults(hits, min(4, len(hits)))

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        answer: dict[PhotoId, Sequence[Suggestion]] = {}
        for photo in photo_ids:
            if self.states.get(photo):
                continue
            decided = {*self.confirmed(photo), *self.rejected(photo)}
            answer[photo] = [
                Suggestion(tag, probability, "starter", sure=tag not in self.doubted)
                for tag, probability in self.sample(photo).suggested
                if tag not in decided
            ][:limit]
        return answer

    # -- changing ------------------------------------------------------------------------------
    def apply(self, operation: Operation) -> ChangeSet:
        changes = self._carry_out(operation)
        with self._lock:
            if changes.inverse is not None:
                self._undo.append(changes.inverse)
            self._redo.clear()
        self.emit(changes)
        return changes

    def undo(self) -> ChangeSet | None:
        return self._step(self._undo, self._redo)

    def redo(self) -> ChangeSet | None:
        return self._step(self._redo, self._undo)

    def _step(self, source: list[Operation], target: list[Operation]) -> ChangeSet | None:
        if not source:
            return None
        changes = self._carry_out(source.pop())
        if changes.inverse is not None:
            target.append(changes.inverse)
        self.emit(changes)
        return changes

    def _carry_out(self, operation: Operation) -> ChangeSet:
        with self._lock:
            match operation:
                case AddTag(tag, photos) | ConfirmTag(tag, photos):
                    label = f"Add tag “{tag}” to {_photos(photos)}"
                    return self._assert(_to(photos, tag, TagState.CONFIRMED), label)
                case ConfirmTags(pairs):
                    given = [each for tag, photos in pairs for each in _confirmed(photos, tag)]
                    concerned = {each.photo_id for each in given}
                    label = f"Accept {len(given)} suggestions on {_photos(concerned)}"
                    return self._assert(given, label)
                case KeepTag(tag, photos):
                    label = f"Keep tag “{tag}” on {_photos(photos)}"
                    given = _confirmed(photos, tag)
                    return self._assert(
                        [replace(each, source=TagSource.KEPT) for each in given], label
                    )
                case RemoveTag(tag, photos):
                    label = f"Remove tag “{tag}” from {_photos(photos)}"
                    return self._assert(_to(photos, tag, None), label)
                case RejectTag(tag, photos):
                    label = f"Not “{tag}” on {_photos(photos)}"
                    return self._assert(_to(photos, tag, TagState.REJECTED), label)
                case RenameTag(tag, name) | MergeTags(tag, name):
                    return self._merge(tag, name)
                case RestoreAssertions(assertions, label=label):
                    return self._assert(assertions, label)
                case SetParent() | AddAlias() | RemoveAlias() | JudgeProposal() | Several():
                    inverse, label = self.knowledge.carry_out(operation)
                    return self._changes({ChangeKind.TAGS}, (), label, inverse)
                case SetRating(rating, photos):
                    return self._rate([(photo, rating) for photo in photos])
                case RestoreRatings(ratings):
                    return self._rate(ratings)
                case SaveAlbum() | RenameAlbum() | MoveAlbum() | DeleteAlbum():
                    label, inverse = self.albums.carry_out(operation)
                    return self._changes({ChangeKind.ALBUMS}, (), label, inverse)

    def _assert(self, assertions: Iterable[TagAssertion], label: str) -> ChangeSet:
        before = []
        photos = set()
        for wanted in assertions:
            said = self._asserted.setdefault(wanted.photo_id, {})
            source = self.confirmed(wanted.photo_id).get(wanted.tag)
            was = TagState.CONFIRMED if source else said.get(wanted.tag, (None,))[0]
            before.append(replace(wanted, state=was, source=source or TagSource.PERSON))
            said[wanted.tag] = (wanted.state, wanted.source)
            self._tag_counts[wanted.tag] += int(wanted.state is TagState.CONFIRMED)
            self._tag_counts[wanted.tag] -= int(was is TagState.CONFIRMED)
            photos.add(wanted.photo_id)
        inverse = RestoreAssertions(tuple(before), label=label)
        kinds = {ChangeKind.TAGS, ChangeKind.PHOTOS_CHANGED}
        return self._changes(kinds, photos, label, inverse)

    def _merge(self, tag: str, into: str) -> ChangeSet:
        carriers = self.photo_ids(PhotoScope(tag=tag)).tolist()
        moved = [*_to(carriers, tag, None), *_to(carriers, into, TagState.CONFIRMED)]
        return self._assert(moved, f"Rename tag “{tag}” to “{into}”")

    def _rate(self, ratings: Iterable[tuple[PhotoId, int]]) -> ChangeSet:
        wanted = dict(ratings)
        inverse = RestoreRatings(tuple((photo, self._ratings.get(photo, 0)) for photo in wanted))
        self._ratings.update(wanted)
        label = f"Rate {_photos(wanted)}"
        return self._changes({ChangeKind.PHOTOS_CHANGED}, wanted, label, inverse)

    def _changes(
        self,
        kinds: Iterable[ChangeKind],
        photos: Iterable[PhotoId],
        label: str,
        inverse: Operation | None = None,
    ) -> ChangeSet:
        self._revision += 1
        return ChangeSet(
            frozenset(kinds), Revision(self._revision), frozenset(photos), False, label, inverse
        )

    # -- background work -----------------------------------------------------------------------
    def add_folders(self, folders: Sequence[Path]) -> None:
        self.calls.append(Call("add_folders", tuple(folders)))
        for folder in folders:
            if not folder.is_dir():
                raise EnvironmentProblem(
                    f"The folder {folder} is not there.", "Connect its drive, or choose another."
                )
        self._removed.difference_update(folders)
        self.emit(replace(self._changes({ChangeKind.FOLDERS}, (), ""), everything=True))

    def rescan(self) -> None:
        self.calls.append(Call("rescan"))

    def remove_folder(self, folder: Path) -> ChangeSet:
        self.calls.append(Call("remove_folder", folder))
        self._removed.add(folder)
        if folder == self.root / "Photos":
            self.count = 0
            self._tag_counts.clear()
        kinds = {ChangeKind.FOLDERS, ChangeKind.PHOTOS_REMOVED, ChangeKind.TAGS}
        changes = replace(self._changes(kinds, (), f"Remove {folder.name}"), everything=True)
        self.emit(changes)
        return changes

    def prioritise(self, photo_ids: Sequence[PhotoId]) -> None:
        self.calls.append(Call("prioritise", tuple(photo_ids)))

    def pause(self) -> None:
        self.calls.append(Call("pause"))
        self.paused = True
        if self._progress is not None:
            self.report(replace(self._progress, paused=True))

    def resume(self) -> None:
        self.calls.append(Call("resume"))
        self.paused = False
        if self._progress is not None:
            self.report(replace(self._progress, paused=False))

    def cancel(self) -> None:
        self.calls.append(Call("cancel"))
        if self._progress is not None:
            self.report(replace(self._progress, finished=True))

    def progress(self) -> Progress | None:
        return self._progress

    def failures(self) -> Sequence[Failure]:
        return list(self.failed_files)

    def retry_failures(self) -> None:
        self.calls.append(Call("retry_failures"))

    def subscribe(self, listener: Callable[[LibraryEvent], None]) -> Unsubscribe:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        self.calls.append(Call("close"))

    # -- for tests -----------------------------------------------------------------------------
    def emit(self, event: LibraryEvent) -> None:
        """Tell every listener, from the calling thread."""
        for listener in tuple(self._listeners):
            listener(event)

    def report(self, progress: Progress) -> None:
        """Publish a moment of background work."""
        self._progress = None if progress.finished else progress
        self.emit(progress)

    def set_state(self, photo_id: PhotoId, state: PhotoState, reason: str = "") -> None:
        """Make a photo pending, failed or ready, and tell the listeners."""
        if state is PhotoState.READY:
            self.states.pop(photo_id, None)
        else:
            self.states[photo_id] = (state, reason)
        self.emit(self._changes({ChangeKind.PHOTOS_CHANGED}, {photo_id}, ""))


def _photos(photos: Iterable[PhotoId]) -> str:
    count = len(tuple(photos))
    return "1 photo" if count == 1 else f"{count:,} photos"


def _to(photos: Iterable[PhotoId], tag: str, state: TagState | None) -> tuple[TagAssertion, ...]:
    return tuple(TagAssertion(photo, tag, state) for photo in photos)


def _confirmed(photos: Iterable[PhotoId], tag: str) -> tuple[TagAssertion, ...]:
    return _to(photos, tag, TagState.CONFIRMED)
