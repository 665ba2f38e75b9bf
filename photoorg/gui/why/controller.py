"""Asks why, for whichever photo is looked at, and tells inspector and viewer.

Two questions go out for one: the reasons from the person's own photos, which come at once, and what
the model sees and where, for which the photo has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from photoorg.core.errors import PhotoorgError
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import Explanation
from photoorg.gui.inspector.inspector import Inspector
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.gui.viewer.viewer import Viewer
from photoorg.gui.why.heat import heat_image
from photoorg.gui.why.reasons_view import Reasons, ReasonsView
from photoorg.gui.widgets.thumbs import Thumbs

_KEY = "why"
_REASONS_KEY = "why reasons"
_FOUND = "Why this photo?"


class WhyController(QObject):
    """One question at a time, asked again for each photo while it is wanted.

    To explain means to look at the photo again, so nobody is asked until the person wants it. In
    the answer of a search the question is why the photo is in it.

    Signals:
        photo_requested(PhotoId, tuple): show one of the photos that are shown as reasons.
    """

    photo_requested = Signal(object, object)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        inspector: Inspector,
        viewer: Viewer,
        thumbs: Thumbs,
        theme: ThemeService,
        searched: Callable[[], str],
    ) -> None:
        """Join the parts.

        Args:
            library: asked from tasks alone.
            tasks: runs them.
            inspector: shows answers beside the photos.
            viewer: shows them over the photo.
            thumbs: pictures photos.
            theme: gives the colours.
            searched: the text that the photos on show answer, or "".
        """
        super().__init__(inspector)
        self._library = library
        self._tasks = tasks
        self._inspector = inspector
        self._viewer = viewer
        self._searched = searched
        self._wanted = False
        self._photo: PhotoId | None = None
        self._tag = ""
        self._text = ""
        self._reasons: Reasons | str | None = None
        self._answer: tuple[Explanation, QImage | None] | str | None = None
        self._panels = (inspector.why.panel, viewer.why)
        self.views = tuple(
            ReasonsView(thumbs, theme, on_photo=panel.on_photo) for panel in self._panels
        )
        for panel, view in zip(self._panels, self.views, strict=True):
            panel.add_part(view)
            view.photo_chosen.connect(self.photo_requested)
        self.views[0].text_chosen.connect(self.ask_in_inspector)
        self.views[1].text_chosen.connect(self._ask_in_viewer)
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
        """Show why a photo is here or what the model sees in it, or show it no longer."""
        if self._wanted:
            self.close()
        elif photo is not None:
            self.ask(photo)

    def ask(self, photo: PhotoId, tag: str = "") -> None:
        """Ask what speaks for a tag; without one why a search found it, or what the model sees."""
        self._wanted = True
        self._photo, self._tag, self._answer, self._reasons = photo, tag, None, None
        self._text = "" if tag else self._searched()
        self._show()
        text = self._text
        self._tasks.run(
            lambda: _reasons_of(self._library, photo, tag, text),
            self._on_reasons,
            self._on_no_reasons,
            key=_REASONS_KEY,
            owner=self,
        )
        if text:
            # Which part of the search the map is of comes with the reasons.
            self._tasks.drop(_KEY)
        else:
            self._look(photo, tag)

    def _look(self, photo: PhotoId, tag: str) -> None:
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
            self._drop()
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
        self._photo, self._tag, self._text = None, "", ""
        self._answer = self._reasons = None
        self._drop()
        for view in self.views:
            view.clear()
        self._inspector.end_why()
        self._viewer.end_why()

    def _drop(self) -> None:
        self._tasks.drop(_KEY)
        self._tasks.drop(_REASONS_KEY)

    def _ask_in_viewer(self, tag: str) -> None:
        if (photo := self._viewer.current_photo()) is not None:
            self.ask(photo, tag)

    def _show(self) -> None:
        """Show question or answer wherever its photo is looked at."""
        if self._photo is None:
            return
        for panel, view in zip(self._panels, self.views, strict=True):
            panel.set_heading(_FOUND if self._text else "")
            if isinstance(self._reasons, str):
                view.show_problem(self._reasons)
            else:
                view.show_reasons(self._reasons or Reasons())
        for part in (self._inspector, self._viewer):
            if self._answer is None:
                part.begin_why(self._photo, self._tag)
            elif isinstance(self._answer, str):
                part.show_why_problem(self._photo, self._answer)
            else:
                part.show_why(*self._answer)
        if not isinstance(self._answer, tuple) and self._reasons is not None:
            self._show_words(self._reasons)

    def _show_words(self, reasons: Reasons | str) -> None:
        """Show the words that came with the reasons, while there is no closer look at the photo."""
        known = reasons.of_tag if isinstance(reasons, Reasons) else None
        for panel in self._panels:
            panel.show_words(() if known is None else known.words)

    def _on_toggled_in_inspector(self, *, wanted: bool) -> None:
        if wanted and len(self._inspector.photo_ids) == 1:
            self.ask(self._inspector.photo_ids[0])
        elif not wanted:
            self.close()

    def _on_reasons(self, reasons: Reasons) -> None:
        self._reasons = reasons
        if reasons.found is not None and self._photo is not None:
            if reasons.found.strongest:
                self._look(self._photo, reasons.found.strongest)
            else:
                self._answer = "The photo shows no part of the search, so there is no map."
        self._show()

    def _on_no_reasons(self, error: Exception) -> None:
        if not isinstance(error, PhotoorgError):
            self._tasks.failed.emit(error)
            return
        self._reasons = str(error)
        if self._text and self._photo is not None:
            self._text = ""
            self._look(self._photo, "")
        self._show()

    def _on_answer(self, answer: tuple[Explanation, QImage | None]) -> None:
        self._answer = answer
        self._show()

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, PhotoorgError):
            self._tasks.failed.emit(error)
            return
        self._answer = str(error)
        self._show()


def _reasons_of(library: LibraryPort, photo: PhotoId, tag: str, text: str) -> Reasons:
    """Ask for reasons with the photos that they name. Blocks, for a moment: call it from a task."""
    if text:
        return Reasons(found=library.why.why_found(text, photo))
    reasons = library.why.of_tag(photo, tag)
    near = [each.photo_id for each in (*reasons.near, *reasons.against)]
    rows = {row.photo_id: row for row in library.grid_rows(near)} if near else {}
    return Reasons(of_tag=reasons, rows=rows)


def _explain(library: LibraryPort, photo: PhotoId, tag: str) -> tuple[Explanation, QImage | None]:
    """Ask, and draw the heat map. Blocks: call it from a task."""
    explanation = library.explain(photo, tag)
    heat = None if explanation.heat is None else heat_image(explanation.heat)
    return explanation, heat
