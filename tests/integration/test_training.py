"""Training on a library of real photos through the real processes, and using what comes of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from PIL import Image

from photoorg.cli.main import main
from photoorg.core.changes import AddTag, ChangeKind, ChangeSet
from photoorg.core.errors import Cancelled, EnvironmentProblem, ModelFileProblem, WorkerUnavailable
from photoorg.core.ids import PhotoId
from photoorg.core.modelling import STARTER_ID, TrainingRequest, TrainingState, TrainingStatus
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.core.records import PhotoScope
from photoorg.jobs.library import Library
from photoorg.jobs.training import RunProcess, Trainer
from photoorg.jobs.training_messages import TrainingJob
from photoorg.jobs.training_process import run_training
from photoorg.models.personal import KIND as DEFAULT

pytestmark = pytest.mark.timeout(300)

EVERYTHING = PhotoScope()
INDOORS = {"cat", "coffee", "motorcycle", "clock", "coins"}
REQUEST = TrainingRequest("cross-modal-1", text="bag-of-tags", epochs=2)
PASSES = 8
LONG = TrainingRequest("cross-modal-1", text="bag-of-tags", epochs=PASSES)
NO_TORCH = """
import sys
from photoorg.__main__ import main
code = main(sys.argv[1:])
found = {"torch", "gensim", "sklearn", "matplotlib"} & set(sys.modules)
sys.exit(f"imports {found}" if found else code)
"""


# -- what the training process does instead ---------------------------------------------------
def slowly(connection: Connection, job: TrainingJob) -> None:
    """Train with a pause before each pass, and a checkpoint after each."""
    from photoorg.models import training

    one_epoch = training._one_epoch

    def slow_epoch(*args: object) -> float:
        time.sleep(0.3)
        return one_epoch(*args)

    training._one_epoch = slow_epoch
    training._CHECKPOINT_SECONDS = 0.0
    run_training(connection, job)


def on_a_full_disk(connection: Connection, job: TrainingJob) -> None:
    from photoorg.features import storage

    def write(path: Path, blob: bytes) -> None:
        raise OSError(28, "No space left on device")

    storage.write_in_one_step = write
    run_training(connection, job)


# -- the library ------------------------------------------------------------------------------
def index(library: Library, folder: Path) -> None:
    library.index([folder], on_progress=lambda progress: None, token=CancelToken())


@pytest.fixture(scope="module")
def tagged(
    real_photos: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> CatalogPaths:
    """A catalog of photos that carry two tags each. Tests copy it."""
    folder = tmp_path_factory.mktemp("photos")
    paths = CatalogPaths(tmp_path_factory.mktemp("catalog"))
    for word, photo in real_photos.items():
        shutil.copyfile(photo, folder / f"{word}.jpg")
    with Library.open(paths, background=False) as library:
        index(library, folder)
        for word in real_photos:
            photo_id = photo_of(library, folder / f"{word}.jpg")
            for tag in (word, "Indoors" if word in INDOORS else "Out of doors"):
                library.apply(AddTag(tag, (photo_id,)))
        library.search("cat", EVERYTHING)
    return paths


@pytest.fixture
def paths(tagged: CatalogPaths, tmp_path: Path) -> CatalogPaths:
    copy = CatalogPaths(tmp_path / "catalog")
    shutil.copytree(tagged.root, copy.root)
    return copy


@pytest.fixture
def library(paths: CatalogPaths) -> Iterator[Library]:
    with Library.open(paths, background=False) as library:
        yield library


def photo_of(library: Library, path: Path) -> PhotoId:
    photo_id = library.photo_by_path(path)
    assert photo_id is not None
    return photo_id


def cat_of(library: Library) -> PhotoId:
    return next(
        photo_id
        for photo_id in library.photo_ids(PhotoScope(tag="cat")).tolist()
        if photo_id is not None
    )


def trainer_of(
    library: Library, process: RunProcess, hear: Callable[[TrainingState], None] = lambda _: None
) -> Trainer:
    """Return a trainer of the library's whose process does something else."""
    own = library._modelling
    return Trainer(library.catalog, own._store, own._look, hear, process=process)


def train(library: Library, request: TrainingRequest = REQUEST) -> str:
    info = library.train_now(request, on_state=lambda _: None, token=CancelToken())
    return info.model_id


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def model_ids(library: Library) -> list[str]:
    return [info.model_id for info in library.models()]


