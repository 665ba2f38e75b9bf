from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoorg.core.errors import Cancelled
from photoorg.core.progress import CancelToken
from photoorg.media.walk import walk_files


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def names(root: Path) -> list[str]:
    return [found.path.relative_to(root).as_posix() for found in walk_files(root)]


def test_yields_files_in_order_with_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "b.jpg", "a.jpg", "sub/c.jpg", "sub/deep/d")
    os.utime(tmp_path / "a.jpg", ns=(1, 1_234_567_891_000_000_000))
    assert names(tmp_path) == ["a.jpg", "b.jpg", "sub/c.jpg", "sub/deep/d"]
    first = next(walk_files(tmp_path))
    assert (first.path, first.size) == (tmp_path / "a.jpg", 5)
    assert first.modified_ns == 1_234_567_891_000_000_000


def test_leaves_out_hidden_and_marked(tmp_path: Path) -> None:
    make(
        tmp_path, ".hidden.jpg", ".git/x.jpg", "no/.noimage", "no/a.jpg", "no/below/b.jpg", "y.jpg"
    )
    assert names(tmp_path) == ["y.jpg"]


def test_walks_a_root_that_is_itself_hidden(tmp_path: Path) -> None:
    make(tmp_path, ".photos/a.jpg")
    assert names(tmp_path / ".photos") == ["a.jpg"]


def test_symlink_loops_end_and_linked_folders_are_walked_once(tmp_path: Path) -> None:
    make(tmp_path, "real/a.jpg", "real/sub/b.jpg")
    (tmp_path / "real/sub/up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "real/self").symlink_to("self")
    (tmp_path / "zz").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "real/gone.jpg").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path) == ["real/a.jpg", "real/sub/b.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
def test_leaves_out_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert names(tmp_path) == []


def test_reports_what_cannot_be_read_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "bad/a.jpg", "good/b.jpg")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("bad"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    errors: list[tuple[Path, OSError]] = []
    found = list(walk_files(tmp_path, on_error=lambda path, error: errors.append((path, error))))
    assert [one.path.name for one in found] == ["b.jpg"]
    assert [path for path, _ in errors] == [tmp_path / "bad"]
    assert isinstance(errors[0][1], PermissionError)


def test_reports_a_root_that_is_gone(tmp_path: Path) -> None:
    errors: list[Path] = []
    assert not list(walk_files(tmp_path / "gone", on_error=lambda path, _: errors.append(path)))
    assert errors == [tmp_path / "gone"]


def test_can_be_cancelled_in_the_middle_of_a_folder(tmp_path: Path) -> None:
    make(tmp_path, *(f"{number:04}.jpg" for number in range(600)))
    token = CancelToken()
    walk = walk_files(tmp_path, token)
    next(walk)
    token.cancel()
    with pytest.raises(Cancelled):
        list(walk)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forbids some of these names")
@settings(max_examples=25, deadline=None)
@given(
    st.sets(
        st.text(
            st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), min_size=1
        ).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200),
        max_size=6,
    )
)
def test_any_name_is_found_unless_hidden(
    tmp_path_factory: pytest.TempPathFactory, given_names: set[str]
) -> None:
    root = tmp_path_factory.mktemp("walk")
    for name in given_names:
        (root / name).touch()
    expected = {name for name in given_names if not name.startswith(".")}
    if ".noimage" in given_names:
        expected = set()
    assert {found.path.name for found in walk_files(root)} == expected
