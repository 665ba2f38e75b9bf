"""A library of real photos through the real processes: found by words, by likeness, tagged."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from photoorg.core.changes import AddTag, ConfirmTag, RejectTag
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import IndexReport, PhotoScope
from photoorg.features.registry import visual_spec
from photoorg.jobs.library import Library

pytestmark = pytest.mark.timeout(300)


EVERYTHING = PhotoScope()


def index(library: Library, folder: Path) -> IndexReport:
    return library.index([folder], on_progress=lambda progress: None, token=CancelToken())


@pytest.fixture(scope="module")
def folder(real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photos whose names tell nothing, with files beside them that are no photos."""
    folder = tmp_path_factory.mktemp("photos")
    for photo in real_photos.values():
        shutil.copyfile(photo, folder / photo.name)
    (folder / "notes.txt").write_text("no photo")
    (folder / "cut.jpg").write_bytes(next(iter(real_photos.values())).read_bytes()[:300])
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(
        CatalogPaths(tmp_path_factory.mktemp("catalog")), background=False
    ) as library:
        report = index(library, folder)
        photos = len(list(folder.glob("IMG_*")))
        assert (report.found, report.new, report.unsupported) == (photos + 2, photos, 1)
        assert [failure.path.name for failure in report.failed] == ["cut.jpg"]
        assert report.encoded == photos
        yield library


def photo_of(library: Library, folder: Path, path: Path) -> PhotoId:
    photo = library.photo_by_path(folder / path.name)
    assert photo is not None
    return photo


# Not "astronaut": the network knows no such class and sees a skier in that photo.
@pytest.mark.parametrize(
    "word", ["cat", "coffee", "rocket", "flower", "temple", "motorcycle", "coins"]
)
def test_each_photo_is_found_by_its_word(
    library: Library, folder: Path, real_photos: Mapping[str, Path], word: str
) -> None:
    results = library.search(word, PhotoScope())
    assert results.relevant >= 1
    assert results.hits[0].photo_id == photo_of(library, folder, real_photos[word])


def test_a_crop_finds_its_photo_and_a_copy_is_called_near_identical(
    library: Library, folder: Path, real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    with Image.open(real_photos["cat"]) as cat:
        width, height = cat.size
        crop = cat.crop((width // 6, height // 6, width * 5 // 6, height * 5 // 6))
        crop.save(tmp_path / "crop.jpg")
        again = io.BytesIO()
        cat.save(again, "JPEG", quality=60)
    wanted = photo_of(library, folder, real_photos["cat"])
    assert library.similar(tmp_path / "crop.jpg").hits[0].photo_id == wanted
    recompressed = library.similar(again.getvalue()).hits[0]
    assert recompressed.photo_id == wanted
    assert "identical" in recompressed.why


def test_a_photo_is_not_similar_to_itself(
    library: Library, folder: Path, real_photos: Mapping[str, Path]
) -> None:
    cat = photo_of(library, folder, real_photos["cat"])
    assert cat not in {hit.photo_id for hit in library.similar(cat).hits}


def test_suggestions_accepted_and_rejected_survive_a_restart(
    folder: Path, real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    with Library.open(paths, background=False) as library:
        index(library, folder)
        cat = photo_of(library, folder, real_photos["cat"])
        suggestions = library.suggest([cat])[cat]
        assert suggestions[0].tag == "cat"
        assert all(0 < suggestion.probability <= 1 for suggestion in suggestions)
        wrong = suggestions[1].tag
        library.apply(ConfirmTag("cat", (cat,)))
        library.apply(RejectTag(wrong, (cat,)))
    with Library.open(paths, background=False) as library:
        details = library.details(cat)
        assert details is not None
        assert [tag for tag, _ in details.confirmed] == ["cat"]
        assert details.rejected == (wrong,)
        left = {suggestion.tag for suggestion in library.suggest([cat])[cat]}
        assert not left & {"cat", wrong}


def test_renamed_moved_vanished_and_returned_files_keep_their_tags(
    real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for word in ("cat", "coffee", "rocket"):
        shutil.copyfile(real_photos[word], folder / f"{word}.jpg")
    with Library.open(CatalogPaths(tmp_path / "catalog"), background=False) as library:
        index(library, folder)
        cat = library.photo_by_path(folder / "cat.jpg")
        assert cat is not None
        library.apply(AddTag("Grandma's garden", (cat,)))

        (folder / "elsewhere").mkdir()
        (folder / "cat.jpg").rename(folder / "elsewhere" / "renamed.jpg")
        report = index(library, folder)
        assert (report.moved, report.missing, report.new, report.unchanged) == (1, 1, 0, 2)
        assert library.photo_by_path(folder / "elsewhere" / "renamed.jpg") == cat

        away = tmp_path / "away.jpg"
        (folder / "elsewhere" / "renamed.jpg").rename(away)
        report = index(library, folder)
        assert (report.missing, report.moved) == (1, 0)
        details = library.details(cat)
        assert details is not None
        assert details.missing

        away.rename(folder / "back.jpg")
        assert index(library, folder).moved == 1
        details = library.details(cat)
        assert details is not None
        assert not details.missing
        assert [tag for tag, _ in details.confirmed] == ["Grandma's garden"]


def test_undo_and_redo(library: Library, folder: Path, real_photos: Mapping[str, Path]) -> None:
    photo = photo_of(library, folder, real_photos["rocket"])

    def tags() -> list[str]:
        details = library.details(photo)
        assert details is not None
        return [tag for tag, _ in details.confirmed]

    library.apply(AddTag("launch", (photo,)))
    assert tags() == ["launch"]
    library.undo()
    assert tags() == []
    library.redo()
    assert tags() == ["launch"]
    library.undo()


def test_the_first_photos_are_found_while_others_are_still_read(
    folder: Path, real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    """Search answers from the first vectors on; nothing waits for the end of the run."""
    many = tmp_path / "many"
    shutil.copytree(folder, many)
    for number in range(60):
        copy = many / f"copy-{number}.jpg"
        copy.write_bytes((many / "IMG_0001.jpg").read_bytes() + b"%d" % number)
    with Library.open(CatalogPaths(tmp_path / "catalog"), background=False) as library:
        waiting_when_found: list[int] = []

        def on_progress(progress: Progress) -> None:
            if progress.total and not waiting_when_found and library.search("cat", EVERYTHING).hits:
                encoded = library.catalog.vector_count(visual_spec().key)
                waiting_when_found.append(len(library.photo_ids(EVERYTHING)) - encoded)

        library.index([many], on_progress=on_progress, token=CancelToken())
        assert waiting_when_found
        assert waiting_when_found[0] > 0
