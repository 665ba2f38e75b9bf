"""A part of the Models page: engines for better search, fetched and put to use by one click."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget
from shiboken6 import isValid

from photoorg.core.engines import BUILT_IN, EngineState, EngineStatus
from photoorg.core.library import LibraryPort
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import FONT_BODY, SPACE_ITEM, SPACE_PANEL, sized_font
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label

_PROMISE = (
    "Better engines know more words, and some know other languages. They are fetched only when you"
    " ask for it; your photos stay on this computer."
)
_BUSY = (EngineStatus.FETCHING, EngineStatus.LOOKING)


def state_words(state: EngineState) -> str:
    """Return "", "Downloading 120 of 350 MB", "Looking at your photos 1,200 of 4,000", ..."""
    if state.status is EngineStatus.FETCHING and state.total:
        return f"Downloading {state.done // 1_000_000:,} of {state.total // 1_000_000:,} MB"
    if state.status is EngineStatus.LOOKING and state.total:
        return f"{state.label} {state.done:,} of {state.total:,}"
    words = {
        EngineStatus.ABSENT: "",  # the button "Get" says it
        EngineStatus.READY: "Ready",
        EngineStatus.IN_USE: "In use",
    }
    return words.get(state.status, state.label)


def facts(state: EngineState) -> str:
    """Return size, licence and languages in one line."""
    languages = "Many languages" if state.languages == ("*",) else "English"
    size = [wording.file_size(state.size)] if state.size else []
    return wording.unbroken(" \N{MIDDLE DOT} ".join([*size, languages, state.licence]))


class EngineCard(QWidget):
    """One engine.

    Signals:
        asked(str, str): "get", "use", "remove" or "cancel", and the engine's key.
    """

    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = ""
        self._title = create_label()
        self._title.setFont(sized_font(FONT_BODY, QFont.Weight.DemiBold))
        self.state = create_label("", "state")
        self._summary = create_label("", wrap=True)
        self._facts = create_label("", "dimmed", wrap=True)
        self._more = create_label("", "dimmed", wrap=True)
        self.problem = create_label("", "danger", wrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.buttons = {
            "get": create_button("Get"),
            "use": create_button("Use"),
            "remove": create_button("Remove", "quiet"),
            "cancel": create_button("Cancel", "quiet"),
        }
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "raised")
        top = QHBoxLayout()
        top.setSpacing(SPACE_ITEM)
        top.addWidget(self._title)
        top.addWidget(self.state)
        top.addStretch(1)
        for name, button in self.buttons.items():
            top.addWidget(button)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name, self._key))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_PANEL, SPACE_PANEL, SPACE_PANEL, SPACE_PANEL)
        column.setSpacing(4)
        column.addLayout(top)
        for part in (self._summary, self._facts, self._more, self.bar, self.problem):
            column.addWidget(part)

    def show_state(self, state: EngineState, *, busy: bool) -> None:
        """Show an engine.

        Args:
            state: of it.
            busy: whether any engine is being worked on.
        """
        self._key = state.key
        self._title.setText(state.title)
        self.state.setText(state_words(state))
        self._summary.setText(state.summary)
        self._facts.setText(facts(state))
        needs = f"Also installs {state.needs}." if state.needs else ""
        more = " ".join(filter(None, (state.published, state.work, needs)))
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self.problem.setText(state.problem)
        self.problem.setVisible(bool(state.problem))
        working = state.status in _BUSY
        self.bar.setVisible(working)
        self.bar.setRange(0, 1000 if state.total else 0)
        if state.total:
            self.bar.setValue(1000 * state.done // state.total)
        offered = {
            "get": state.status is EngineStatus.ABSENT,
            "use": state.status is EngineStatus.READY,
            "remove": state.status in (EngineStatus.READY, EngineStatus.IN_USE)
            and state.key != BUILT_IN,
            "cancel": working,
        }
        for name, button in self.buttons.items():
            button.setVisible(offered[name])
            going_back = name == "use" and state.key == BUILT_IN
            button.setEnabled(name == "cancel" or going_back or not busy)


class EnginesSection(QWidget):
    """All engines, joined with the library.

    Args:
        library: does the work.
        tasks: keeps it off the GUI thread.
    """

    _moved = Signal(object)

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._states: dict[str, EngineState] = {}
        self.cards: dict[str, EngineCard] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2 * SPACE_PANEL, 0, 0)
        self._column.setSpacing(SPACE_ITEM)
        self._column.addWidget(create_label("Better search", "title"))
        self._column.addWidget(create_label(_PROMISE, "dimmed", wrap=True))
        self._moved.connect(self._on_moved, Qt.ConnectionType.QueuedConnection)
        unsubscribe = library.engines.subscribe(self._hear)
        self.destroyed.connect(unsubscribe)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the engines again."""
        self._tasks.run(
            lambda: tuple(self._library.engines.engines()),
            self._on_states,
            key="engines",
            owner=self,
        )

    def _hear(self, state: EngineState) -> None:
        """Take a state; called on any thread."""
        if isValid(self):
            self._moved.emit(state)

    def _on_moved(self, state: EngineState) -> None:
        self._states[state.key] = state
        if state.status in _BUSY and state.key in self.cards:
            self._show()
        else:
            self.refresh()

    def _on_states(self, states: tuple[EngineState, ...]) -> None:
        self._states = {state.key: state for state in states}
        self._show()

    def _show(self) -> None:
        busy = any(state.status in _BUSY for state in self._states.values())
        for key, state in self._states.items():
            if key not in self.cards:
                card = self.cards[key] = EngineCard()
                card.asked.connect(self._on_asked)
                self._column.addWidget(card)
            self.cards[key].show_state(state, busy=busy)

    def _on_asked(self, what: str, key: str) -> None:
        engines = self._library.engines
        work: dict[str, Callable[[], None]] = {
            "get": lambda: engines.get(key),
            "use": lambda: engines.use(key),
            "remove": lambda: engines.remove(key),
            "cancel": engines.cancel,
        }
        self._tasks.run(work[what], lambda _: self.refresh(), owner=self)
