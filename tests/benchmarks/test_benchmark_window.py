"""From a key to the answer on the screen, in a window over 100,000 photos; printed, never judged.

The photos are made up, their vectors lie between those of a dozen real ones; the text encoder, the
model, the library and the window are the real ones. What is judged is that the window shows what
the library answers. Run with: pytest -m benchmark -s tests/benchmarks/test_benchmark_window.py
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from large_library import make_library

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

SCRIPT = Path(__file__).with_name("window_search.py")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, real_photos: Mapping[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("large") / "catalog"
    make_library(folder, list(real_photos.values()))
    return folder


@pytest.fixture
def display() -> Iterator[str]:
    """An X server without a screen, on a display of its own choice."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with open(reading, encoding="ascii") as told:  # noqa: PTH123 - a pipe has no path
            ready, _, _ = select.select([told], [], [], 20)
            number = told.readline().strip() if ready else ""
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def use_window(catalog: Path, **environment: str) -> None:
    """Run the script and print what it says."""
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), str(catalog)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if ran.returncode != 0 and "platform plugin" in ran.stderr:
        pytest.skip("Qt lacks system libraries for X here")
    assert ran.returncode == 0, ran.stderr
    print(f"\n{ran.stdout}")


def test_a_window_in_memory(catalog: Path) -> None:
    use_window(catalog, QT_QPA_PLATFORM="offscreen")


def test_a_window_of_an_x_server(catalog: Path, display: str) -> None:
    use_window(catalog, QT_QPA_PLATFORM="xcb", DISPLAY=display, WAYLAND_DISPLAY="")
