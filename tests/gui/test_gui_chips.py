"""Chips: readable whatever the probability, answered once, focus never lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from photoorg.gui.inspector.chips import ChipBoard
from photoorg.gui.theme import Appearance, ThemeService, contrast
from photoorg.gui.widgets.chip import Chip, ChipData, ChipKind, chip_text_color
from photoorg.gui.widgets.flow_layout import FlowLayout


@pytest.fixture
def theme(qapp):
    return ThemeService(Appearance.DARK)


def suggested(*tags):
    return [ChipData(tag, ChipKind.SUGGESTED, 0.9 - 0.1 * i) for i, tag in enumerate(tags)]


@pytest.fixture
def board(qtbot, theme):
    window = QWidget()
    window.resize(276, 300)
    board = ChipBoard(theme)
    QVBoxLayout(window).addWidget(board)
    qtbot.addWidget(window)
    board.set_chips(suggested("cup", "table", "spoon"))
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    board.window_for_test = window  # keeps it alive
    return board


class Block(QWidget):
    """A widget that would like to be so wide."""

    def __init__(self, width):
        super().__init__()
        self.wanted = QSize(width, 20)

    def sizeHint(self):
        return self.wanted


def tags_of(board):
    return [chip.data.tag for chip in board.chips]


@pytest.mark.parametrize("appearance", [Appearance.DARK, Appearance.LIGHT])
@pytest.mark.parametrize("probability", [0.0, 0.01, 0.3, 0.6, 0.99])
def test_a_suggestion_is_readable_at_any_probability(qapp, appearance, probability):
    theme = ThemeService(appearance)
    color = chip_text_color(theme, ChipData("cup", ChipKind.SUGGESTED, probability))
    assert contrast(color.name(), theme.theme.panel) >= 4.5


def test_a_doubtful_suggestion_is_dimmer_than_a_sure_one(theme):
    def loudness(probability):
        color = chip_text_color(theme, ChipData("cup", ChipKind.SUGGESTED, probability))
        return contrast(color.name(), theme.theme.panel)

    assert loudness(0.2) < loudness(0.5) < loudness(0.9)


@pytest.mark.parametrize("appearance", [Appearance.DARK, Appearance.LIGHT])
def test_confirmed_text_is_readable_on_its_filling(qapp, appearance):
    theme = ThemeService(appearance).theme
    assert contrast(theme.text, theme.line) >= 4.5


def test_a_click_accepts_once(qtbot, board):
    answers = []
    board.accepted.connect(answers.append)
    chip = board.chip("table")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert answers == ["table"]


def test_the_cross_dismisses_and_does_not_accept(qtbot, board):
    accepted, dismissed = [], []
    board.accepted.connect(accepted.append)
    board.dismissed.connect(dismissed.append)
    chip = board.chip("cup")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross_rect().center())
    assert (accepted, dismissed) == ([], ["cup"])
    assert tags_of(board) == ["table", "spoon"]


def test_releasing_outside_takes_the_press_back(qtbot, board):
    answers = []
    board.accepted.connect(answers.append)
    chip = board.chip("cup")
    qtbot.mousePress(chip, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    qtbot.mouseRelease(chip, Qt.MouseButton.LeftButton, pos=QPoint(8, 200))
    assert answers == []


def test_a_confirmed_chip_is_not_accepted_but_deleted(qtbot, theme):
    chip = Chip(ChipData("dog"), theme)
    qtbot.addWidget(chip)
    accepted, dismissed = [], []
    chip.accepted.connect(accepted.append)
    chip.dismissed.connect(dismissed.append)
    qtbot.keyClick(chip, Qt.Key.Key_Return)
    qtbot.keyClick(chip, Qt.Key.Key_Delete)
    assert (accepted, dismissed) == ([], ["dog"])


def test_keys_accept_reject_and_go_on(qtbot, board):
    accepted, dismissed = [], []
    board.accepted.connect(accepted.append)
    board.dismissed.connect(dismissed.append)
    board.focus_first()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is board.chip("table")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    assert (accepted, dismissed) == (["table"], ["spoon"])
    assert QApplication.focusWidget() is board.chip("table")


def test_the_focus_goes_to_the_chip_that_takes_the_place(board):
    board.focus_first()
    board.set_chips(suggested("table", "spoon"))
    assert QApplication.focusWidget() is board.chip("table")


def test_the_next_photo_keeps_the_focus_also_over_a_photo_without_suggestions(board):
    board.focus_first()
    board.set_chips([], restart=True)
    assert board.hasFocus()
    board.set_chips(suggested("sky", "tower"), restart=True)
    assert QApplication.focusWidget() is board.chip("sky")


def test_new_chips_do_not_steal_the_focus(qtbot, board):
    other = QWidget(board.window())
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    other.show()
    other.setFocus()
    board.set_chips(suggested("sky"), restart=True)
    assert QApplication.focusWidget() is other


def test_widgets_of_staying_tags_are_kept(board):
    table = board.chip("table")
    board.set_chips(suggested("table", "plate"))
    assert board.chip("table") is table


def test_a_released_chip_takes_an_answer_again(qtbot, board):
    answers = []
    board.accepted.connect(answers.append)
    board.chip("cup").accept()
    board.release("cup")
    board.chip("cup").accept()
    assert answers == ["cup", "cup"]


def test_the_hint_tells_the_figure_while_pointed_at(board):
    hints = []
    board.hint_changed.connect(hints.append)
    board.chip("spoon").setFocus()
    board.focus_first()
    assert hints[-1].startswith("90 % · Enter adds")
    board.chip("cup").clearFocus()
    assert hints[-1] == ""


def test_a_dismissed_chip_fades_where_things_may_move(qtbot, board, theme, monkeypatch):
    monkeypatch.setattr(ThemeService, "animations_enabled", lambda self: True)
    chip = board.chip("cup")
    chip.dismiss()
    assert chip.leaving
    assert chip.isVisible()
    with qtbot.waitSignal(chip.faded, timeout=2000):
        pass
    assert chip.isHidden()


def test_accessible_names_tell_the_probability(theme):
    chip = Chip(ChipData("cup", ChipKind.SUGGESTED, 0.884), theme)
    assert chip.accessibleName() == "cup, suggested, 88 % likely"
    partial = Chip(ChipData("dog", ChipKind.PARTIAL, 5 / 12, "5/12"), theme)
    assert partial.accessibleName() == "dog, on 5/12 photos"
    chip.deleteLater()
    partial.deleteLater()


def test_flow_breaks_lines_and_narrows_what_is_too_wide(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, spacing=4)
    for width in (60, 60, 300):
        widget = Block(width)
        flow.addWidget(widget)
    assert flow.heightForWidth(130) == 44
    assert flow.heightForWidth(100) == 68
    holder.resize(130, 200)
    holder.show()
    assert [flow.itemAt(i).geometry().width() for i in range(3)] == [60, 60, 130]


def test_a_paragraph_follows_what_changes_in_it(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, spacing=4)
    blocks = [Block(60) for _ in range(4)]
    for block in blocks[:3]:
        flow.addWidget(block)
    assert flow.heightForWidth(130) == 44
    assert flow.heightForWidth(400) == 20
    blocks[0].wanted = QSize(90, 30)
    blocks[0].updateGeometry()
    assert flow.heightForWidth(130) == 54
    blocks[0].hide()
    assert flow.heightForWidth(130) == 20
    blocks[0].show()
    assert flow.heightForWidth(130) == 54
    flow.addWidget(blocks[3])
    assert flow.heightForWidth(130) == 78
    assert flow.takeAt(0).widget() is blocks[0]
    assert flow.heightForWidth(130) == 44
    assert flow.minimumSize().height() == 20


def test_the_same_chips_are_not_laid_out_again(qtbot, board):
    chips = board.chips
    before = [chip.geometry() for chip in chips]
    board.set_chips(suggested("cup", "table", "spoon"))
    assert board.chips == chips
    board.set_chips(suggested("spoon", "cup", "a tag that needs a line of its own", "table"))
    qtbot.waitUntil(lambda: board.chip("cup").geometry() != before[0])
    assert tags_of(board) == ["spoon", "cup", "a tag that needs a line of its own", "table"]
    places = [(chip.y(), chip.x()) for chip in board.chips]
    assert places == sorted(places)
    assert all(chip.isVisible() for chip in board.chips)
    assert len({chip.y() for chip in board.chips}) > 1


def test_a_chip_that_says_more_has_the_room(qtbot, board):
    before = board.chip("cup").width()
    board.set_chips(
        [
            ChipData("cup", ChipKind.PARTIAL, 0.5, "1,300 of 2,600"),
            *suggested("cup", "table", "spoon")[1:],
        ]
    )
    qtbot.waitUntil(lambda: board.chip("cup").width() > before)
    assert board.chip("table").x() > board.chip("cup").geometry().right()


def test_chips_follow_a_change_of_theme(qtbot, board, theme):
    chip = board.chip("cup")
    before = chip.grab().toImage()
    theme.set_appearance(Appearance.LIGHT)
    assert chip.grab().toImage() != before
