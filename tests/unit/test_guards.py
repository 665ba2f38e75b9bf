"""Rules of the whole project that no single module can keep: what is imported, how it is laid out.

Nothing here needs to be told of new modules: the package is walked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "photoorg"
LONGEST_FILE = 500

HEAVY = ("torch", "torchvision", "timm", "transformers", "sentence_transformers", "gensim")
QT = ("PySide6", "shiboken6")

IMPORT_ALL = """
import importlib, json, sys
modules, forbidden = json.loads(sys.argv[1])
for name in modules:
    importlib.import_module(name)
    found = sorted(set(forbidden) & set(sys.modules))
    if found:
        sys.exit(f"{name} imports {', '.join(found)}")
"""


def modules_of(*layers: str) -> list[str]:
    """Return the names of all modules of some layers; those that start a program are left out."""
    files = [file for layer in layers for file in sorted((PACKAGE / layer).rglob("*.py"))]
    files += [PACKAGE / f"{layer}.py" for layer in layers if (PACKAGE / f"{layer}.py").exists()]
    dotted = [
        ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
    ]
    assert dotted
    return [name for name in dotted if not name.endswith(".__main__")]


def import_in_a_fresh_interpreter(modules: list[str], forbidden: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps([modules, forbidden])],
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def project_files(*patterns: str) -> list[Path]:
    """Return the files that are, or would be, committed."""
    if shutil.which("git") is None or not (PROJECT / ".git").exists():
        pytest.skip("this is no git checkout, so there is no list of the project's files")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    names = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
    return [PROJECT / name for name in sorted(names) if (PROJECT / name).is_file()]


# -- imports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer", ["core", "media", "catalog", "index", "search", "gui", "cli", "app"]
)
def test_the_window_and_the_command_line_import_no_torch(layer: str) -> None:
    import_in_a_fresh_interpreter(modules_of(layer), HEAVY)


def test_the_open_library_imports_no_torch() -> None:
    import_in_a_fresh_interpreter(["photoorg.jobs.library", "photoorg.__main__"], HEAVY)


@pytest.mark.parametrize("layer", ["core", "media", "catalog", "index", "search", "jobs", "cli"])
def test_below_the_window_there_is_no_qt(layer: str) -> None:
    import_in_a_fresh_interpreter(modules_of(layer), QT)


def test_help_and_worker_processes_start_light() -> None:
    """Every worker imports the main module anew, and help is expected at once."""
    import_in_a_fresh_interpreter(
        ["photoorg.__main__", "photoorg.cli.parser"], (*HEAVY, *QT, "numpy", "sqlite3", "asyncio")
    )


def test_the_guard_sees_an_import() -> None:
    with pytest.raises(AssertionError, match=r"photoorg\.core\.paths imports dataclasses"):
        import_in_a_fresh_interpreter(["photoorg.core.paths"], ("dataclasses",))


# -- layout -------------------------------------------------------------------------------------


def test_the_top_level_is_as_agreed() -> None:
    agreed = {"photoorg", "resources", "tests", "packaging"}
    agreed |= {"pyproject.toml", "README.md", "LICENSE"}
    top = {file.relative_to(PROJECT).parts[0] for file in project_files()}
    assert {name for name in top if not name.startswith(".")} - agreed == set()


def test_no_file_of_the_package_is_too_long_to_see_across() -> None:
    lengths = {
        str(file.relative_to(PROJECT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in [*PACKAGE.rglob("*.py"), *(PROJECT / "packaging").glob("*.py")]
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_nothing_is_left_unimplemented() -> None:
    unfinished = re.compile("|".join(["raise NotImplemented", "TO" + "DO", "FIX" + "ME"]))
    found = [
        str(file.relative_to(PROJECT))
        for file in PACKAGE.rglob("*.py")
        if unfinished.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_test_file_has_a_name_of_its_own() -> None:
    """The test folders are no packages, so pytest tells files apart by name alone."""
    names = [file.name for file in (PROJECT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_package_host_and_no_folder_of_a_machine_is_named() -> None:
    # Put together here, so that this file does not hold what it looks for.
    hosts = "|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "deb" + r"\.debian"])
    folders = "|".join(["/ro" + "ot/", "/wo" + "rk/"])
    unwanted = re.compile(f"{hosts}|{folders}".encode())
    found = [
        str(file.relative_to(PROJECT))
        for file in project_files("*.py", "*.toml", "*.md", "*.json", "*.desktop", ".ci/run")
        if unwanted.search(file.read_bytes())
    ]
    assert found == []
