"""Scanning folders into a real catalog; no photo is read here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import Cancelled, EnvironmentProblem
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.jobs import scan
from photoorg.jobs.scan import ScanResult, scan_folder


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    paths = CatalogPaths(tmp_path / "catalog")
    paths.create()
    with Catalog.open(paths) as catalog:
        yield catalog


@pytest.fixture
def root(tmp_path: Path, catalog: Catalog) -> Path:
    root = tmp_path / "photos"
    for name in ("a.jpg", "b.jpg", "trip/c.jpg", "trip/d.jpg"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    catalog.add_folder(root)
    return root


def run(catalog: Catalog, root: Path) -> ScanResult:
    return scan_folder(catalog, root, CancelToken(), lambda _: None)


def pending(catalog: Catalog) -> set[str]:
    return {file.found.path.name for file in catalog.pending_files()}


def missing(catalog: Catalog, root: Path) -> set[str]:
    return {Path(path).name for path, row in catalog.known_files(root).items() if row.missing}


def test_new_files_are_pending_at_once(catalog: Catalog, root: Path) -> None:
    assert run(catalog, root).found == 4
    assert pending(catalog) == {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}


def test_a_second_scan_changes_nothing(catalog: Catalog, root: Path) -> None:
    run(catalog, root)
    before = catalog.revision()
    assert run(catalog, root) == ScanResult(found=4)
    assert catalog.revision() == before


def test_vanished_files_are_missing_and_come_back(catalog: Catalog, root: Path) -> None:
    run(catalog, root)
    (root / "a.jpg").rename(root.parent / "a.jpg")
    assert run(catalog, root).missing == 1
    assert missing(catalog, root) == {"a.jpg"}
    assert run(catalog, root).missing == 0
    (root.parent / "a.jpg").rename(root / "a.jpg")
    run(catalog, root)
    assert missing(catalog, root) == set()


def test_a_folder_that_is_gone_makes_nothing_missing(catalog: Catalog, root: Path) -> None:
    run(catalog, root)
    root.rename(root.parent / "unplugged")
    with pytest.raises(EnvironmentProblem, match="is not there"):
        run(catalog, root)
    assert missing(catalog, root) == set()


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_what_cannot_be_listed_is_told_and_stays_as_it_was(
    catalog: Catalog, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(catalog, root)
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("trip"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (root / "a.jpg").unlink()
    result = run(catalog, root)
    assert [failure.path.name for failure in result.unreadable] == ["trip"]
    assert missing(catalog, root) == {"a.jpg"}


def test_a_cancelled_scan_marks_nothing_missing(
    catalog: Catalog, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(catalog, root)
    monkeypatch.setattr(scan, "BATCH", 1)
    token = CancelToken()
    (root / "b.jpg").unlink()
    with pytest.raises(Cancelled):
        scan_folder(catalog, root, token, lambda _: token.cancel())
    assert missing(catalog, root) == set()
