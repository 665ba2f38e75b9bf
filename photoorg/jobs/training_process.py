"""The process that trains a model: the only one that loads torch and gensim for it.

It gets a job, tells how far it is, and ends. Being asked to stop, and its program's death, both
cancel the training, which then keeps what it needs to go on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoorg.core.errors import Cancelled, ModelFileProblem, PhotoorgError, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import EpochReport
from photoorg.core.progress import CancelToken, Progress
from photoorg.jobs.messages import Crash, Refusal
from photoorg.jobs.model_archive import NETWORK_STEM
from photoorg.jobs.training_messages import (
    VISUAL,
    WORDS,
    PassDone,
    StageReached,
    Stopped,
    Trained,
    TrainingJob,
)

if TYPE_CHECKING:
    from photoorg.features.words.base import Document, TextVectors
    from photoorg.models.registry import TrainedModel
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import PixelSource, TrainingData

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint"
"""Stem, in the folder of an unfinished training, of the checkpoint of the model."""

TEXT = "text"
"""Stem of the text vectors that the model is being trained on."""

_DATA = "data.json"
_NICENESS = 10
_STAGE_SECONDS = 0.1
_DEFAULT_SIDE = 64
_ENCODED_AT_ONCE = 16
_PIXEL_CACHE_BYTES = 1 << 30
_VERSIONS = ("photoorg", "numpy", "torch", "gensim", "scikit-learn", "safetensors")


def run_training(connection: Connection, job: TrainingJob) -> None:
    """Carry out a job; the target of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, which then tells us
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    token = CancelToken()
    listener = threading.Thread(target=_listen, args=(connection, token), daemon=True)
    listener.start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the program is gone
        connection.send(_carry_out(_Teller(connection), job, token))


def _listen(connection: Connection, token: CancelToken) -> None:
    """Cancel on the first message, and where the program is gone."""
    with contextlib.suppress(EOFError, OSError):
        connection.recv()
    token.cancel()


def _carry_out(
    teller: _Teller, job: TrainingJob, token: CancelToken
) -> Trained | Stopped | Refusal | Crash:
    try:
        _Training(job, teller, token).run()
    except Cancelled:
        return Stopped()
    except PhotoorgError as error:
        return Refusal(error)
    except MemoryError:
        return Refusal(
            UsageProblem(
                "The training needs more memory than there is.",
                "Close other programs, or choose vectors with fewer numbers.",
            )
        )
    except Exception as error:  # noqa: BLE001 - the process boundary: every bug must be reported
        report = "".join(traceback.format_exception(error))
        return Crash(f"{type(error).__name__}: {error}", report)
    return Trained()


