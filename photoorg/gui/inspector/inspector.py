"""The inspector: look at the selected photos, say what they are, read what is known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from photoorg.core.changes import (
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    Operation,
    RejectTag,
    RemoveTag,
    SetRating,
)
from photoorg.core.ids import PhotoId
from photoorg.core.library import LibraryPort
from photoorg.core.modelling import Explanation
from photoorg.core.records import PhotoDetails, PhotoState, Suggestion
from photoorg.gui.bulk.section import BulkSection
from photoorg.gui.bulk.source import BulkSource
from photoorg.gui.icons import IconSet
from photoorg.gui.inspector.chips import ChipBoard, Flight
from photoorg.gui.inspector.column import ColumnScroll, stack
from photoorg.gui.inspector.data import Described, Suggested, describe, suggest
from photoorg.gui.inspector.facts import Facts
from photoorg.gui.inspector.preview import Preview
from photoorg.gui.inspector.rating import RatingStars
from photoorg.gui.inspector.shown import fold_text, standing, tag_chips
from photoorg.gui.inspector.tag_edit import TagEdit
from photoorg.gui.inspector.why_section import WhySection
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import (
    INSPECTOR_WIDTH,
    SPACE_GROUP,
    SPACE_ITEM,
    SPACE_PANEL,
    ThemeService,
)
from photoorg.gui.widgets import wording
from photoorg.gui.widgets.build import create_button, create_label, create_labelled_button
from photoorg.gui.widgets.chip import Chip, ChipData, ChipKind
from photoorg.gui.widgets.elided_label import ElidedLabel

_RELEVANT = frozenset(
    {
        ChangeKind.TAGS,
        ChangeKind.PHOTOS_CHANGED,
        ChangeKind.PHOTOS_REMOVED,
        ChangeKind.VECTORS,
    }
)


class Inspector(QWidget):
    """Shows the selection and turns what the person does into operations.

    Nothing is shown as done before the library said so: an operation is sent, the change set
    comes back through `on_change`, and the panel reads its photos again.

    Signals:
        operation_requested(Operation): carry this out.
        similar_requested(PhotoId): find photos like this one.
        tag_activated(str): show the photos that carry this tag.
        reveal_requested(Path): show a file in the file manager.
        step_requested(int): go to the next (1) or previous (-1) photo; the focus stays here.
        left: Esc: the focus should go back to the photos.
        why_requested(str): what speaks for this tag? "" asks about the photo as a whole.
        why_toggled(bool): show what the model sees, or show it no longer.
        spread_requested(str): give this tag to photos like those that carry it.
    """

    operation_requested = Signal(object)
    similar_requested = Signal(object)
    tag_activated = Signal(str)
    reveal_requested = Signal(object)
    step_requested = Signal(int)
    left = Signal()
    why_requested = Signal(str)
    why_toggled = Signal(bool)
    spread_requested = Signal(str)

    def __init__(
        self,
        library: LibraryPort,
        tasks: TaskRunner,
        theme: ThemeService,
        icons: IconSet,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._theme = theme
        self._photo_ids: tuple[PhotoId, ...] = ()
        self._described: Described | None = None
        self._suggestions: tuple[Suggestion, ...] = ()
        self._suggestions_of: tuple[PhotoId, ...] = ()
        self._rejected: set[str] = set()
        self._wants_less_sure = False
        self._departures: dict[str, tuple[QPixmap, QRect]] = {}

        self._preview = Preview(theme, icons, tasks)
        self._title = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._title.setProperty("kind", "title")
        self._subtitle = create_label("", "dimmed", wrap=True)
        self._stars = RatingStars(theme, icons)
        self._tags = ChipBoard(theme)
        self._edit = TagEdit(library, tasks, theme)
        self._suggested = ChipBoard(theme)
        self._suggested_title = create_label("Suggested", "dimmed")
        self._less_sure = create_button("", "link")
        self._hint = create_label(" ", "dimmed")
        self.bulk = BulkSection(BulkSource(library, tasks, self), theme)
        self._similar = create_labelled_button(icons, "similar", "Find similar")
        self.why = WhySection(theme, icons)
        self._facts = Facts(icons)
        self._nothing = create_label(
            "Select a photo to see and change its tags.", "dimmed", wrap=True
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build()
        self._connect()
        self._show_selection()

    # -- building ----------------------------------------------------------------------------
    def _build(self) -> None:
        self.setFixedWidth(INSPECTOR_WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "panel")
        self.setAccessibleName("Inspector")
        self._tags.setAccessibleName("Tags")
        self._suggested.setAccessibleName("Suggested tags")
        self._tagging, _ = stack(
            self._stars, SPACE_ITEM, self._tags, SPACE_ITEM, self._edit, SPACE_GROUP
        )
        self._suggesting, _ = stack(
            self._suggested_title, SPACE_ITEM - 2, self._suggested, 4, self._hint,
            self._less_sure, SPACE_PANEL,
        )  # fmt: skip
        self._content, column = stack(
            self._preview,
            SPACE_PANEL,
            self._title,
            2,
            self._subtitle,
            4,
            self._tagging,
            self._suggesting,
            self.bulk,
            self._similar,
            SPACE_ITEM,
            self.why,
            SPACE_GROUP,
            self._facts,
        )
        self._scroll = ColumnScroll(self._content, column)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        outer.addWidget(self._nothing)

    def _connect(self) -> None:
        self._tags.accepted.connect(self._on_add_to_all)
        self._tags.dismissed.connect(self._on_remove)
        self._tags.menu_requested.connect(self._on_tag_menu)
        self._suggested.accepted.connect(self._on_accept)
        self._suggested.dismissed.connect(self._on_reject)
        self._suggested.menu_requested.connect(self._on_suggestion_menu)
        self._less_sure.clicked.connect(self._on_less_sure)
        for board in (self._tags, self._suggested):
            board.hint_changed.connect(self._on_hint)
        self._edit.tags_entered.connect(self._on_tags_entered)
        self._edit.escaped.connect(self.left)
        self._stars.rated.connect(self._on_rated)
        self._suggested.why_requested.connect(self.why_requested)
        self.why.panel.word_chosen.connect(self.why_requested)
        self.why.toggled.connect(self.why_toggled)
        self.bulk.operation_requested.connect(self.operation_requested)
        self.bulk.accepting.connect(self._note_departure)
        self._similar.clicked.connect(self._on_similar)
        self._facts.reveal_requested.connect(self.reveal_requested)

    # -- what the window calls ---------------------------------------------------------------
    @property
    def photo_ids(self) -> tuple[PhotoId, ...]:
        """The photos shown."""
        return self._photo_ids

    @property
    def tags(self) -> tuple[str, ...]:
        """The confirmed tags of the photos shown, those on most of them first."""
        described = self._described
        if described is None or described.photo_ids != self._photo_ids:
            return ()
        return tuple(tag for tag, _ in described.tags)

    def set_selection(self, photo_ids: Sequence[PhotoId]) -> None:
        """Show other photos; what was there stays until they are read."""
        wanted = tuple(photo_ids)
        if wanted == self._photo_ids:
            return
        self._photo_ids = wanted
        self._rejected.clear()
        self._departures.clear()
        self.bulk.source.set_photos(wanted if len(wanted) > 1 else ())
        self._show_selection()
        self.refresh()

    def on_change(self, changes: ChangeSet) -> None:
        """Read the photos again where a change concerns them."""
        if not self._photo_ids or not changes.kinds & _RELEVANT:
            return
        if changes.everything or not changes.photo_ids.isdisjoint(self._photo_ids):
            self.refresh()

    def refresh(self) -> None:
        """Read the photos again; also after an operation that could not be carried out."""
        photo_ids = self._photo_ids
        if not photo_ids:
            return
        self._tasks.run(
            lambda: describe(self._library, photo_ids),
            self._on_described,
            key=(id(self), "describe"),
            owner=self,
        )
        if len(photo_ids) > 1:
            return
        self._tasks.run(
            lambda: suggest(self._library, photo_ids[0]),
            self._on_suggested,
            key=(id(self), "suggest"),
            owner=self,
        )

    def restore(self) -> None:
        """Take answers again: the last operation could not be carried out."""
        self._departures.clear()
        self._rejected.clear()
        for board in (self._tags, self._suggested):
            for chip in board.chips:
                board.release(chip.data.tag)
        self.bulk.release()
        self.refresh()

    def focus_tag_edit(self) -> None:
        """Put the cursor where tags are typed."""
        self._scroll.ensureWidgetVisible(self._edit)
        self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._edit.selectAll()

    def focus_suggestions(self) -> None:
        """Give the first suggestion the focus."""
        self._suggested.focus_first()

    # -- why (WhyController) -----------------------------------------------------------------
    def begin_why(self, photo: PhotoId, tag: str) -> None:
        """Say that the model is asked about a photo."""
        if self._photo_ids == (photo,):
            self.why.begin(tag)
            self._preview.set_heat(None)

    def show_why(self, explanation: Explanation, heat: QImage | None) -> None:
        """Show why, where it is about the photo that is shown."""
        if self._photo_ids == (explanation.photo_id,):
            self.why.show_answer(explanation)
            self._preview.set_heat(heat)

    def show_why_problem(self, photo: PhotoId, text: str) -> None:
        """Say why there is no answer."""
        if self._photo_ids == (photo,):
            self.why.show_problem(text)

    def end_why(self) -> None:
        """Take the answer away."""
        self.why.end()
        self._preview.set_heat(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_PageDown:
                self.step_requested.emit(1)
            case Qt.Key.Key_PageUp:
                self.step_requested.emit(-1)
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    # -- showing -----------------------------------------------------------------------------
    def _show_selection(self) -> None:
        something = bool(self._photo_ids)
        self._scroll.setVisible(something)
        self._nothing.setVisible(not something)
        if not something:
            self._tasks.drop((id(self), "describe"))
            self._tasks.drop((id(self), "suggest"))
            self._described = None
            self._suggestions = ()

    def _on_described(self, described: Described) -> None:
        if described.photo_ids != self._photo_ids:
            return
        restart = self._described is None or self._described.photo_ids != described.photo_ids
        self._described = described
        self._settle_rejections(described)
        if described.details is not None:
            self._show_one(described.details, described)
        elif len(described.photo_ids) == 1:
            self._show_gone()
        else:
            self._show_many(described)
        self._stars.set_rating(described.rating)
        self._tags.set_chips(tag_chips(described), restart=restart)
        self._show_suggestions(restart=restart)
        self._land_departures()

    def _show_one(self, details: PhotoDetails, described: Described) -> None:
        name = details.paths[0].name if details.paths else "Photo"
        self._title.setText(name)
        self._subtitle.setText(standing(details))
        self._subtitle.setVisible(bool(self._subtitle.text()))
        if details.state is PhotoState.FAILED:
            self._preview.show_message("warning", details.reason or "This file cannot be read.")
        elif described.thumbnail_keys:
            self._show_thumbnails(described)
        elif details.missing:
            self._preview.show_message("missing", "The file is not there any more.")
        else:
            self._preview.show_message("clock", "Being read…")
        self._set_parts(facts=True, readable=details.state is not PhotoState.FAILED)
        self._similar.setEnabled(details.state is PhotoState.READY)
        self.why.setEnabled(details.state is PhotoState.READY)
        self._facts.show_details(details)

    def _show_many(self, described: Described) -> None:
        self._title.setText(wording.photos(len(described.photo_ids)))
        self._subtitle.setVisible(False)
        if described.thumbnail_keys:
            self._show_thumbnails(described)
        else:
            self._preview.show_message("clock", "Being read…")
        self._set_parts(facts=False, readable=True)

    def _show_gone(self) -> None:
        self._title.setText("Photo")
        self._subtitle.setVisible(False)
        self._preview.show_message("missing", "This photo is not in the library any more.")
        self._set_parts(facts=False, readable=False)

    def _set_parts(self, *, facts: bool, readable: bool) -> None:
        self._facts.setVisible(facts)
        self._similar.setVisible(facts and readable)
        self.why.setVisible(facts and readable)
        self.bulk.setVisible(len(self._photo_ids) > 1)
        self._tagging.setVisible(readable)

    def _show_thumbnails(self, described: Described) -> None:
        self._preview.show_photos(
            [self._library.thumbnail_path(k) for k in described.thumbnail_keys]
        )

    def _on_suggested(self, suggested: Suggested) -> None:
        if suggested.photo_ids != self._photo_ids:
            return
        restart = suggested.photo_ids != self._suggestions_of
        self._suggestions = suggested.suggestions
        self._suggestions_of = suggested.photo_ids
        self._show_suggestions(restart=restart)

    def _settle_rejections(self, described: Described) -> None:
        """Leave it to the library to remember a rejection, once it is known to.

        Until then answers may come that were asked for before, and would bring the chip back.
        """
        if described.details is None:
            self._rejected.clear()
        else:
            self._rejected.difference_update(described.details.rejected)

    def _show_suggestions(self, *, restart: bool) -> None:
        """Show the suggestions that are of these photos and not yet answered."""
        described = self._described
        if described is None or described.photo_ids != self._photo_ids:
            return
        answered = {tag for tag, _ in described.tags} | self._rejected
        if described.details is not None:
            answered.update(described.details.rejected)
        current = self._suggestions if self._suggestions_of == self._photo_ids else ()
        open_ = [each for each in current if each.tag not in answered]
        shown = [each for each in open_ if each.sure or self._wants_less_sure]
        chips = [ChipData(each.tag, ChipKind.SUGGESTED, each.probability) for each in shown]
        self._suggested.set_chips(chips, restart=restart)
        self._hint.setVisible(bool(chips))
        self._less_sure.setText(fold_text(open_, wanted=self._wants_less_sure))
        self._less_sure.setVisible(bool(self._less_sure.text()))
        self._suggesting.setVisible(bool(open_) or self._suggested.hasFocus())

    def _on_less_sure(self) -> None:
        self._wants_less_sure = not self._wants_less_sure
        self._show_suggestions(restart=False)

    # -- motion ------------------------------------------------------------------------------
    def _land_departures(self) -> None:
        """Let accepted suggestions fly to where they now belong."""
        departures, self._departures = self._departures, {}
        if not departures or not self._theme.animations_enabled():
            return
        self._settle_layout()
        for tag, (picture, start) in departures.items():
            chip = self._tags.chip(tag)
            if chip is None:
                continue
            end = chip.mapTo(self._content, QPoint(0, 0))
            chip.set_strength(0.0)
            flight = Flight(picture, start, self._content)
            flight.fly_to(end).finished.connect(lambda chip=chip: chip.set_strength(1.0))

    def _settle_layout(self) -> None:
        """Put every widget where it will be, now and not with the next event."""
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        layout = self._content.layout()
        if layout is not None:
            layout.activate()

    # -- what the person does ----------------------------------------------------------------
    def _request(self, operation: Operation) -> None:
        self.operation_requested.emit(operation)

    def _on_accept(self, tag: str) -> None:
        chip = self._suggested.chip(tag)
        if chip is not None:
            self._note_departure(chip)
        self._request(ConfirmTag(tag, self._photo_ids))

    def _note_departure(self, chip: Chip) -> None:
        """Remember from where an accepted suggestion will fly."""
        start = QRect(chip.mapTo(self._content, QPoint(0, 0)), chip.size())
        self._departures[chip.data.tag] = (chip.grab(), start)

    def _on_reject(self, tag: str) -> None:
        self._rejected.add(tag)
        self._request(RejectTag(tag, self._photo_ids))

    def _on_add_to_all(self, tag: str) -> None:
        self._request(AddTag(tag, self._photo_ids))

    def _on_remove(self, tag: str) -> None:
        self._request(RemoveTag(tag, self._photo_ids))

    def _on_tags_entered(self, tags: list[str]) -> None:
        for tag in tags:
            self._request(AddTag(tag, self._photo_ids))

    def _on_rated(self, rating: int) -> None:
        self._request(SetRating(rating, self._photo_ids))

    def _on_similar(self) -> None:
        if len(self._photo_ids) == 1:
            self.similar_requested.emit(self._photo_ids[0])

    def _on_hint(self, text: str) -> None:
        # A blank keeps the height of the line.
        self._hint.setText(text or " ")

    def _on_tag_menu(self, tag: str, position: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Show photos with this tag", lambda: self.tag_activated.emit(tag))
        chip = self._tags.chip(tag)
        if chip is not None and chip.data.kind is ChipKind.PARTIAL:
            menu.addAction("Add to all", chip.accept)
        if chip is not None:
            menu.addAction("Remove tag", chip.dismiss)
        menu.addAction("Give to similar photos…", lambda: self.spread_requested.emit(tag))
        self._open(menu, position)

    def _on_suggestion_menu(self, tag: str, position: QPoint) -> None:
        chip = self._suggested.chip(tag)
        if chip is None:
            return
        menu = QMenu(self)
        menu.addAction("Add tag", chip.accept)
        menu.addAction("Not this tag", chip.dismiss)
        menu.addSeparator()
        menu.addAction("Why?", lambda: self.why_requested.emit(tag))
        self._open(menu, position)

    def _open(self, menu: QMenu, position: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(position)
