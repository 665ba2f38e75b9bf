"""Installing a package, from a wheel that the test makes, into a folder of its own."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from photoorg.core.errors import Cancelled, EnvironmentProblem
from photoorg.core.progress import CancelToken
from photoorg.jobs.packages import install, missing_packages

NAME = "photoorg_tests_tiny"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / f"{NAME}-1.0-py3-none-any.whl"
    info = f"{NAME}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{NAME}.py", "ANSWER = 42\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_a_package_is_installed_and_pip_is_heard(wheel: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    target = tmp_path / "target"
    options = ["--no-index", "--target", str(target)]
    install([str(wheel)], token=CancelToken(), on_line=heard.append, options=options)
    assert (target / f"{NAME}.py").read_text() == "ANSWER = 42\n"
    assert any("Successfully installed" in line for line in heard)


def test_a_failure_is_said_with_pips_own_words(tmp_path: Path) -> None:
    options = ["--no-index", "--target", str(tmp_path)]
    with pytest.raises(EnvironmentProblem, match=r"could not be installed: .*no-such-package"):
        install(
            ["photoorg-tests-no-such-package"],
            token=CancelToken(),
            on_line=lambda _line: None,
            options=options,
        )


def test_cancelling_ends_pip(wheel: Path, tmp_path: Path) -> None:
    token = CancelToken()
    target = tmp_path / "target"
    with pytest.raises(Cancelled):
        install(
            [str(wheel)],
            token=token,
            on_line=lambda _line: token.cancel(),
            options=["--no-index", "--target", str(target)],
        )


def test_what_is_missing_is_known() -> None:
    assert missing_packages(["numpy>=1", "photoorg-tests-no-such-package>=2"]) == (
        "photoorg-tests-no-such-package>=2",
    )
