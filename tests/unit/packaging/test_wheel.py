"""The wheel that `pip install .` makes: complete, and working outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from photoorg import __version__

PROJECT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built in this environment so that nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    done = subprocess.run(
        [*command, *options, str(PROJECT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("photoorg-*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(unpacked: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the unpacked wheel comes before the checkout."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=unpacked.parent,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_package_and_the_resources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    modules = {
        file.relative_to(PROJECT).as_posix() for file in (PROJECT / "photoorg").rglob("*.py")
    }
    resources = {
        f"photoorg/resources/{file.relative_to(PROJECT / 'resources').as_posix()}"
        for file in (PROJECT / "resources").rglob("*")
        if file.is_file() and not file.name.startswith(".")
    }
    assert resources
    assert modules | resources <= inside
    assert not [name for name in inside if name.startswith(("tests/", "resources/", "packaging/"))]


def test_the_wheel_makes_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "photoorg = photoorg.__main__:main" in archive.read(points).decode()


def test_the_command_works_outside_the_checkout(unpacked: Path) -> None:
    done = run_installed(unpacked, "-m", "photoorg", "--version")
    assert done.stdout == f"photoorg {__version__}\n"
    where = run_installed(unpacked, "-c", "import photoorg; print(photoorg.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(unpacked)


def test_resources_are_found_inside_the_wheel(unpacked: Path) -> None:
    program = """
import sys
from photoorg.core.paths import resource_path
for name in sys.argv[1:]:
    print(resource_path(name))
"""
    names = sorted(
        file.name for file in (PROJECT / "resources").iterdir() if not file.name.startswith(".")
    )
    done = run_installed(unpacked, "-c", program, *names)
    assert done.returncode == 0, done.stderr
    assert [Path(line) for line in done.stdout.splitlines()] == [
        unpacked / "photoorg" / "resources" / name for name in names
    ]
