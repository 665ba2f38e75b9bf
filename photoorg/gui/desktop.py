"""What the desktop around the window can be asked to do."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def reveal(path: Path) -> None:
    """Show a file or folder in the file manager, marked where the file manager can do that."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(path)])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    elif not _reveal_by_bus(path):
        folder = path if path.is_dir() else path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _reveal_by_bus(path: Path) -> bool:
    """Ask whichever file manager answers on the session bus (freedesktop FileManager1)."""
    sender = shutil.which("dbus-send")
    if sender is None:
        return False
    uri = QUrl.fromLocalFile(str(path)).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    process = QProcess()
    process.setProgram(sender)
    process.setArguments(
        [
            "--session",
            "--dest=org.freedesktop.FileManager1",
            "--type=method_call",
            "/org/freedesktop/FileManager1",
            "org.freedesktop.FileManager1.ShowItems",
            f"array:string:{uri.replace(',', '%2C')}",
            "string:",
        ]
    )
    started, _ = process.startDetached()
    return started
