"""The window's composition root: builds the parts, joins them, and takes them down in order."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QSettings, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from photoorg import __version__
from photoorg.core.errors import EnvironmentProblem, UsageProblem
from photoorg.core.paths import CatalogPaths
from photoorg.gui.garbage import garbage_collected_here
from photoorg.gui.icons import IconSet, application_icon
from photoorg.gui.main_window import MainWindow
from photoorg.gui.problems import SEVERITIES
from photoorg.gui.tasks import TaskRunner
from photoorg.gui.theme import ThemeService
from photoorg.jobs.library import Library
from photoorg.media.decode import load_for_view

LOG_BYTES = 1_000_000
LOG_FILES = 3

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
        EnvironmentProblem: the folder is not there, or the catalog cannot be opened.
        UsageProblem: the folder is none.
    """
    if folder is not None:
        folder = _existing(folder)
    catalog.create()
    with _logging_to(catalog.log):
        application = _create_application()
        library = Library.open(catalog)
        try:
            return _run(application, library, folder, catalog)
        finally:
            library.close()
            qInstallMessageHandler(None)


def _existing(folder: Path) -> Path:
    """Return a folder as an absolute path; the window would only find out once it is open."""
    absolute = folder.expanduser().absolute()
    if not absolute.exists():
        raise EnvironmentProblem(
            f"The folder {absolute} is not there.", "Check its name, or connect its drive."
        )
    if not absolute.is_dir():
        raise UsageProblem(f"{absolute} is not a folder.", "Name the folder that it is in.")
    return absolute


def _create_application() -> QApplication:
    qInstallMessageHandler(_on_qt_message)
    application = QApplication(["photoorg"])
    application.setApplicationName("photoorg")
    application.setApplicationDisplayName("photoorg")
    application.setDesktopFileName("photoorg")
    application.setWindowIcon(application_icon())
    return application


def _run(
    application: QApplication, library: Library, folder: Path | None, catalog: CatalogPaths
) -> int:
    theme = ThemeService()
    theme.apply(application)
    settings = QSettings(str(catalog.root / "window.ini"), QSettings.Format.IniFormat)
    tasks = TaskRunner()
    window = MainWindow(library, tasks, theme, IconSet(theme), settings, load_for_view)
    with _hooks(window.problems.report_later, window.close), garbage_collected_here():
        window.folders.start(folder)
        window.show()
        status = application.exec()
        # Threads first: nobody may ask the library for anything once it closes.
        window.release()
        tasks.shutdown()
    window.deleteLater()
    return status


# -- what goes wrong --------------------------------------------------------------------------
@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Write what the program has to say of itself to a file, which is kept small.

    Raises:
        EnvironmentProblem: the file cannot be written.
    """
    try:
        handler = RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8"
        )
    except OSError as error:
        raise EnvironmentProblem(
            f"The log file {path} cannot be written ({error.strerror}).",
            "Mend its permissions, or choose another folder with --catalog.",
        ) from error
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s")
    )
    everybody, ours = logging.getLogger(), logging.getLogger("photoorg")
    level_before = ours.level
    ours.setLevel(logging.INFO)
    everybody.addHandler(handler)
    _log.info("photoorg %s opens", __version__)
    try:
        yield
    finally:
        _log.info("photoorg has closed")
        everybody.removeHandler(handler)
        ours.setLevel(level_before)
        handler.close()


@contextmanager
def _hooks(report: Callable[[BaseException], None], close: Callable[[], object]) -> Iterator[None]:
    """Report what nobody caught on any thread, and end politely on Ctrl+C and kill.

    Args:
        report: may be called on any thread; it also writes the log.
        close: closes the window.
    """
    python_hook, thread_hook = sys.excepthook, threading.excepthook

    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            close()
            return
        python_hook(kind, error, trace)
        report(error)

    def on_thread_exception(told: threading.ExceptHookArgs) -> None:
        thread_hook(told)
        if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
            report(told.exc_value)

    sys.excepthook, threading.excepthook = on_exception, on_thread_exception
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
        sys.excepthook, threading.excepthook = python_hook, thread_hook


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    _qt_log.log(SEVERITIES.get(kind, logging.WARNING), "%s", message)
