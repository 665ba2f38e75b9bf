"""Where a person is: in a folder or tag, in an answer, or among photos like another."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import QuerySyntaxError
from photoorg.core.hits import ids_of
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.records import Alternative, PhotoScope, SearchHit, SearchResults
from photoorg.gui.grid.contents import GridContents, build_contents
from photoorg.gui.grid.model import GridModel
from photoorg.gui.grid.view import GridState, GridView
from photoorg.gui.tasks import TaskRunner

SIMILAR_LIMIT: Final = 500
MORE: Final = 50
"""How many less relevant photos are shown at a time."""
_REFRESH_MS: Final = 400
_KEY: Final = "browse"
_OTHERS_KEY: Final = "other searches"

_CONCERNS_TILES: Final = frozenset(
    {
        ChangeKind.PHOTOS_ADDED,
        ChangeKind.PHOTOS_CHANGED,
        ChangeKind.PHOTOS_REMOVED,
        ChangeKind.FOLDERS,
    }
)

SimilarSource = PhotoId | Path | bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What the grid shows. A text or a source makes it an answer; else it is the whole scope.

    Attributes:
        scope: folder, tag or everything; an answer is looked for within it.
        text: what was searched.
        similar: the photo that others are like.
        name: of that photo, in words.
    """

    scope: PhotoScope = field(default_factory=PhotoScope)
    text: str = ""
    similar: SimilarSource | None = None
    name: str = ""

    @property
    def is_answer(self) -> bool:
        return bool(self.text) or self.similar is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gave, and how much of it is on show."""

    results: SearchResults = field(default_factory=SearchResults)
    shown: int = 0

    @property
    def hits(self) -> Sequence[SearchHit]:
        return self.results.hits[: self.shown]

    @property
    def more(self) -> int:
        """How many less relevant hits there are beyond those on show."""
        return len(self.results.hits) - self.shown


@dataclass(frozen=True, slots=True, eq=False)
class _Visited:
    """A place one can go back to, as it was left."""

    place: Place
    answer: Answer
    contents: GridContents
    state: GridState


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    """What a task found out about a place.

    Attributes:
        anew: nothing was known of any photo before.
        seconds: that the photos took, without the search.
    """

    place: Place
    answer: Answer
    contents: GridContents
    anew: bool
    seconds: float


class BrowseController(QObject):
    """Takes the grid from place to place and keeps it up to date.

    Signals:
        place_changed(Place): the grid shows another place now.
        answer_changed(Answer): of an answer, how much there is; empty elsewhere.
        contents_changed(): other photos, or another number of them.
        query_refused(str): the search text cannot be read, and why.
    """

    place_changed = Signal(object)
    answer_changed = Signal(object)
    contents_changed = Signal()
    query_refused = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        model: GridModel,
        view: GridView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._model = model
        self._view = view
        self._place = Place()
        self._answer = Answer()
        self._others: Sequence[Alternative] = ()
        self._known = GridContents()
        self._visited: list[_Visited] = []
        self._stale: set[PhotoId] = set()
        self._all_stale = False
        self._reading: set[PhotoId] = set()
        self._reading_all = False
        self._loaded = False
        self._arriving = False
        self._remembered = False
        self._refresh_timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._refresh_timer.timeout.connect(self._refresh)

    @property
    def place(self) -> Place:
        return self._place

    @property
    def answer(self) -> Answer:
        return self._answer

    @property
    def others(self) -> Sequence[Alternative]:
        """Searches that find something where this one does not; they come after the answer."""
        return self._others

    @property
    def arriving(self) -> bool:
        """Whether another place than the one on show was asked for."""
        return self._arriving

    @property
    def loaded(self) -> bool:
        """Whether the first photos (or the news that there are none) have come."""
        return self._loaded

    # -- going somewhere ----------------------------------------------------------------------
    def show_scope(self, scope: PhotoScope) -> None:
        """Show a folder, a tag or everything, from the top."""
        self._visited.clear()
        self._remembered = False
        self._go(Place(scope))

    def search(self, text: str, scope: PhotoScope | None = None) -> None:
        """Answer the search box; nothing typed goes back.

        Args:
            text: what to search for.
            scope: where; None for the scope that one is in.
        """
        text = text.strip()
        if not text:
            self.clear()
            return
        if not self._place.text:
            self._remember()
        self._go(Place(self._place.scope if scope is None else scope, text=text))

    def find_similar(self, source: SimilarSource, name: str) -> None:
        """Show photos like one, from the whole library.

        Args:
            source: a photo of the library, a file, or an encoded image.
            name: what to call it.
        """
        self._remember()
        self._go(Place(self._place.scope, similar=source, name=name))

    def back(self) -> bool:
        """Go back to where one was before the last answer; return whether there was a way."""
        if not self._visited:
            return False
        self._return_to(self._visited.pop())
        return True

    def clear(self) -> None:
        """Go back to where one was before all answers."""
        if self._visited:
            first = self._visited[0]
            self._visited.clear()
            self._return_to(first)
        elif self._place.is_answer:
            self._go(Place(self._place.scope))

    def show_more(self) -> None:
        """Show more of the answer, which is less and less relevant."""
        shown = min(self._answer.shown + MORE, len(self._answer.results.hits))
        answer = replace(self._answer, shown=shown)
        place = self._place
        previous, stale = self._take_stale()

        def work() -> _Arrival:
            return self._arrival(place, answer, previous, stale)

        self._tasks.run(work, self._on_refreshed, key=_KEY, owner=self)

    def _remember(self) -> None:
        """Keep the place one is in, so that there is a way back to it."""
        if self._arriving:
            return
        self._remembered = True
        self._visited.append(
            _Visited(self._place, self._answer, self._model.contents, self._view.snapshot())
        )

    def _go(self, place: Place) -> None:
        self._arriving = True
        self._refresh_timer.stop()
        previous, stale = self._take_stale()

        def work() -> _Arrival:
            return self._arrival(place, self._ask(place), previous, stale)

        self._tasks.run(work, self._on_arrived, self._on_refused, key=_KEY, owner=self)

    def _return_to(self, visited: _Visited) -> None:
        self._arriving = False
        self._remembered = False
        self._tasks.drop(_KEY)
        self._settle(visited.place, visited.answer, visited.contents)
        self._view.restore(visited.state)
        self._refresh_timer.start(0)

    # -- keeping up ---------------------------------------------------------------------------
    def on_change(self, changes: ChangeSet) -> None:
        """Bring tiles up to date, and the list of photos where it may be another."""
        if changes.everything:
            self._model.invalidate_all()
            self._all_stale = True
        else:
            self._model.invalidate(changes.photo_ids)
            self._stale.update(changes.photo_ids)
        self._view.look_again()
        by_tag = ChangeKind.TAGS in changes.kinds and self._place.scope.tag is not None
        concerned = changes.everything or by_tag or changes.kinds & _CONCERNS_TILES
        if concerned and not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def _refresh(self) -> None:
        if self._arriving:
            self._refresh_timer.start(_REFRESH_MS)
            return
        place, answer = self._place, self._answer
        previous, stale = self._take_stale()

        def work() -> _Arrival:
            return self._arrival(place, answer, previous, stale)

        self._tasks.run(work, self._on_refreshed, key=_KEY, owner=self)

    def _take_stale(self) -> tuple[GridContents, frozenset[PhotoId]]:
        """Return what is known, and of which photos it may be wrong.

        They count as wrong until an answer has come: the task that reads them may be overtaken.
        """
        self._reading |= self._stale
        self._reading_all |= self._all_stale
        self._stale, self._all_stale = set(), False
        if self._reading_all:
            self._known = GridContents()
        return self._known, frozenset(self._reading)

    def _learn(self, arrival: _Arrival) -> None:
        """Remember what was read of photos, if that is more than what is known already.

        Of the whole library, which is what a person comes back to, everything stays known.
        """
        if arrival.anew or len(arrival.contents) >= len(self._known):
            self._known = arrival.contents
            self._reading.clear()
            self._reading_all = False

    # -- on a thread --------------------------------------------------------------------------
    def _ask(self, place: Place) -> Answer:
        if place.text:
            results = self._library.search(place.text, place.scope)
        elif place.similar is not None:
            results = self._library.similar(place.similar, SIMILAR_LIMIT)
        else:
            return Answer()
        return Answer(results, results.relevant)

    def _arrival(
        self, place: Place, answer: Answer, previous: GridContents, stale: Collection[PhotoId]
    ) -> _Arrival:
        began = time.monotonic()
        ids = ids_of(answer.hits) if place.is_answer else self._library.photo_ids(place.scope)
        contents = build_contents(self._library, ids, previous, stale)
        if not place.is_answer:
            contents = contents.unread_last()
        _ = contents.index  # made here, the window need not wait for it
        anew = not len(previous)
        return _Arrival(place, answer, contents, anew, time.monotonic() - began)

    # -- back on the GUI thread ---------------------------------------------------------------
    def _on_arrived(self, arrival: _Arrival) -> None:
        self._arriving = False
        self._remembered = False
        self._learn(arrival)
        self._settle(arrival.place, arrival.answer, arrival.contents)
        self._view.scroll_to_top()

    def _on_refreshed(self, arrival: _Arrival) -> None:
        # A library that takes long to list is listed less often.
        self._refresh_timer.setInterval(max(_REFRESH_MS, round(arrival.seconds * 4000)))
        self._learn(arrival)
        self._settle(arrival.place, arrival.answer, arrival.contents)

    def _on_refused(self, error: Exception) -> None:
        self._arriving = False
        if self._remembered:
            self._visited.pop()
        self._remembered = False
        if isinstance(error, QuerySyntaxError):
            self.query_refused.emit(str(error))
        else:
            self._tasks.failed.emit(error)

    def _settle(self, place: Place, answer: Answer, contents: GridContents) -> None:
        elsewhere = place != self._place or not self._loaded
        other_answer = answer is not self._answer
        self._place, self._answer, self._loaded = place, answer, True
        if other_answer:
            self._others = ()
            self._model.set_hits(answer.hits)
        self._view.set_grouping_allowed(not place.is_answer)
        self._model.set_contents(contents)
        if elsewhere:
            self.place_changed.emit(place)
        if elsewhere or other_answer:
            self.answer_changed.emit(answer)
        self.contents_changed.emit()
        if other_answer and place.text and not answer.shown:
            self._look_for_others(place, answer)

    def _look_for_others(self, place: Place, answer: Answer) -> None:
        def show(found: Sequence[Alternative]) -> None:
            if answer is self._answer:
                self._others = found
                self.contents_changed.emit()

        self._tasks.run(
            lambda: self._library.asking.alternatives(place.text, place.scope),
            show,
            key=_OTHERS_KEY,
            owner=self,
        )