class _Teller:
    """Tells the program how far the training is, stages not more often than it may be heard."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stage = ""
        self._told = 0.0

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        now = time.monotonic()
        if name == self._stage and now - self._told < _STAGE_SECONDS:
            return
        self._stage, self._told = name, now
        self._send(StageReached(name, done, total))

    def progress(self, progress: Progress) -> None:
        self.stage(progress.label, progress.done, progress.total)

    def passed(self, report: EpochReport, earlier: tuple[EpochReport, ...]) -> None:
        self._send(PassDone(report, earlier))

    def _send(self, message: StageReached | PassDone) -> None:
        # Where the program is gone, the listener cancels, and the training keeps its state.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(message)


@dataclass(frozen=True, slots=True)
class _Material:
    """Photos to learn from, as they are given to the process or read by it.

    Attributes:
        visual: float32 [n, d].
        visual_key: what made them.
        tags: [n].
        captions: [n].
        files: [n], where the photos can be seen.
    """

    visual: NDArray[np.float32]
    visual_key: ModelKey
    tags: tuple[tuple[str, ...], ...]
    captions: tuple[tuple[str, ...], ...]
    files: tuple[Path, ...]

    @property
    def words(self) -> Iterator[str]:
        """What is said of each photo, [n]; empty where nothing is."""
        for tags, captions in zip(self.tags, self.captions, strict=True):
            yield " ".join((*tags, *captions)).strip()

    def digest(self) -> str:
        """Name all that a training depends on beside its request."""
        digest = hashlib.blake2b(self.visual_key.encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self.visual).data)
        digest.update(repr((self.tags, self.captions)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class _Training:
    """One job, stage by stage."""

    def __init__(self, job: TrainingJob, teller: _Teller, token: CancelToken) -> None:
        self._job = job
        self._request = job.request
        self._teller = teller
        self._token = token
        self._reports: list[EpochReport] = []

    def run(self) -> None:
        """Train, measure and save the model.

        Raises:
            UsageProblem: the photos do not allow it.
            EnvironmentProblem: the disk is full, a network's weights are missing, ...
            Cancelled: it was asked to stop.
        """
        from photoorg.models.registry import save_trained
        from photoorg.models.schedule import Run
        from photoorg.models.training_data import TrainingData, hold_out

        self._teller.stage("Preparing")
        material = self._material()
        past = self._take_up(material)
        # The words of a held-out photo are not learned from either.
        described = np.flatnonzero([bool(words) for words in material.words])
        held_out = hold_out(described, material.visual, self._request.seed)
        phrases, documents, tags = _documents(material, ~held_out)
        text = self._text([documents[row] for row in np.flatnonzero(~held_out)])
        config = self._config()
        data = TrainingData.of(
            material.visual,
            material.visual_key,
            documents,
            text,
            tags=tags,
            validation=held_out,
            pixels=_pixels(material.files, _side(config), self._job.work),
        )
        self._token.check()
        last = past[-1].epoch if past else 0
        self._teller.stage(f"Training, going on after pass {last}" if past else "Training")
        run = Run(
            self._request.seed,
            self._token,
            lambda report: self._pass(report, past),
            self._job.unfinished / CHECKPOINT,
        )
        said = {
            "source": self._job.source,
            "created": self._job.created,
            "features": self._request.features,
            "text": self._request.text,
            "phrases": list(phrases),
        }
        learn = self._finetune if self._request.finetune else self._train
        trained = learn(data, config, run, said)
        self._teller.stage("Saving")
        save_trained(self._job.target, trained)

    def _train(
        self, data: TrainingData, config: Any, run: Run, said: dict[str, Any]
    ) -> TrainedModel:
        from photoorg.models.registry import train_model

        return train_model(
            self._request.kind, data, config=config, run=run, training=said, versions=_versions()
        )

    def _finetune(
        self, data: TrainingData, config: Any, run: Run, said: dict[str, Any]
    ) -> TrainedModel:
        """Adapt the network, keep it beside its model, and calibrate that."""
        from photoorg.features.finetuned import load_finetuned, save_finetuned
        from photoorg.features.finetuned_files import network_name
        from photoorg.models.finetuning import finetune
        from photoorg.models.registry import complete_model

        if data.pixels is None:
            raise AssertionError("a library has photos")
        tuned = finetune(data, config, run)
        stem = self._job.target / NETWORK_STEM
        save_finetuned(stem, tuned.network, {name: said[name] for name in ("created", "source")})
        encoder = load_finetuned(stem)
        visual = np.zeros((len(data), encoder.dimension), dtype=np.float32)
        for start in range(0, len(data), _ENCODED_AT_ONCE):
            self._token.check()
            self._teller.stage("Looking at photos anew", start, len(data))
            rows = np.arange(start, min(start + _ENCODED_AT_ONCE, len(data)))
            visual[rows] = encoder.encode(data.pixels(rows))
        features = network_name(encoder.key)
        return complete_model(
            tuned.model,
            replace(data, visual=visual, visual_key=encoder.key),
            run.seed,
            training={**said, "features": features, "photos_per_second": round(tuned.rate, 2)},
            versions=_versions(),
        )

    # -- what is learned from ---------------------------------------------------------------
    def _material(self) -> _Material:
        if self._request.data is None:
            return _read_work(self._job.work, ModelKey(self._job.visual_key))
        from photoorg.features.registry import create_visual_encoder
        from photoorg.models.datasets import open_dataset
        from photoorg.models.photo_features import encode_photos

        found = open_dataset(self._request.data)
        encoder = create_visual_encoder(self._request.features, files=self._job.files)
        visual = encode_photos(
            found.paths,
            encoder,
            cache=self._job.features_cache,
            label="Looking at photos",
            progress=self._teller.progress,
            token=self._token,
        )
        tags = (
            tuple(dict.fromkeys((*own, *labels)))
            for own, labels in zip(found.tags, found.labels, strict=True)
        )
        return _Material(visual, encoder.key, tuple(tags), found.captions, found.paths)

    def _take_up(self, material: _Material) -> tuple[EpochReport, ...]:
        """Return the passes that an earlier run has done on the same photos and words.

        What is left of a run on others is deleted.
        """
        from photoorg.jobs.model_store import write_json

        folder = self._job.unfinished
        mark = {"material": material.digest()}
        if _read_json(folder / _DATA) != mark:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(folder / _DATA, mark)
        return _past_reports(folder)

    def _text(self, documents: Sequence[Document]) -> TextVectors:
        """Train the text vectors, or take those that an earlier run of this training made."""
        from photoorg.features.words.registry import (
            load_text_vectors,
            save_text_vectors,
            train_text_vectors,
        )

        stem = self._job.unfinished / TEXT
        # Damaged or of another program version: they are made anew, which costs time only.
        with contextlib.suppress(ModelFileProblem):
            return load_text_vectors(stem)
        if not any(documents):
            raise UsageProblem(
                "None of these photos has a tag or caption to learn from.",
                "Tag some photos first, or accept suggestions.",
            )
        stage = "Learning what your words mean"
        self._teller.stage(stage)
        text = train_text_vectors(
            self._request.text,
            documents,
            seed=self._request.seed,
            token=self._token,
            on_epoch=lambda done, total: self._teller.stage(stage, done, total),
        )
        save_text_vectors(stem, text, training={"documents": len(documents)})
        return text

    def _config(self) -> Any:
        from photoorg.models.registry import default_config, with_epochs

        if self._request.finetune:
            from photoorg.models.finetuning import FinetuningConfig

            return with_epochs(FinetuningConfig(), self._request.epochs)
        return with_epochs(default_config(self._request.kind), self._request.epochs)

    def _pass(self, report: EpochReport, past: tuple[EpochReport, ...]) -> None:
        """Tell of a pass; where the first one is not number 1, an earlier run was taken up."""
        earlier: tuple[EpochReport, ...] = ()
        if not self._reports and report.epoch > 1:
            earlier = tuple(each for each in past if each.epoch < report.epoch)
        self._reports.extend((*earlier, report))
        self._teller.passed(report, earlier)
        self._teller.stage("Training", report.epoch, report.epochs)
        if report.epoch == report.epochs:
            self._teller.stage("Measuring")


def _read_work(work: Path, visual_key: ModelKey) -> _Material:
    """Read what the program gathered from the library."""
    tags, captions, files = [], [], []
    with (work / WORDS).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            tags.append(tuple(row["tags"]))
            captions.append(tuple(row["captions"]))
            files.append(Path(row["file"]))
    visual = np.fromfile(work / VISUAL, dtype=np.float32).reshape(len(files), -1)
    return _Material(visual, visual_key, tuple(tags), tuple(captions), tuple(files))


def _documents(
    material: _Material, learned: NDArray[np.bool_]
) -> tuple[tuple[str, ...], tuple[Document, ...], tuple[tuple[str, ...], ...] | None]:
    """Return (multi-word tags of the photos to learn from, what is said of each, its tags).

    Photos with captions alone are described by the words of these: their tags are then None.
    """
    from photoorg.features.words.normalise import Normaliser, learn_phrases

    phrases = learn_phrases([material.tags[row] for row in np.flatnonzero(learned)])
    normaliser = Normaliser(phrases)
    documents = tuple(
        normaliser.document(tags, captions)
        for tags, captions in zip(material.tags, material.captions, strict=True)
    )
    return phrases, documents, material.tags if any(material.tags) else None


def _past_reports(unfinished: Path) -> tuple[EpochReport, ...]:
    """Return the passes that the newest checkpoint knows of; none where it cannot be read."""
    from photoorg.features.storage import MANIFEST_SUFFIX, read_manifest

    found = sorted(
        unfinished.glob(f"{CHECKPOINT}*{MANIFEST_SUFFIX}"), key=lambda path: path.stat().st_mtime
    )
    if not found:
        return ()
    try:
        config = read_manifest(found[-1].with_suffix("")).config
        return tuple(EpochReport(**report) for report in config["reports"])
    except (ModelFileProblem, KeyError, TypeError):
        return ()


# -- photos -----------------------------------------------------------------------------------
def _side(config: object) -> int:
    """Return how large a model wants to see photos: the first such size in its configuration."""
    return _find_side(config) or _DEFAULT_SIDE


def _find_side(config: object) -> int | None:
    if not is_dataclass(config):
        return None
    side = getattr(config, "side", getattr(config, "input_size", None))
    if isinstance(side, int):
        return side
    parts = (getattr(config, field.name) for field in fields(config))
    return next((found for part in parts if (found := _find_side(part))), None)


def _pixels(files: tuple[Path, ...], side: int, work: Path) -> PixelSource:
    """Return a source of the photos as squares; what fits is decoded once, into a work file.

    Memory holds no more photos than are asked for at a time.
    """
    from photoorg.models.photo_features import load_images

    shape = (len(files), side, side, 3)
    keeps = int(np.prod(shape)) <= _PIXEL_CACHE_BYTES
    kept: NDArray[np.uint8] | None = None
    known = np.zeros(len(files), dtype=np.bool_)

    def read(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        parts = list(load_images([files[row] for row in rows.tolist()], side))
        return np.concatenate(parts) if parts else np.zeros((0, side, side, 3), dtype=np.uint8)

    def pixels(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        nonlocal kept
        if not keeps:
            return read(rows)
        if kept is None:
            kept = np.memmap(work / "pixels", dtype=np.uint8, mode="w+", shape=shape)
        missing = np.unique(rows[~known[rows]])
        for start in range(0, len(missing), 32):
            part = missing[start : start + 32]
            kept[part] = read(part)
            known[part] = True
        return np.array(kept[rows])

    return pixels


# -- small things -----------------------------------------------------------------------------
def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _versions() -> dict[str, str]:
    return dict(_installed())


def _installed() -> Iterator[tuple[str, str]]:
    for name in _VERSIONS:
        with contextlib.suppress(PackageNotFoundError):
            yield name, version(name)