# -- a model's life ---------------------------------------------------------------------------
def test_a_model_is_trained_used_explained_carried_off_brought_back_and_damaged(
    paths: CatalogPaths, tmp_path: Path
) -> None:
    file = tmp_path / "mine.photoorg-model"
    with Library.open(paths, background=False) as library:
        states: list[TrainingState] = []
        unsubscribe = library.subscribe(
            lambda event: states.append(event) if isinstance(event, TrainingState) else None
        )
        model_id = train(library)
        unsubscribe()
        assert [report.epoch for report in states[-1].reports] == [1, 2]
        assert states[-1].status is TrainingStatus.FINISHED
        assert library.training() == states[-1]
        info = library.models()[1]
        assert (info.model_id, info.kind, info.source) == (model_id, REQUEST.kind, "My library")
        assert info.text == "bag-of-tags"
        assert 12 <= info.tags <= 14, "those of the photo that is held out may be missing"
        assert info.problem == ""
        assert list(paths.scratch.iterdir()) == []
        assert not any(paths.models.glob("unfinished/*"))

        cat = cat_of(library)
        library.use_model(model_id)
        assert [each.active for each in library.models()] == [False, True]
        assert library.search("cat", EVERYTHING).hits[0].photo_id == cat
        assert "“xyzzy”" in library.search("cat xyzzy", EVERYTHING).notice
        assert library.similar(cat).hits, "look-alike search stays with the starter"
        decided = {"cat", "Indoors"}
        suggested = library.suggest([cat])[cat]
        assert not decided & {each.tag for each in suggested}
        compared = library.suggest_with(model_id, [cat], 20)[cat]
        assert all(each.source == model_id for each in compared)
        assert library.suggest_with(STARTER_ID, [cat])[cat][0].tag == "cat"

        explained = library.explain(cat, "Indoors")
        assert len(explained.words) == 10
        assert explained.heat is not None
        assert explained.heat.min() >= 0
        assert explained.heat.max() <= 1
        assert "no vector" in library.explain(cat, "xyzzy").note

        library.export_model(model_id, file)

    with Library.open(paths, background=False) as library:
        assert library.suggest([cat])[cat] == suggested, "the choice outlives the program"
        library.delete_model(model_id)
        assert model_ids(library) == [STARTER_ID]
        assert library.models()[0].active
        assert not (paths.index / "models" / model_id).exists()
        assert {each.source for each in library.suggest([cat])[cat]} <= {STARTER_ID, DEFAULT}
        again = library.import_model(file)
        assert again.model_id == model_id
        assert library.suggest_with(model_id, [cat], 20)[cat] == compared
        library.use_model(model_id)

    (paths.models / model_id / "model.safetensors").write_bytes(b"cut")
    with Library.open(paths, background=False) as library:
        results = library.search("cat", EVERYTHING)
        assert results.hits[0].photo_id == cat, "the starter answers"
        assert model_id in results.notice
        starter, damaged = library.models()
        assert starter.active
        assert damaged.problem
        with pytest.raises(ModelFileProblem):
            library.use_model(model_id)
        library.use_model(STARTER_ID)
        assert library.search("cat", EVERYTHING).notice == ""


def test_a_model_of_other_features_says_which_photos_it_cannot_find(
    library: Library, real_photos: Mapping[str, Path], tmp_path: Path
) -> None:
    """Training computes the vectors that are missing, and so does indexing for the model in use."""
    model_id = train(
        library, TrainingRequest("cross-modal-1", "bovw-sift", "bag-of-tags", epochs=1)
    )
    library.use_model(model_id)
    assert library.search("cat", EVERYTHING).notice == ""
    explained = library.explain(cat_of(library))
    assert explained.words
    assert explained.heat is None
    assert explained.note, "these features do not tell where"
    folder = tmp_path / "later"
    folder.mkdir()
    with Image.open(real_photos["coffee"]) as coffee:
        coffee.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "later.jpg")
    # A photo from outside is seen by the model's own features.
    outside = tmp_path / "outside.jpg"
    shutil.copyfile(real_photos["cat"], outside)
    like = library.search(f'like:"{outside}"', EVERYTHING)
    assert like.notice == ""
    assert like.hits[0].photo_id == cat_of(library)
    library.use_model(STARTER_ID)
    assert library.search(f'like:"{outside}"', EVERYTHING).hits[0].photo_id == cat_of(library)
    index(library, folder)
    library.use_model(model_id)
    assert "not looked at with bovw-sift yet: 1." in library.search("cat", EVERYTHING).notice
    index(library, folder)
    assert library.search("cat", EVERYTHING).notice == "", "the new photo was looked at too"


