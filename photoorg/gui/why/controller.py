"""Asks the model why, for whichever photo is looked at, and tells inspector and viewer."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import Explanation
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.viewer.viewer import Viewer
from photoorg.gui.why.heat import heat_image

_KEY = "why"


class WhyController(QObject):
    """One question at a time, asked again for each photo while it is wanted.

    To explain means to look at the photo again, so nobody is asked until the person wants it.
    """

    def __init__(
        self, library: LibraryPort, tasks: TaskRunner, inspector: Inspector, viewer: Viewer
    ) -> None:
        super().__init__(inspector)
        self._library = library
        self._tasks = tasks
        self._inspector = inspector
        self._viewer = viewer
        self._wanted = False
        self._photo: PhotoId | None = None
        self._tag = ""
        self._answer: tuple[Explanation, QImage | None] | str | None = None
        inspector.why_requested.connect(self.ask_in_inspector)
        inspector.why_toggled.connect(lambda wanted: self._on_toggled_in_inspector(wanted=wanted))
        viewer.why_requested.connect(self._ask_in_viewer)
        viewer.why_toggled.connect(lambda: self.toggle(viewer.current_photo()))
        viewer.shown.connect(self.follow)

    @property
    def wanted(self) -> bool:
        """Whether the answers are on show."""
        return self._wanted

    @property
    def question(self) -> tuple[PhotoId | None, str]:
        """The photo and the tag asked about last."""
        return self._photo, self._tag

    def toggle(self, photo: PhotoId | None) -> None:
        """Show what the model sees in a photo, or show it no longer."""
        if self._wanted:
            self.close()
        elif photo is not None:
            self.ask(photo)

    def ask(self, photo: PhotoId, tag: str = "") -> None:
        """Ask what speaks for a tag, or what the model sees at all."""
        self._wanted = True
        self._photo, self._tag, self._answer = photo, tag, None
        self._show()
        self._tasks.run(
            lambda: _explain(self._library, photo, tag),
            self._on_answer,
            self._on_error,
            key=_KEY,
            owner=self,
        )

    def ask_in_inspector(self, tag: str) -> None:
        """Ask about the photo in the inspector."""
        if len(self._inspector.photo_ids) == 1:
            self.ask(self._inspector.photo_ids[0], tag)

    def follow(self, photo: PhotoId | None) -> None:
        """Ask about another photo that is looked at now, while answers are wanted.

        The same one may be looked at in the viewer now, which has not been told yet.
        """
        if not self._wanted:
            return
        if photo is None:
            self._tasks.drop(_KEY)
            self._photo = None
        elif photo != self._photo:
            self.ask(photo)
        else:
            self._show()

    def refresh(self) -> None:
        """Ask again: another model is in use now."""
        if self._wanted and self._photo is not None:
            self.ask(self._photo, self._tag)

    def close(self) -> None:
        """Take the answers away."""
        self._wanted = False
        self._photo, self._tag, self._answer = None, "", None
        self._tasks.drop(_KEY)
        self._inspector.end_why()
        self._viewer.end_why()

    def _ask_in_viewer(self, tag: str) -> None:
        if (photo := self._viewer.current_photo()) is not None:
            self.ask(photo, tag)

    def _show(self) -> None:
        """Show question or answer wherever its photo is looked at."""
        if self._photo is None:
            return
        for part in (self._inspector, self._viewer):
            if self._answer is None:
                part.begin_why(self._photo, self._tag)
            elif isinstance(self._answer, str):
                part.show_why_problem(self._photo, self._answer)
            else:
                part.show_why(*self._answer)

    def _on_toggled_in_inspector(self, *, wanted: bool) -> None:
        if wanted and len(self._inspector.photo_ids) == 1:
            self.ask(self._inspector.photo_ids[0])
        elif not wanted:
            self.close()

    def _on_answer(self, answer: tuple[Explanation, QImage | None]) -> None:
        self._answer = answer
        self._show()

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, PhotoorgError):
            self._tasks.failed.emit(error)
            return
        self._answer = str(error)
        self._show()


def _explain(library: LibraryPort, photo: PhotoId, tag: str) -> tuple[Explanation, QImage | None]:
    """Ask, and draw the heat map. Blocks: call it from a task."""
    explanation = library.explain(photo, tag)
    heat = None if explanation.heat is None else heat_image(explanation.heat)
    return explanation, heat
