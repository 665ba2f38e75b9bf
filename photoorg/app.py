"""The window's composition root: builds the parts, joins them, and takes them down in order."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QSettings, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from photoorg.core.paths import CatalogPaths
from photoorg.gui.icons import IconSet, application_icon
from photoorg.gui.main_window import MainWindow
from photoorg.gui.problems import SEVERITIES
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.jobs.library import Library
from photoorg.media.decode import load_for_view

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("photoorg.qt")


def run_window(folder: Path | None, catalog: CatalogPaths) -> int:
    """Open the window and return when it is closed.

    Args:
        folder: to be added to the library, or None to open it as it is.
        catalog: where the library is kept.

    Returns:
        The exit status of the process.

    Raises:
        EnvironmentProblem: the catalog cannot be opened.
    """
    qInstallMessageHandler(_on_qt_message)
    application = QApplication(["photoorg"])
    application.setApplicationName("photoorg")
    application.setApplicationDisplayName("photoorg")
    application.setDesktopFileName("photoorg")
    application.setWindowIcon(application_icon())
    library = Library.open(catalog)
    try:
        return _run(application, library, folder, catalog)
    finally:
        library.close()
        qInstallMessageHandler(None)


def _run(
    application: QApplication, library: Library, folder: Path | None, catalog: CatalogPaths
) -> int:
    theme = ThemeService()
    theme.apply(application)
    settings = QSettings(str(catalog.root / "window.ini"), QSettings.Format.IniFormat)
    tasks = TaskRunner()
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    with _hooks(window.problems.report, window.close):
        if folder is not None:
            window.folders.add([folder])
        else:
            window.folders.rescan()
        window.show()
        status = application.exec()
        # Threads first: nobody may ask the library for anything once it closes.
        window.release()
        tasks.shutdown()
    window.deleteLater()
    return status


@contextmanager
def _hooks(report: Callable[[BaseException], None], close: Callable[[], object]) -> Iterator[None]:
    """Report what nobody caught, and end politely on Ctrl+C and kill."""
    python_hook = sys.excepthook

    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            close()
            return
        python_hook(kind, error, trace)
        report(error)

    sys.excepthook = on_exception
    before = {
        number: signal.signal(number, lambda *_: close())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    # Python runs signal handlers between its own instructions, and Qt's loop has none.
    wake = QTimer(interval=250)
    wake.timeout.connect(lambda: None)
    wake.start()
    try:
        yield
    finally:
        wake.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.excepthook = python_hook


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    _qt_log.log(SEVERITIES.get(kind, logging.WARNING), "%s", message)
