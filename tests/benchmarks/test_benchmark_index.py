"""Throughput of `photoorg index` against a bare decode + CNN loop, in one run.

python packaging/bootstrap.py test -m benchmark tests/benchmarks/test_benchmark_index.py -s
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from photoorg.core.paths import user_cache_folder

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ROUNDS = 2


def _copies(source: Path, target: Path, count: int) -> Path:
    """Fill a folder with photos that all have other bytes, so that none is a duplicate."""
    target.mkdir()
    for number in range(count):
        for photo in sorted(source.rglob("*.jp*g")):
            copy = target / f"{number:02}-{photo.name}"
            shutil.copyfile(photo, copy)
            with copy.open("ab") as end:
                end.write(f"copy {number}".encode())
    return target


def _bare(folder: Path, work: Path) -> tuple[float, float]:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    script = Path(__file__).with_name("bare_loop.py")
    cache = user_cache_folder() / "networks"
    printed = subprocess.run(
        [sys.executable, str(script), str(folder), str(work), str(cache)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    photos = int(printed[0])
    return photos / float(printed[1]), photos / float(printed[2])


def _photoorg(folder: Path, catalog: Path) -> tuple[float, float]:
    shutil.rmtree(catalog, ignore_errors=True)
    begun = time.monotonic()
    printed = subprocess.run(
        [
            sys.executable,
            "-m",
            "photoorg",
            "index",
            str(folder),
            "--catalog",
            str(catalog),
            "--json",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    seconds = time.monotonic() - begun
    report = json.loads(printed)
    assert report["new"] == report["found"], report
    return report["new"] / seconds, report["photos_per_second"]


@pytest.mark.parametrize(("name", "copies"), [("coco128", 4), ("photos/cameras", 4)])
def test_index_throughput(data_folder: Path, tmp_path: Path, name: str, copies: int) -> None:
    folder = _copies(data_folder / name, tmp_path / "photos", copies)
    _photoorg(_copies(data_folder / name, tmp_path / "warm-up", 1), tmp_path / "catalog")
    for number in range(ROUNDS):
        bare, bare_steady = _bare(folder, tmp_path / "bare")
        ours, ours_reported = _photoorg(folder, tmp_path / "catalog")
        print(
            f"\n{name} round {number}: {len(list(folder.iterdir()))} photos;"
            f" whole process: photoorg {ours:.1f}/s, bare {bare:.1f}/s, ratio {ours / bare:.2f};"
            f" without starting up: photoorg {ours_reported:.1f}/s, bare {bare_steady:.1f}/s,"
            f" ratio {ours_reported / bare_steady:.2f}"
        )
