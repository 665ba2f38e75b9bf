"""The person's own words, learned from real photos, through the command line and the library."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from photoorg.catalog.catalog import Catalog
from photoorg.cli.main import main
from photoorg.core.changes import AddTag, KeepTag
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.jobs.library import Library
from photoorg.models.personal import KIND

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

OF_EACH = 9
GARDEN, BENCH = "Grandma's garden", "workbench"

Run = Callable[..., Any]


def taken_again(photo: Path, count: int, random: np.random.Generator) -> Iterator[Image.Image]:
    """Yield parts of a photo, as if it had been taken again from elsewhere in other light."""
    with Image.open(photo) as image:
        for _ in range(count):
            width, height = (int(side * random.uniform(0.55, 0.9)) for side in image.size)
            left = int(random.integers(0, image.width - width))
            top = int(random.integers(0, image.height - height))
            part = image.crop((left, top, left + width, top + height))
            yield ImageEnhance.Brightness(part).enhance(random.uniform(0.7, 1.3))


@pytest.fixture(scope="module")
def photos(
    real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    made: dict[str, list[Path]] = {}
    for kind, photo in enumerate(real_photos):
        made[photo] = []
        for number, part in enumerate(taken_again(real_photos[photo], OF_EACH, random)):
            path = folder / f"IMG_{kind}{number:03}.jpg"
            part.save(path, quality=90)
            made[photo].append(path)
    return made


@pytest.fixture(scope="module")
def root(photos: dict[str, list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("catalog")
    folder = next(iter(photos.values()))[0].parent
    assert main(["index", str(folder), "--catalog", str(root)]) == 0
    return root


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Any:
        assert main([*map(str, words), "--catalog", str(root), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def suggested(answer: Any) -> list[dict[str, float]]:
    return [
        {each["tag"]: each["probability"] for each in row["suggestions"] if each["source"] == KIND}
        for row in answer
    ]


def test_private_words_work_from_five_photos(run: Run, photos: dict[str, list[Path]]) -> None:
    assert run("tag", "quality")["model"] == ""
    run("tag", "add", GARDEN, *photos["flower"][:5])
    run("tag", "add", BENCH, *photos["coins"][:5])
    own = suggested(run("suggest", *photos["flower"][5:], "--limit", 30))
    assert [max(row, key=row.get) for row in own if row] == [GARDEN] * len(own)
    others = [path for kind in photos if kind not in ("flower", "coins") for path in photos[kind]]
    strangers = suggested(run("suggest", *others, "--limit", 30))
    highest = max(row.get(GARDEN, 0.0) for row in strangers)
    assert min(row[GARDEN] for row in own) > highest


def test_quality_is_told_and_a_planted_mistake_is_doubted(
    run: Run, photos: dict[str, list[Path]]
) -> None:
    for kind, shown in photos.items():
        run("tag", "add", f"my {kind}", *shown)
    wrong = photos["rocket"][0]
    run("tag", "add", "my cat", wrong)
    report = run("tag", "quality")
    assert report["model"] == KIND
    assert report["held_out"] == OF_EACH * len(photos)
    by_name = {each["tag"]: each for each in report["tags"]}
    assert by_name["my flower"]["trust"] == "trusted"
    assert by_name["my flower"]["confirmed"] == OF_EACH
    assert by_name["my flower"]["precision"]["value"] > 0.7
    doubts = run("tag", "doubts")
    assert (str(wrong), "my cat") in [(each["path"], each["tag"]) for each in doubts[:3]]

    run("tag", "keep", "my cat", wrong)
    assert str(wrong) not in [each["path"] for each in run("tag", "doubts", "my cat")]
    run("tag", "remove", "my cat", wrong)


def test_a_renamed_tag_is_suggested_by_its_new_name_alone(
    run: Run, photos: dict[str, list[Path]]
) -> None:
    run("tag", "rename", "my moon", "night sky")
    run("tag", "remove", "night sky", photos["moon"][-1])
    row = suggested(run("suggest", photos["moon"][-1], "--limit", 30))[0]
    assert "night sky" in row
    assert "my moon" not in row


def test_the_window_learns_by_itself_and_hears_other_processes(
    root: Path, photos: dict[str, list[Path]]
) -> None:
    def until(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    with Library.open(CatalogPaths(root)) as library:
        ids = [library.photo_by_path(path) for path in photos["temple"]]
        until(lambda: library.quality.report().model)
        library.apply(AddTag("China", tuple(PhotoId(i) for i in ids[:6])))
        until(lambda: any(each.trust != "too_few" for each in of(library, "China")))
        found = library.suggest([PhotoId(ids[8])], 30)[PhotoId(ids[8])]
        assert "China" in {each.tag for each in found if each.source == KIND}
        with Catalog.open(CatalogPaths(root)) as other:
            other.apply(AddTag("China", tuple(PhotoId(i) for i in ids[6:8])))
        until(lambda: library.quality.model().examples.max() == OF_EACH)
        until(lambda: learned(library, "China") == 8)
        doubt = KeepTag("China", (PhotoId(ids[0]),))
        assert library.apply(doubt).label == "Keep tag “China” on 1 photo"
        assert library.undo() is not None


def of(library: Library, tag: str) -> list[Any]:
    return [each for each in library.quality.report().tags if each.tag == tag]


def learned(library: Library, tag: str) -> int:
    model = library.quality.model()
    return int(model.examples[model.names.index(tag)])
