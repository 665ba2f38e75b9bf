"""Answers on standard output (a table for people or one JSON document), the rest on the other."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from photoorg.core.progress import Progress

_ERASE_LINE = "\r\x1b[K"


class Output:
    """Where a command writes. Progress may be told from any thread."""

    def __init__(self, stdout: TextIO, stderr: TextIO, *, as_json: bool) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._as_json = as_json
        self._shows_progress = stderr.isatty()
        self._progress_is_shown = False
        self._lock = threading.Lock()

    def answer(self, document: object, people: Iterable[str]) -> None:
        """Write what was asked for: `document` to a program, or the lines of `people`."""
        with self._lock:
            self._clear_progress()
            if self._as_json:
                # Escaped to ASCII, so that even file names that are no text come through.
                print(json.dumps(document, indent=2, allow_nan=False), file=self._stdout)
            else:
                for line in people:
                    print(line, file=self._stdout)
            self._stdout.flush()

    def note(self, text: str) -> None:
        """Tell the person something beside the answer."""
        with self._lock:
            self._clear_progress()
            print(text, file=self._stderr, flush=True)

    def progress(self, progress: Progress) -> None:
        """Show how far long work is in one line that is written over; only on a terminal."""
        with self._lock:
            if not self._shows_progress:
                return
            self._clear_progress()
            if not progress.finished:
                print(progress_line(progress), end="", file=self._stderr, flush=True)
                self._progress_is_shown = True

    def _clear_progress(self) -> None:
        if self._progress_is_shown:
            print(_ERASE_LINE, end="", file=self._stderr, flush=True)
            self._progress_is_shown = False


def progress_line(progress: Progress) -> str:
    """Return a moment of work in words: "Reading photos 312 of 1,000, 74/s, 9 s left"."""
    line = f"{progress.label} {progress.done:,}"
    if progress.total:
        line += f" of {progress.total:,}"
    if progress.rate:
        line += f", {progress.rate:.0f}/s"
    if progress.seconds_left is not None:
        line += f", {duration(progress.seconds_left)} left"
    if progress.failed:
        line += f", {progress.failed:,} failed"
    return line + (", paused" if progress.paused else "")


def duration(seconds: float) -> str:
    """Return a stretch of time in words, as exact as a person needs it."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(number: int, noun: str) -> str:
    """Return "1 photo" or "1,204 photos"."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; columns that hold figures alone are aligned to the right.

    Nothing that a cell holds can move the cursor: file names and tags may come from strangers.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    figures = [all(map(_is_figure, column)) for column in zip(*cells, strict=True)]
    for row in [list(headers), *cells] if any(headers) else cells:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, figures or [False] * len(row), strict=True)
        )
        yield "  ".join(aligned).rstrip()


def printable(text: str) -> str:
    r"""Return a text with all that does not print written as an escape such as \x1b."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _is_figure(cell: str) -> bool:
    return cell in ("", "-") or cell.rstrip("%").replace(",", "").replace(".", "", 1).isdigit()
