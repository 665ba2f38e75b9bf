"""Indexing folders from end to end: scan, read, encode, and account for every file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import Failure, IndexReport
from photoorg.features.registry import needs_learning, visual_spec
from photoorg.jobs.ingest import Ingest, Tally, VisibleFirst
from photoorg.jobs.learning import learn_if_needed
from photoorg.jobs.meter import Meter
from photoorg.jobs.scan import ScanResult, scan_folder
from photoorg.jobs.workers import Workers, visual_files

TASK = "index"


def index_folders(
    catalog: Catalog,
    workers: Workers,
    folders: Sequence[Path],
    *,
    token: CancelToken,
    visible: VisibleFirst,
    on_progress: Callable[[Progress], None],
) -> IndexReport:
    """Bring the catalog up to date with some folders and finish all pending work.

    Args:
        catalog: what to bring up to date; the folders must have been added to it.
        workers: processes to use.
        folders: absolute paths.
        token: to pause and stop.
        visible: photos to read first.
        on_progress: told at most ten times a second, and once at the end.

    Raises:
        Cancelled: stopped by the token; calling again goes on.
        EnvironmentProblem: none of the folders is there, the disk is full, ...
    """
    begun = time.monotonic()
    meter = Meter(TASK, on_progress)
    tally = Tally()
    try:
        scanned = _scan(catalog, workers, folders, token, meter)
        ingest = Ingest(catalog, workers, token, visible, lambda now: _show(meter, now, token))
        tally = ingest.tally
        ingest.run()
        return _account(catalog, folders, scanned, tally, time.monotonic() - begun)
    finally:
        meter.finish("Done", tally.read, tally.failed)


def encode_missing(
    catalog: Catalog,
    features: str,
    *,
    token: CancelToken,
    on_progress: Callable[[Progress], None],
    weights: Path | None = None,
    workers: Workers | None = None,
) -> ModelKey:
    """Compute one kind of visual vector for all photos of the catalog that lack it.

    Learns it first where it has to be learned. Vectors of other kinds, the search index and the
    other processes of an open library are left alone; the processes for this work are its own,
    unless some that compute this kind are given.

    Args:
        catalog: whose photos; they must have been read.
        features: name of the visual vector.
        token: to pause and stop.
        on_progress: told at most ten times a second, and once at the end.
        weights: of the network, where it needs a file that is not in its usual place.
        workers: processes to use; they are left running.

    Returns:
        The key that the vectors are stored under.

    Raises:
        Cancelled: stopped by the token; calling again goes on.
        UsageProblem: there is no such visual vector, or there are too few photos to learn it from.
        WeightsMissing: the network's weights are not on this machine.
        EnvironmentProblem: the disk is full, no worker starts, ...
    """
    learn_if_needed(catalog, features, token=token, on_progress=on_progress)
    key = visual_spec(features, visual_files(catalog.paths, weights)).key
    if not catalog.photos_without_vector(key):
        return key
    meter = Meter(TASK, on_progress)
    used = workers or Workers(catalog.paths, features, weights=weights)
    try:
        Ingest(
            catalog,
            used,
            token,
            VisibleFirst(),
            lambda now: _show(meter, now, token),
            read_files=False,
        ).run()
    finally:
        if workers is None:
            used.close()
        meter.finish("Done", 0, 0)
    return key


def learn_before_indexing(
    catalog: Catalog,
    features: str,
    folders: Sequence[Path],
    *,
    token: CancelToken,
    on_progress: Callable[[Progress], None],
) -> None:
    """Learn the visual vector that is to be computed, where it is one that has to be learned first.

    Args:
        catalog: the folders must have been added to it.
        features: name of the visual vector.
        folders: absolute paths; new ones are scanned, so that there are photos to learn from.
        token: to pause and stop.
        on_progress: told at most ten times a second.

    Raises:
        UsageProblem: there is no such visual vector, or there are too few photos.
        Cancelled: stopped by the token.
        EnvironmentProblem: none of the folders is there, the disk is full, ...
    """
    if needs_learning(features, visual_files(catalog.paths)):
        new = [folder for folder in folders if not catalog.known_files(folder)]
        _scan(catalog, None, new, token, Meter(TASK, on_progress))
        learn_if_needed(catalog, features, token=token, on_progress=on_progress)


def _scan(
    catalog: Catalog,
    workers: Workers | None,
    folders: Sequence[Path],
    token: CancelToken,
    meter: Meter,
) -> ScanResult:
    """Scan all folders; one that is not there does not keep the others from it."""
    found = missing = 0
    unreadable: list[Failure] = []
    absent: list[EnvironmentProblem] = []
    for folder in folders:
        if workers is not None and not catalog.known_files(folder):
            workers.start()  # there will be work: let them load while we look around

        def report(count: int, before: int = found) -> None:
            meter.update("Looking for photos", before + count, 0)

        try:
            result = scan_folder(catalog, folder, token, report)
        except EnvironmentProblem as problem:
            absent.append(problem)
            unreadable.append(Failure(folder, problem.message))
            continue
        found += result.found
        missing += result.missing
        unreadable.extend(result.unreadable)
    if absent and len(absent) == len(folders):
        raise absent[0]
    return ScanResult(found, missing, tuple(unreadable))


def _show(meter: Meter, tally: Tally, token: CancelToken) -> None:
    """Report the stage that matters now: reading first, then looking."""
    if tally.read < tally.to_read:
        label, done, total = "Reading photos", tally.read, tally.to_read
    else:
        label, done, total = "Learning what photos show", tally.encoded, tally.to_encode
    meter.update(label, done, total, failed=tally.failed, paused=token.paused)


def _account(
    catalog: Catalog,
    folders: Sequence[Path],
    scanned: ScanResult,
    tally: Tally,
    seconds: float,
) -> IndexReport:
    """Put every file met into exactly one count, those that failed on earlier runs included."""
    failures = [
        failure
        for failure in catalog.failures()
        if any(failure.path.is_relative_to(folder) for folder in folders)
    ]
    failed = [failure for failure in failures if not failure.unsupported]
    unsupported = len(failures) - len(failed)
    read = tally.new + tally.changed + tally.moved
    return IndexReport(
        found=scanned.found,
        new=tally.new,
        changed=tally.changed,
        moved=tally.moved,
        unchanged=max(0, scanned.found - read - len(failed) - unsupported),
        missing=scanned.missing,
        unsupported=unsupported,
        failed=(*failed, *scanned.unreadable),
        encoded=tally.encoded,
        seconds=seconds,
    )
