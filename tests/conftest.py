"""What all tests share: data, real photos, a check for leaks, and benchmarks left out unasked."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest
from PIL import Image

PROJECT = Path(__file__).resolve().parents[1]

# Windows of the tests must not pop up on a developer's screen. Set before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Where several processes share the suite, matrix products keep to one thread in each: threads that
# wait for each other on busy cores take many times as long. Set before numpy and torch are there.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("photoorg", deadline=None)
hypothesis.settings.load_profile("photoorg")

REAL_PHOTOS = {
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "clock": ("skimage", "data/clock_motion.png"),
    "moon": ("skimage", "data/moon.png"),
    "coins": ("skimage", "data/coins.png"),
    "photographer": ("skimage", "data/camera.png"),
    "grass": ("skimage", "data/grass.png"),
    "temple": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
}
"""What a photo shows, and the package whose wheel carries it."""

LEAK_GRACE_SECONDS = 2.0


# -- benchmarks -------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--benchmarks",
        action="store_true",
        help="run the benchmarks too (-m benchmark runs them alone)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the benchmarks, unless they are asked for."""
    if config.getoption("--benchmarks") or "benchmark" in config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("benchmark")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("benchmark")]


# -- data -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of development data, which is no part of the project."""
    folder = Path(os.environ.get("PHOTOORG_DATA") or PROJECT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no development data in {folder} (PHOTOORG_DATA names another folder)")
    return folder


@pytest.fixture(scope="session")
def real_photos(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Real photos as JPEG files in one folder: what each shows, and its path.

    The names of the files do not give away what they show. Tests must not write to them.
    """
    folder = tmp_path_factory.mktemp("camera")
    photos = {}
    for number, (word, (package, file)) in enumerate(REAL_PHOTOS.items(), start=1):
        path = folder / f"IMG_{number:04}.jpg"
        with Image.open(_installed(package, file)) as image:
            image.convert("RGB").save(path, quality=92)
        photos[word] = path
    return photos


def _installed(package: str, file: str) -> Path:
    """Return a file of an installed package without importing it, which takes seconds."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / file


# -- leaks ------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread or a process behind that would keep the app from ending."""
    before = _running()
    yield
    deadline = time.monotonic() + LEAK_GRACE_SECONDS
    while (left := _running() - before) and time.monotonic() < deadline:
        time.sleep(0.01)  # what was told to end may need a moment to do so
    assert not left, f"left running: {sorted(map(str, left))}"


def _running() -> set[object]:
    threads = {thread for thread in threading.enumerate() if not thread.daemon}
    return threads | set(multiprocessing.active_children())
