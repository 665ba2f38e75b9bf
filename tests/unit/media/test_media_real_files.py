"""What only real files can show; those of the data folder where it is there."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from photoorg.core.records import MediaType
from photoorg.media.containers import take_apart
from photoorg.media.containers.tiff import open_tiff
from photoorg.media.decode import load_photo
from photoorg.media.geometry import shrink
from photoorg.media.metadata import read_metadata
from photoorg.media.sniff import sniff

PROJECT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("PHOTOORG_DATA", PROJECT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the data folder is not here")

# The table was made with a tool that cannot read a UTF-16 packet, and that cut one list short.
TABLE_LACKS = {
    "ExifTool.jpg": {"ExifTool", "Test", "XMP"},
    "Canon EOS-1D Mark III (via Adobe Lightroom).jpg": {
        *("Sports", "Teams", "Tunc Sengun", "Year", "keywords here from import", "personal", "test")
    },
}

PREPARE_ALL = """
import json, resource, sys, time
from pathlib import Path
limit = 3 * 2**30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
import warnings
warnings.simplefilter("error")
from photoorg.core.errors import MediaProblem
from photoorg.media.prepare import prepare_file
outcomes = []
for path in sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file()):
    start = time.process_time()
    try:
        prepare_file(path, input_size=260)
        reason = ""
    except MediaProblem as problem:
        reason = problem.message
    outcomes.append((path.name, reason, time.process_time() - start))
# Not ru_maxrss: a new process starts with its parent's peak there, a test runner's gigabytes.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0])
print(json.dumps({"outcomes": outcomes, "peak_kilobytes": peak}))
"""


@needs_data
def test_keywords_of_real_files() -> None:
    checked = 0
    for line in (DATA / "photos/keywords.tsv").read_text(encoding="utf-8").splitlines():
        name, _, listed = line.partition("\t")
        path = DATA / "photos" / name.replace("exif_samples/jpg/", "exif/")
        expected = {
            html.unescape(word)
            for part in listed.split(" ; ")
            for word in part.split(":", 1)[1].split("|")
            if word
        }
        data = path.read_bytes()
        media_type = sniff(data)
        assert media_type is not None
        keywords = read_metadata(data, media_type).keywords
        assert len(keywords) == len(set(keywords))
        assert set(keywords) == expected | TABLE_LACKS.get(path.name, set()), path.name
        checked += 1
    assert checked == 25


@needs_data
@pytest.mark.parametrize("shape", ["landscape", "portrait"])
def test_all_orientations_show_the_same(shape: str) -> None:
    paths = sorted((DATA / "photos/exif/orientation").glob(f"{shape}_*.jpg"))
    images = [load_photo(path, min_long_side=400) for path in paths]
    assert len({(image.width, image.height) for image in images}) == 1
    grey = [shrink(image.pixels, 60, 60).mean(axis=2) for image in images]
    for other in grey[1:]:
        assert np.corrcoef(grey[0].ravel(), other.ravel())[0, 1] > 0.98


@needs_data
@pytest.mark.filterwarnings("ignore")
def test_exif_agrees_with_pillow_on_real_files() -> None:
    """Our reader is own code, so it is held against a well-worn one, tag by tag."""
    compared = 0
    for path in sorted((DATA / "photos").rglob("*.jp*g")):
        data = path.read_bytes()
        first = open_tiff(take_apart(data, MediaType.JPEG).exif)
        if first is None:
            continue
        theirs = Image.Exif()
        theirs.load(b"Exif\x00\x00" + take_apart(data, MediaType.JPEG).exif)
        pairs = ((first, theirs), (first.sub_directory(0x8769), theirs.get_ifd(0x8769)))
        for directory, reference in pairs:
            for tag in (0x010F, 0x0110, 0x0112, 0x829A, 0x829D, 0x8827, 0x9003, 0x920A):
                value = reference.get(tag)
                if isinstance(value, str) and value.isascii():
                    assert directory.text(tag) == value.split("\x00")[0].strip(), (path.name, tag)
                    compared += 1
                elif isinstance(value, (int, float, ExifTags.IFD)) or hasattr(value, "numerator"):
                    number = directory.number(tag)
                    if getattr(value, "denominator", 1):
                        assert number == pytest.approx(float(value)), (path.name, tag)
                        compared += 1
    assert compared > 500


@needs_data
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(("folder", "least"), [("photos", 130), ("broken", 30)])
def test_every_file_is_prepared_or_refused_in_bounded_memory_and_time(
    folder: str, least: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE_ALL, str(DATA / folder)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    outcomes = report["outcomes"]
    assert len(outcomes) == sum(path.is_file() for path in (DATA / folder).rglob("*"))
    assert sum(not reason for _, reason, _ in outcomes) >= least
    assert all(reason.endswith(".") for _, reason, _ in outcomes if reason)
    assert max(seconds for _, _, seconds in outcomes) < 10
    assert report["peak_kilobytes"] < 700_000
