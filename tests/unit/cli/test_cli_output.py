"""Tables, JSON and progress as they reach a person, a program and a terminal."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.cli.output import Output, duration, printable, progress_line, table
from photoorg.core.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_gone_before_the_answer() -> None:
    out, err = io.StringIO(), Terminal()
    output = Output(out, err, as_json=False)
    output.progress(Progress("index", "Reading photos", 1, 20))
    output.progress(Progress("index", "Reading photos", 2, 20))
    output.answer({}, ["done"])
    assert err.getvalue() == ("Reading photos 1 of 20\r\x1b[KReading photos 2 of 20\r\x1b[K")
    assert out.getvalue() == "done\n"


def test_the_last_progress_leaves_nothing() -> None:
    err = Terminal()
    output = Output(io.StringIO(), err, as_json=False)
    output.progress(Progress("index", "Reading photos", 1, 20))
    output.progress(Progress("index", "Done", 20, 20, finished=True))
    assert err.getvalue().endswith("\r\x1b[K")


def test_progress_in_words() -> None:
    full = Progress(
        "index", "Reading photos", 312, 1000, failed=2, rate=74.3, seconds_left=69.8, paused=True
    )
    assert progress_line(full) == (
        "Reading photos 312 of 1,000, 74/s, 1 min 10 s left, 2 failed, paused"
    )
    assert progress_line(Progress("index", "Looking for photos", 5)) == "Looking for photos 5"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.7, "1 h 0 min"), (7300, "2 h 1 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_figures_stand_to_the_right_and_words_to_the_left() -> None:
    assert list(table(("tag", "n", "p"), [("a", "1,200", "5%"), ("bcde", "7", "12%")])) == [
        "tag       n    p",
        "a     1,200   5%",
        "bcde      7  12%",
    ]


def test_an_empty_table_is_its_header() -> None:
    assert list(table(("a", "b"), [])) == ["a  b"]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_no_cell_breaks_its_line_or_reaches_the_terminal_raw(rows: list[tuple[str, str]]) -> None:
    lines = list(table(("one", "two"), rows))
    assert len(lines) == len(rows) + 1
    for line in lines:
        assert line.isprintable()
        line.encode()


@given(st.text())
def test_what_prints_stays_as_it_is(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) == text.isprintable()


def test_json_carries_file_names_that_are_no_text() -> None:
    out = io.StringIO()
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    Output(out, io.StringIO(), as_json=True).answer([{"path": name}], [])
    assert out.getvalue().isascii()
    assert json.loads(out.getvalue()) == [{"path": name}]
