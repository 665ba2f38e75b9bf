"""Finding out what is wrong with an installation or a library, and mending what can be mended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import PhotoorgError
from photoorg.core.records import PhotoScope
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.workers import Workers

LITTLE_ROOM = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: what was looked at.
        ok: whether it is as it should be.
        detail: what was seen.
        remedy: what to do, where it is not.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(
    catalog: Catalog, search: SearchService, workers: Workers, *, repair: bool
) -> Sequence[Finding]:
    """Check everything that indexing and searching depend on.

    Args:
        catalog: what to check, and to repair.
        search: the model and indexes.
        workers: processes, which are started for it.
        repair: mend the catalog, after keeping a copy, and make the index anew.
    """
    return [
        *_catalog(catalog, repair=repair),
        _room(catalog.paths.root),
        *_folders(catalog),
        _search(search),
        *_workers(workers),
    ]


def _catalog(catalog: Catalog, *, repair: bool) -> Iterator[Finding]:
    wrong = catalog.repair() if repair else catalog.check()
    if not wrong:
        photos = len(catalog.photo_ids(PhotoScope()))
        yield Finding("catalog", ok=True, detail=f"{photos} photos, no damage")
    for finding in wrong:
        if repair and finding.repairable:
            yield Finding("catalog", ok=True, detail=f"mended: {finding.message}")
        else:
            remedy = (
                "Run “photoorg doctor --repair”."
                if finding.repairable
                else "Put a copy from the catalog's folder “backups” in its place."
            )
            yield Finding("catalog", ok=False, detail=finding.message, remedy=remedy)


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        ok=free >= LITTLE_ROOM,
        detail=f"{free / 1e9:.1f} GB free for the catalog",
        remedy="" if free >= LITTLE_ROOM else "Make room on the disk that holds the catalog.",
    )


def _folders(catalog: Catalog) -> Iterator[Finding]:
    for root in catalog.roots():
        there = root.is_dir()
        yield Finding(
            "folder",
            ok=there,
            detail=f"{root}" if there else f"{root} is not there",
            remedy="" if there else "Plug its drive in, or remove it from the library.",
        )


def _search(search: SearchService) -> Finding:
    problem = search.problem
    if problem is not None:
        return Finding("search", ok=False, detail=problem.message, remedy=problem.remedy)
    search.catch_up()
    return Finding("search", ok=True, detail=f"{search.indexed} photos can be found by meaning")


def _workers(workers: Workers) -> Iterator[Finding]:
    for name, pool in (("decoders", workers.decoders), ("encoder", workers.encoder)):
        try:
            pool.start().result()
        except PhotoorgError as problem:
            yield Finding(name, ok=False, detail=problem.message, remedy=problem.remedy)
        else:
            yield Finding(name, ok=True, detail=f"{pool.count} × {pool.description}")
