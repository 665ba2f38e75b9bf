"""An engine is fetched, looks at the library and takes over, through the real processes.

It is a tiny random one that the test writes; where it is fetched from is a server in this process.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photoorg.cli.main import main
from photoorg.core.engines import BUILT_IN, EngineState, EngineStatus
from photoorg.core.errors import UsageProblem
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.core.records import PhotoScope
from photoorg.features.engine_catalog import Engine, EngineFile
from photoorg.jobs import library as library_module
from photoorg.jobs.engines import Engines
from photoorg.jobs.library import Library

open_clip = pytest.importorskip("open_clip", reason="open_clip_torch is not installed")
torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

PHOTOS = 30
TINY: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_pytorch_model.bin"
SCOPE = PhotoScope()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the engine, laid out as the hub has them."""
    root = tmp_path_factory.mktemp("hub")
    folder = root / "someone" / "tiny" / "resolve" / "main"
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    torch.manual_seed(0)
    torch.save(open_clip.CLIP(**TINY).state_dict(), folder / WEIGHTS)
    return root


@pytest.fixture
def engine(served: Path) -> Iterator[Engine]:
    handler = functools.partial(Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Engine(
            "tiny",
            "Tiny",
            "For tests.",
            13_000_000,
            "none",
            ("*",),
            "",
            "",
            "someone/tiny",
            (EngineFile(CONFIG), EngineFile(WEIGHTS)),
            hub=f"http://127.0.0.1:{server.server_port}",
        )
        server.shutdown()
        thread.join()


@pytest.fixture
def paths(
    real_photos: Mapping[str, Path], tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> CatalogPaths:
    """A library of thirty photos, looked at by the built-in engine."""
    folder = tmp_path / "photos"
    folder.mkdir()
    pictures = list(real_photos.values())
    for number in range(PHOTOS):
        with Image.open(pictures[number % len(pictures)]) as picture:
            picture.convert("RGB").rotate(7 * number).save(folder / f"{number}.jpg")
    paths = CatalogPaths(tmp_path / "catalog")
    monkeypatch.setattr(
        library_module, "Engines", functools.partial(Engines, offered=[engine], spare=0)
    )
    with Library.open(paths, background=False) as library:
        library.index([folder], on_progress=lambda _progress: None, token=CancelToken())
    return paths


def wait(condition: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def state(library: Library) -> EngineState:
    return next(each for each in library.engines.engines() if each.key == "tiny")


def fetched(library: Library) -> None:
    library.engines.get("tiny")
    wait(lambda: state(library).status is not EngineStatus.FETCHING)
    assert state(library).problem == ""
    assert state(library).status is EngineStatus.READY


def test_an_engine_takes_over_while_the_old_one_answers(paths: CatalogPaths) -> None:
    heard: list[EngineState] = []
    with Library.open(paths) as library:
        assert state(library).status is EngineStatus.ABSENT
        with pytest.raises(UsageProblem, match="Get it first"):
            library.engines.use("tiny")
        library.engines.subscribe(heard.append)
        fetched(library)
        before = [hit.photo_id for hit in library.search("a cat", SCOPE).hits]
        assert len(before) == PHOTOS
        library.engines.use("tiny")
        while state(library).status is EngineStatus.LOOKING:
            answer = library.search("a cat", SCOPE)
            if state(library).status is EngineStatus.LOOKING:
                assert [hit.photo_id for hit in answer.hits] == before
        assert state(library).status is EngineStatus.IN_USE, state(library).problem
        after = library.search("eine Katze", SCOPE)
        assert after.notice == ""
        assert len(after.hits) == PHOTOS
        assert library.engines.languages == ("*",)
        # A photo from outside is seen by the engine, too: this one is in the library as well.
        outside = paths.root.parent / "outside.jpg"
        shutil.copyfile(paths.root.parent / "photos" / "3.jpg", outside)
        inside = library.photo_by_path(paths.root.parent / "photos" / "3.jpg")
        assert library.search(f'like:"{outside}"', SCOPE).hits[0].photo_id == inside
        library.engines.use(BUILT_IN)
        assert [hit.photo_id for hit in library.search("a cat", SCOPE).hits] == before
        library.engines.use("tiny")
        wait(lambda: state(library).status is EngineStatus.IN_USE)
    assert {each.status for each in heard} >= {EngineStatus.FETCHING, EngineStatus.LOOKING}
    with Library.open(paths) as library:
        wait(lambda: state(library).status is EngineStatus.IN_USE)
        assert len(library.search("snow", SCOPE).hits) == PHOTOS
        library.engines.remove("tiny")
        assert state(library).status is EngineStatus.ABSENT
        assert [hit.photo_id for hit in library.search("a cat", SCOPE).hits] == before
        assert not (paths.models / "features" / "engines" / "tiny").exists()


def test_the_command_line_asks_an_engine(
    paths: CatalogPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: object) -> tuple[int, str, str]:
        code = main([*map(str, words), "--catalog", str(paths.root)])
        return code, *capsys.readouterr()

    folder = paths.root.parent / "photos"
    code, _, err = run("search", "cat", "--engine", "tiny")
    assert (code, "not on this computer" in err) == (2, True)
    code, _, err = run("search", "cat", "--engine", "oracle")
    assert (code, "built-in, tiny" in err) == (2, True)
    with Library.open(paths, background=False) as library:
        fetched(library)
    code, _, err = run("search", "cat", "--engine", "tiny")
    assert (code, "photoorg index FOLDER --features open_clip:tiny" in err) == (2, True)
    assert run("index", folder, "--features", "open_clip:tiny")[0] == 0

    plain = json.loads(run("search", "a cat", "--limit", PHOTOS, "--json")[1])
    query = ("search", "a cat", "--limit", PHOTOS, "--json", "--why", "--engine", "tiny")
    code, out, err = run(*query)
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert len(rows) == PHOTOS
    assert set(plain[0]) <= set(rows[0])
    assert {row["engine"] for row in rows} == {"tiny"}
    assert [row["path"] for row in rows] != [row["path"] for row in plain]
    whole = rows[0]["reasons"][0]
    assert whole["part"] == "a cat"
    assert "%" in whole["words"], "the engine says how much each photo looks like it"
    assert not (paths.models / "features" / "engines" / "wanted").exists(), "the window's choice"


def test_a_killed_process_costs_nothing_and_a_new_photo_gets_both_vectors(
    paths: CatalogPaths, tmp_path: Path
) -> None:
    with Library.open(paths) as library:
        fetched(library)
        library.engines.use("tiny")
        wait(lambda: state(library).status is not EngineStatus.READY)
        for process in library.engines.process_ids():
            os.kill(process, signal.SIGKILL)
        wait(lambda: state(library).status is not EngineStatus.LOOKING)
        assert state(library).status is EngineStatus.IN_USE, state(library).problem
        key = library.engines.visual_key
        assert key is not None
        assert library.catalog.vector_count(key) == PHOTOS
        noise = np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "photos" / "new.jpg")
        library.rescan()
        wait(lambda: library.catalog.vector_count(key) == PHOTOS + 1)
        wait(lambda: len(library.search("noise", SCOPE).hits) == PHOTOS + 1)


def test_work_that_was_cancelled_goes_on_at_the_next_start(paths: CatalogPaths) -> None:
    with Library.open(paths) as library:
        fetched(library)
        library.engines.use("tiny")
        library.engines.cancel()
        wait(lambda: state(library).status is not EngineStatus.LOOKING)
    with Library.open(paths) as library:
        wait(lambda: state(library).status is EngineStatus.IN_USE)
        assert len(library.search("cat", SCOPE).hits) == PHOTOS


def test_a_damaged_engine_is_said_and_not_kept(paths: CatalogPaths, served: Path) -> None:
    weights = served / "someone" / "tiny" / "resolve" / "main" / WEIGHTS
    kept = weights.with_suffix(".kept")
    shutil.move(weights, kept)
    try:
        weights.write_bytes(b"not weights")
        with Library.open(paths) as library:
            library.engines.get("tiny")
            wait(lambda: state(library).status is not EngineStatus.FETCHING)
            assert "cannot be loaded" in state(library).problem
            assert state(library).status is EngineStatus.ABSENT
    finally:
        shutil.move(kept, weights)
