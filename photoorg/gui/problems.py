"""What went wrong, told to the person: in a banner what they can mend, in a dialog what we must."""

from __future__ import annotations

import logging
import platform
import traceback

from PySide6.QtCore import QObject, Qt, QtMsgType, Signal, Slot, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from photoorg import __version__
from photoorg.core.errors import EnvironmentProblem, PhotoorgError
from photoorg.core.progress import Progress
from photoorg.gui.pages import ErrorBanner
from photoorg.gui.theme import SPACE_EMPTY, SPACE_GROUP, SPACE_ITEM
from photoorg.gui.widgets.build import create_button, create_label

_log = logging.getLogger(__name__)

SEVERITIES = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def describe_bug(error: BaseException) -> str:
    """Return a report that somebody who knows the program can work with."""
    trace = "".join(traceback.format_exception(error))
    return (
        f"photoorg {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.platform()}\n\n{trace}"
    )


class BugDialog(QDialog):
    """A bug with its report and a button that copies it. The program goes on."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.setWindowTitle("Something went wrong")
        self.resize(640, 400)
        text = QPlainTextEdit(report)
        text.setReadOnly(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setAccessibleName("Report")
        self.copy_button = create_button("Copy report")
        self.close_button = create_button("Go on", "primary")
        self.copy_button.clicked.connect(self._on_copy)
        self.close_button.clicked.connect(self.accept)
        self.close_button.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_ITEM)
        buttons.addStretch()
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_EMPTY, SPACE_EMPTY, SPACE_EMPTY, SPACE_GROUP)
        column.setSpacing(SPACE_GROUP)
        column.addWidget(create_label("Something went wrong in photoorg", "title"))
        column.addWidget(
            create_label(
                "This is our fault, not yours. Your photos and tags are safe, and you can go on "
                "working. Sending us this report helps to mend it.",
                wrap=True,
            )
        )
        column.addWidget(text, 1)
        column.addLayout(buttons)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy_button.setText("Copied")


class ProblemReporter(QObject):
    """The one path that errors take to the person."""

    _arrived = Signal(object)

    def __init__(self, banner: ErrorBanner, window: QWidget) -> None:
        super().__init__(window)
        self._banner = banner
        self._window = window
        self._dialog: BugDialog | None = None
        self._arrived.connect(self.report, Qt.ConnectionType.QueuedConnection)

    @property
    def dialog(self) -> BugDialog | None:
        """The report on show, or None."""
        return self._dialog

    def report_later(self, error: BaseException) -> None:
        """Tell the person about an error; call it on any thread, also while an error is handled."""
        if isValid(self):
            self._arrived.emit(error)

    def report_end(self, progress: Progress) -> None:
        """Tell the person why background work could not go on."""
        self.report(EnvironmentProblem(progress.label))

    @Slot(object)
    def report(self, error: BaseException) -> None:
        """Tell the person about an error; call it on the GUI thread."""
        if isinstance(error, PhotoorgError):
            _log.warning("%s", error)
            self._banner.show_problem(error)
            return
        report = describe_bug(error)
        _log.error("%s", report)
        if self._dialog is not None:
            return  # One at a time: what fails on every repaint must not bury the window.
        self._dialog = BugDialog(report, self._window)
        self._dialog.finished.connect(self._on_finished)
        self._dialog.open()

    def _on_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
