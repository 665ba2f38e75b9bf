"""The bootstrap script, with pip and the machine's faults played by the test."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "packaging" / "bootstrap.py"
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="plays the environment's Python by sh")


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def programs(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The programs that the script finds on this machine; a test fills it."""
    found: set[str] = set()
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name: f"/bin/{name}" if name in found else None
    )
    return found


@pytest.fixture
def linux(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Linux machine, run by an ordinary person, that has all libraries and a screen."""
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(bootstrap.ctypes, "CDLL", lambda _: None)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")


def lack_libraries(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    def load(name: str) -> None:
        if name in missing:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(bootstrap.ctypes, "CDLL", load)


# -- what the machine lacks -------------------------------------------------------------------


def test_python_3_6_can_read_the_script() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_which_newer_one_to_use(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, programs: set[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(bootstrap.sys, "argv", ["packaging/bootstrap.py", "run", "photos"])
    programs.update({"python3.11", "python3.13"})
    with pytest.raises(bootstrap.Problem, match=r"needs Python 3\.11 or newer; this is 3\.9") as no:
        bootstrap.main(["run", "photos"])
    assert no.value.remedy == "python3.13 packaging/bootstrap.py run photos"


def test_an_old_python_alone_is_told_how_to_get_a_newer_one(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    programs: set[str],
    linux: None,
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 6, 8, "final", 0))
    programs.add("dnf")
    with pytest.raises(bootstrap.Problem) as no:
        bootstrap.main(["run"])
    assert no.value.remedy == "sudo dnf install python3.11"


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt install libegl1 libxcb-cursor0"),
        ("dnf", "sudo dnf install 'libEGL.so.1()(64bit)' 'libxcb-cursor.so.0()(64bit)'"),
        ("zypper", "sudo zypper install 'libEGL.so.1()(64bit)' 'libxcb-cursor.so.0()(64bit)'"),
        ("pacman", "sudo pacman -S libglvnd xcb-util-cursor"),
    ],
)
def test_missing_libraries_come_with_one_command(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    programs: set[str],
    linux: None,
    manager: str,
    command: str,
) -> None:
    programs.add(manager)
    lack_libraries(bootstrap, monkeypatch, "libEGL.so.1", "libxcb-cursor.so.0")
    with pytest.raises(bootstrap.Problem, match=r"libEGL\.so\.1, libxcb-cursor\.so\.0") as lacking:
        bootstrap.demand(bootstrap.missing_libraries("xcb"))
    assert lacking.value.remedy == command


def test_libraries_of_other_platform_plugins_are_not_asked_for(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, linux: None
) -> None:
    lack_libraries(bootstrap, monkeypatch, "libxcb-cursor.so.0", "libwayland-cursor.so.0")
    assert bootstrap.missing_libraries("offscreen") == []
    assert [each.what for each in bootstrap.missing_libraries("wayland")] == [
        "libwayland-cursor.so.0"
    ]


def test_a_missing_compiler_and_venv_are_asked_for_together(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    programs: set[str],
    linux: None,
    tmp_path: Path,
) -> None:
    programs.add("apt-get")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(bootstrap, "pip_finds_wheel", lambda _: False)
    monkeypatch.setattr(bootstrap.sysconfig, "get_path", lambda _: str(tmp_path))
    release = "python{}.{}".format(*sys.version_info[:2])
    with pytest.raises(bootstrap.Problem, match=r"venv module, a C\+\+ compiler") as lacking:
        bootstrap.demand(bootstrap.missing_build_tools(tmp_path))
    assert lacking.value.remedy == f"sudo apt install g++ {release}-dev {release}-venv"


@pytest.mark.parametrize("has", ["wheel", "installed"])
def test_no_compiler_is_needed_where_hnswlib_is_to_be_had_without(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    programs: set[str],
    tmp_path: Path,
    has: str,
) -> None:
    monkeypatch.setattr(bootstrap, "pip_finds_wheel", lambda _: has == "wheel")
    if has == "installed":
        (tmp_path / "hnswlib-0.8.0.dist-info").mkdir()
    assert bootstrap.missing_build_tools(tmp_path) == []


def test_no_display_is_named_before_anything_is_installed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, linux: None, tmp_path: Path
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setattr(bootstrap, "prepare", lambda *_: pytest.fail("went on"))
    with pytest.raises(bootstrap.Problem, match="neither DISPLAY nor WAYLAND_DISPLAY") as none:
        bootstrap.main(["run", str(tmp_path)])
    assert "QT_QPA_PLATFORM=offscreen" in none.value.remedy
    assert "xvfb-run" in none.value.remedy


def test_commands_need_no_display(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, linux: None
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setattr(bootstrap, "prepare", lambda *_: None)
    monkeypatch.setattr(
        bootstrap, "start", lambda _, module, rest: started.append((module, rest)) or 0
    )
    assert bootstrap.main(["run", "search", "cat"]) == 0
    assert started == [("photoorg", ["search", "cat"])]


def test_too_little_space_is_named_with_the_drive(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: usage(10**11, 10**11, 10**9))
    with pytest.raises(bootstrap.Problem, match=r"where 1\.0 GB are free"):
        bootstrap.demand_space(tmp_path / "not" / "yet" / ".venv")


def test_enough_space_is_enough(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: usage(10**12, 0, 10**12))
    bootstrap.demand_space(tmp_path / ".venv")


# -- the environment --------------------------------------------------------------------------


class FakePip:
    """Stands for making the environment and for pip; remembers what was asked for."""

    def __init__(self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.fails = False
        environment = bootstrap.Environment
        monkeypatch.setattr(environment, "create", self._create)
        monkeypatch.setattr(environment, "run_pip", lambda _, *wanted: self._run(bootstrap, wanted))
        monkeypatch.setattr(environment, "check", lambda _: None)

    @staticmethod
    def _create(environment: Any) -> None:
        environment.python.parent.mkdir(parents=True, exist_ok=True)
        environment.python.touch()

    def _run(self, bootstrap: ModuleType, wanted: tuple[str, ...]) -> None:
        self.asked.append(wanted)
        if self.fails:
            raise bootstrap.Problem("pip stopped")


@pytest.fixture
def pip(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakePip:
    return FakePip(bootstrap, monkeypatch)


@pytest.mark.usefixtures("pip")
def test_an_installed_environment_is_ready_until_what_it_depends_on_changes(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = bootstrap.Environment(tmp_path / "venv")
    assert not environment.is_ready("")
    environment.install("")
    assert environment.is_ready("")
    monkeypatch.setattr(bootstrap, "EDITION", "another")
    assert not environment.is_ready("")


@pytest.mark.usefixtures("pip")
@pytest.mark.parametrize(
    ("installed", "wanted", "ready"),
    [("", "", True), ("dev", "dev", True), ("dev", "", True), ("", "dev", False)],
)
def test_the_tests_need_more_than_the_app(
    bootstrap: ModuleType, tmp_path: Path, installed: str, wanted: str, *, ready: bool
) -> None:
    environment = bootstrap.Environment(tmp_path / "venv")
    environment.install(installed)
    assert environment.is_ready(wanted) == ready


@pytest.mark.usefixtures("pip")
def test_another_pyproject_is_installed_anew(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("one")
    monkeypatch.setattr(bootstrap, "ROOT", project)
    environment = bootstrap.Environment(tmp_path / "venv")
    environment.install("")
    assert environment.is_ready("")
    (project / "pyproject.toml").write_text("two")
    assert not environment.is_ready("")


def test_an_interrupted_installation_is_mended_by_the_next(
    bootstrap: ModuleType, tmp_path: Path, pip: FakePip
) -> None:
    environment = bootstrap.Environment(tmp_path / "venv")
    environment.install("")
    pip.fails = True
    with pytest.raises(bootstrap.Problem):
        environment.install("dev")
    assert not environment.is_ready("")  # pip may have been in the middle of a package
    half = environment.site_packages / "torch-2.14.1.dist-info"
    whole = environment.site_packages / "numpy-2.4.6.dist-info"
    for mark in (half, whole):
        mark.mkdir(parents=True)
        (mark / "METADATA").touch()
    (whole / "RECORD").touch()
    pip.fails = False
    environment.install("dev")
    assert environment.is_ready("dev")
    assert whole.exists()
    assert not half.exists()


def test_torch_and_torchvision_are_asked_for_as_a_pair_unless_there(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pip: FakePip
) -> None:
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Linux")
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: "aarch64")
    environment = bootstrap.Environment(tmp_path / "venv")
    environment.install("")
    assert pip.asked[-1] == (
        "--editable",
        str(bootstrap.ROOT),
        "torch==2.9.1",
        "torchvision==0.24.1",
    )
    kept = environment.site_packages / "torch-2.20.0.dist-info"
    kept.mkdir(parents=True)
    (kept / "RECORD").touch()
    environment.install("dev")
    assert pip.asked[-1] == ("--editable", f"{bootstrap.ROOT}[dev]")


def test_a_folder_that_is_no_environment_is_not_cleared(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(bootstrap.Problem, match="something else than a virtual environment"):
        bootstrap.Environment(tmp_path).create()
    assert (tmp_path / "letter.txt").exists()


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: Microsoft Visual C++ 14.0 or greater is required.", r"no C\+\+ compiler"),
        ("NewConnectionError: Name or service not known", "index cannot be reached"),
        ("ERROR: something else", "something else"),
    ],
)
def test_what_pip_says_is_put_in_words(
    bootstrap: ModuleType, tmp_path: Path, log: str, message: str
) -> None:
    file = tmp_path / "log"
    file.write_text(f"Collecting torch\n{log}\n")
    with pytest.raises(bootstrap.Problem, match=message):
        raise bootstrap.explain(file)


def test_progress_names_what_pip_does(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    status = bootstrap.StatusLine()
    for line in (
        "Collecting hnswlib>=0.8 (from photoorg==0.1.0)",
        "Downloading hnswlib-0.8.0-py3-none-any.whl.metadata (3 kB)",
        "Downloading hnswlib-0.8.0.tar.gz (36 kB)",
        "Building wheel for hnswlib (pyproject.toml): started",
        "Installing collected packages: hnswlib, photoorg",
    ):
        status.show(line)
    assert capsys.readouterr().out.splitlines() == [
        "  Downloading hnswlib (36 kB)",
        "  Building hnswlib",
        "  Unpacking, which takes a while",
    ]


def test_progress_of_a_download_is_written_over_on_a_terminal(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    status = bootstrap.StatusLine()
    status.live = True
    status.show("Downloading torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl (846.0 MB)")
    status.show("Progress 423000000 of 846000000")
    status.clear()
    written = capsys.readouterr().out.split("\r")
    assert written[2].rstrip() == "  Downloading torch (846.0 MB): 50 %"
    assert written[-1] == ""


# -- starting ---------------------------------------------------------------------------------


@POSIX_ONLY
@pytest.mark.parametrize(
    ("command", "started"),
    [
        (["run", "search", "red car"], "-P -m photoorg search red car"),
        (["test", "-k", "walk"], "-P -m pytest -k walk"),
        (["test"], f"-P -m pytest -n {min(os.cpu_count() or 1, 4)} --dist loadfile"),
    ],
)
def test_a_second_start_does_nothing_but_start(
    bootstrap: ModuleType, tmp_path: Path, command: list[str], started: str
) -> None:
    environment = bootstrap.Environment(tmp_path / "venv")
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    environment.python.chmod(0o755)
    environment.stamp.write_text(f"{environment.fingerprint()} dev")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *command],
        env={**os.environ, "PHOTOORG_VENV": str(environment.folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "calls").read_text() == started + "\n"
    assert done.stdout == ""


def test_a_wrong_command_shows_how_to_use_it(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main(["instal"]) == 2
    assert bootstrap.main(["--help"]) == 0
    assert "bootstrap.py run [FOLDER]" in capsys.readouterr().out


def test_an_interrupt_is_told_in_words(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "main", interrupt)
    assert bootstrap.run() == 130
    assert "goes on where it was" in capsys.readouterr().err
