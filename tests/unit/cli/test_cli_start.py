"""The entry point: which words open the window, and what it opens with."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from photoorg import __version__
from photoorg.__main__ import main
from photoorg.cli.arguments import COMMANDS
from photoorg.core.errors import CatalogTooNew
from photoorg.core.paths import CatalogPaths, user_data_folder

Opened = list[tuple[Path | None, CatalogPaths]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """What the window was opened with, without opening one."""
    windows: Opened = []
    app = ModuleType("photoorg.app")

    def run_window(folder: Path | None, paths: CatalogPaths) -> int:
        windows.append((folder, paths))
        return 0

    monkeypatch.setattr(app, "run_window", run_window, raising=False)
    monkeypatch.setitem(sys.modules, "photoorg.app", app)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return windows


def test_without_words_the_window_opens_on_the_own_catalog(opened: Opened) -> None:
    assert main([]) == 0
    assert opened == [(None, CatalogPaths(user_data_folder()))]


def test_a_folder_opens_the_window_on_it(opened: Opened, tmp_path: Path) -> None:
    assert main([str(tmp_path), "--catalog", str(tmp_path / "c")]) == 0
    assert opened == [(tmp_path, CatalogPaths(tmp_path / "c"))]


def test_a_folder_called_like_a_command_can_be_opened(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["./index"]) == 0
    assert opened[0][0] == Path("index")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["serch"], "did you mean search?"),
        (["/nowhere/at/all"], "there is no folder /nowhere/at/all"),
        ([__file__], "is not a folder"),
        (["--frobnicate"], "unrecognized arguments"),
    ],
)
def test_what_is_neither_folder_nor_command_exits_2(
    opened: Opened, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert message in capsys.readouterr().err
    assert opened == []


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"photoorg {__version__}\n"


def test_help_lists_every_command_and_each_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    for name, help_ in COMMANDS.items():
        assert f"  {name} " in listed
        assert help_ in listed
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        assert left.value.code == 0
    capsys.readouterr()


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a screen be lacking")
def test_no_display_is_told_before_qt_aborts(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 1
    assert "There is no display" in capsys.readouterr().err
    assert opened == []


@pytest.mark.usefixtures("opened")
def test_what_keeps_the_window_from_opening_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> int:
        raise CatalogTooNew("The catalog is from a newer photoorg.", "Update photoorg.")

    monkeypatch.setattr(sys.modules["photoorg.app"], "run_window", refuse)
    assert main([]) == 1
    assert "Update photoorg." in capsys.readouterr().err