def test_an_open_window_uses_the_model_that_another_process_chose(
    paths: CatalogPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[ChangeSet] = []

    def suggested(window: Library) -> set[str]:
        return {each.source for each in window.suggest([cat])[cat]}

    def told() -> bool:
        return any(change.everything and ChangeKind.VECTORS in change.kinds for change in heard)

    with Library.open(paths, background=True) as window:
        cat = cat_of(window)
        model_id = train(window)
        assert STARTER_ID in suggested(window) <= {STARTER_ID, DEFAULT}
        window.subscribe(
            lambda event: heard.append(event) if isinstance(event, ChangeSet) else None
        )
        assert command(capsys, paths, "models", "use", model_id)[0] == 0
        wait_until(lambda: "“xyzzy”" in window.search("cat xyzzy", EVERYTHING).notice)
        wait_until(told)
        assert [info.active for info in window.models()] == [False, True]

        heard.clear()
        assert command(capsys, paths, "models", "use", STARTER_ID)[0] == 0
        wait_until(lambda: STARTER_ID in suggested(window) <= {STARTER_ID, DEFAULT})
        wait_until(told)

        # Chosen elsewhere and damaged: said once, and the starter answers.
        (paths.models / model_id / "model.safetensors").write_bytes(b"cut")
        window._modelling._store.choose(model_id)
        wait_until(lambda: model_id in window.search("cat", EVERYTHING).notice)
        assert window.search("cat", EVERYTHING).hits[0].photo_id == cat
        assert command(capsys, paths, "models", "delete", model_id)[0] == 0
        wait_until(lambda: window.search("cat", EVERYTHING).notice == "")


def test_a_window_s_own_choice_stays(paths: CatalogPaths) -> None:
    with Library.open(paths, background=True) as window:
        model_id = train(window)
        for chosen in (model_id, STARTER_ID, model_id):
            window.use_model(chosen)
            time.sleep(1.2)
            assert window._search.parts.model_id == chosen


# -- fine-tuning --------------------------------------------------------------------------------
def test_a_network_is_adapted_used_and_goes_with_the_last_model_that_needs_it(
    paths: CatalogPaths, tmp_path: Path
) -> None:
    request = TrainingRequest("text-regression", epochs=1, finetune=True)
    file = tmp_path / "mine.photoorg-model"
    with Library.open(paths, background=False) as library:
        first = train(library, request)
        second = train(library, replace(request, seed=1))
        infos = {info.model_id: info for info in library.models()}
        assert infos[first].features != infos[second].features
        assert infos[first].photos_per_second > 0
        assert infos[first].held_out == 1
        kinds = [kind.key for kind in library.visual_kinds() if kind.ready]
        assert {infos[first].features, infos[second].features} <= set(kinds)
        cat = cat_of(library)
        for model_id in (first, second):
            library.use_model(model_id)
            results = library.search("cat", EVERYTHING)
            assert results.hits[0].photo_id == cat
            assert results.notice == "", "training looked at all photos with the network"
            assert cat in library.suggest_with(model_id, [cat])
            assert library.explain(cat, "Indoors").heat is not None
        heir = train(library, replace(REQUEST, features=infos[first].features))
        library.export_model(first, file)
        library.delete_model(first)
        assert library.suggest_with(heir, [cat])[cat]
        assert infos[first].features in {kind.key for kind in library.visual_kinds()}
        library.delete_model(heir)
        left = {kind.key for kind in library.visual_kinds()}
        assert infos[first].features not in left
        assert infos[second].features in left
        assert library.suggest_with(second, [cat])[cat], "the second one is as it was"

        again = library.import_model(file)
        library.use_model(again.model_id)
        assert "not looked at" in library.search("cat", EVERYTHING).notice
        library.look_for_model(on_progress=lambda _: None, token=CancelToken())
        assert library.search("cat", EVERYTHING).hits[0].photo_id == cat
        assert library.search("cat", EVERYTHING).notice == ""


# -- stopping and going on --------------------------------------------------------------------
@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_training_that_was_cancelled_and_then_killed_goes_on_where_it_was(
    library: Library,
) -> None:
    token = CancelToken()

    def cancel(state: TrainingState) -> None:
        if len(state.reports) >= 2:
            token.cancel()

    cancelled = trainer_of(library, slowly, cancel)
    with pytest.raises(Cancelled):
        cancelled.run(LONG, token)
    stopped = cancelled.state
    assert stopped is not None
    assert stopped.status is TrainingStatus.CANCELLED
    assert stopped.resumable
    done = len(stopped.reports)
    assert 2 <= done < PASSES - 1

    pids: set[int] = set()

    def kill(state: TrainingState) -> None:
        pid = killed.process_id
        if len(state.reports) > done and pid is not None and not pids:
            pids.add(pid)
            os.kill(pid, signal.SIGKILL)

    killed = trainer_of(library, slowly, kill)
    with pytest.raises(WorkerUnavailable, match="signal 9"):
        killed.run(LONG, CancelToken())
    assert killed.state is not None
    assert killed.state.resumable
    assert killed.state.earlier >= done
    assert model_ids(library) == [STARTER_ID]

    states: list[TrainingState] = []
    model_id = trainer_of(library, slowly, states.append).run(LONG, CancelToken())
    assert model_ids(library) == [STARTER_ID, model_id]
    assert states[-1].earlier >= done
    assert [report.epoch for report in states[-1].reports] == list(range(1, PASSES + 1))
    assert states[-1].reports[:done] == stopped.reports
    assert any("going on after pass" in state.stage for state in states)


def test_closing_the_library_stops_the_training_at_once(paths: CatalogPaths) -> None:
    with Library.open(paths, background=True) as library:
        library.train(TrainingRequest("cross-modal-1", text="minilm", epochs=100))
        begun = time.monotonic()
    assert time.monotonic() - begun < 15
    state = library.training()
    assert state is not None
    assert state.status in {TrainingStatus.CANCELLED, TrainingStatus.FINISHED}
    assert library.worker_processes() == ()


def test_a_full_disk_is_named_and_harms_nothing(library: Library) -> None:
    with pytest.raises(EnvironmentProblem, match="No space left") as problem:
        trainer_of(library, on_a_full_disk).run(REQUEST, CancelToken())
    assert problem.value.remedy
    assert model_ids(library) == [STARTER_ID]
    assert list(library.catalog.paths.models.glob(".new*")) == []
    assert library.search("cat", EVERYTHING).hits


# -- the command line -------------------------------------------------------------------------
def command(
    capsys: pytest.CaptureFixture[str], paths: CatalogPaths, *words: str
) -> tuple[int, str]:
    code = main([*words, "--catalog", str(paths.root)])
    written = capsys.readouterr()
    return code, written.out + written.err


def test_too_little_to_learn_from_is_said(
    real_photos: Mapping[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = CatalogPaths(tmp_path / "catalog")
    folder = tmp_path / "photos"
    folder.mkdir()
    photos = [folder / f"{word}.jpg" for word in ("cat", "moon", "coffee")]
    for photo in photos:
        shutil.copyfile(real_photos[photo.stem], photo)
    assert command(capsys, paths, "index", str(folder))[0] == 0
    words = ("train", "cross-modal-1", "--text", "bag-of-tags", "--epochs", "1")
    code, said = command(capsys, paths, *words)
    assert code == 2
    assert "tag" in said.lower()
    assert "Traceback" not in said
    assert command(capsys, paths, "tag", "add", "日本", *map(str, photos))[0] == 0
    code, said = command(capsys, paths, *words)
    assert code in {0, 2}, "one tag on every photo teaches little, and harms nothing"
    assert "Traceback" not in said
    assert "error in photoorg" not in said


def test_the_command_line_trains_on_a_folder_and_uses_the_model_without_torch(
    paths: CatalogPaths,
    real_photos: Mapping[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "labelled"
    shutil.copytree(next(iter(real_photos.values())).parent, folder)
    lines = [
        f"{photo.name}\t{word};{'indoors' if word in INDOORS else 'outdoors'}"
        for word, photo in real_photos.items()
    ]
    (folder / "labels.tsv").write_text("\n".join(["file\tlabels", *lines]))
    words = ("train", "cross-modal-1", "--text", "bag-of-tags", "--epochs", "2", "--json")
    code, said = command(capsys, paths, *words, "--data", str(folder))
    assert code == 0, said
    made = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert made["trained_on"] == "labelled"
    assert Path(made["path"]).is_dir()
    assert "pass 2 of 2: loss" in said
    assert command(capsys, paths, "models", "use", made["key"])[0] == 0
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH, "search", "cat", "--json", "--catalog", str(paths.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["path"].endswith("cat.jpg")
