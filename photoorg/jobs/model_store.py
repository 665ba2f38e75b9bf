"""The trained models of a library: a folder for each, and which one is in use.

Below the catalog's folder `models`: a folder for each model, `active.json` with the one in use,
`features` with the visual encoders that were learned, and `unfinished` with what is kept of
trainings that were stopped. A model appears there whole or not at all. A network that was adapted
to photos comes with the model that it was adapted for, and stays while any model needs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from photoorg.core.errors import (
    EnvironmentProblem,
    ModelFileProblem,
    PhotoorgError,
    UsageProblem,
)
from photoorg.core.modelling import STARTER_ID, ModelInfo, TrainingRequest
from photoorg.core.paths import resource_path
from photoorg.features.finetuned_files import (
    adopt_network,
    find_network,
    forget_network,
    is_network,
    network_name,
    read_network,
)
from photoorg.features.storage import read_manifest
from photoorg.jobs.leftovers import working_folder
from photoorg.jobs.model_archive import (
    FILES,
    NETWORK_FILES,
    NETWORK_STEM,
    STEMS,
    pack_model,
    unpack_model,
)

if TYPE_CHECKING:
    from photoorg.core.ids import ModelKey
    from photoorg.features.storage import Manifest
    from photoorg.features.visual import VisualFiles
    from photoorg.models.registry import TrainedModel

ACTIVE = "active.json"
UNFINISHED = "unfinished"
NEW = ".new"
"""Prefix of folders in which models are put together."""

_MODEL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,60}-\d{8}-\d{6}(-\d+)?\Z")
_MAX_ACTIVE_BYTES = 4096
_MOST = 10**12
"""Of anything that a model counts."""

_Stamp: TypeAlias = tuple[tuple[int, int], ...]


class ModelStore:
    """The models below one folder. Safe to use from several threads at once.

    Args:
        folder: see `CatalogPaths.models`.
        files: where visual encoders look for their files.
    """

    def __init__(self, folder: Path, files: VisualFiles) -> None:
        self.folder = folder
        self._files = files
        self._lock = threading.Lock()  # guards moving folders into place, and the one below
        self._checked: dict[str, tuple[_Stamp, str]] = {}

    # -- what there is ----------------------------------------------------------------------
    def infos(self) -> list[ModelInfo]:
        """Return all models, the starter first, then the newest; damaged ones say what is wrong."""
        found = [self._describe(model_id) for model_id in self._ids()]
        found.sort(key=lambda info: (info.created, info.model_id), reverse=True)
        chosen = self.chosen
        usable = {info.model_id for info in found if not info.problem}
        active = chosen if chosen in usable else STARTER_ID
        return [
            replace(info, active=info.model_id == active) for info in (_describe_starter(), *found)
        ]

    def path(self, model_id: str) -> Path:
        """Return the folder of a model.

        Raises:
            UsageProblem: there is none of that name, or it is the starter, which has no folder.
        """
        if model_id == STARTER_ID:
            raise UsageProblem("The starter model came with photoorg and stays as it is.")
        if model_id not in self._ids():
            raise UsageProblem(
                f"There is no model called {model_id!r}.", "List them with: photoorg models list"
            )
        return self.folder / model_id

    def load(self, model_id: str) -> TrainedModel:
        """Read a model.

        Raises:
            ModelFileProblem: it is damaged, forged or gone.
        """
        from photoorg.models.registry import load_trained

        if not _MODEL_ID.match(model_id) or not (self.folder / model_id).is_dir():
            raise ModelFileProblem(f"The model {model_id} is gone.")
        return load_trained(self.folder / model_id)

    def _ids(self) -> list[str]:
        """Return the names of the folders that hold models, whole or not."""
        try:
            return [
                entry.name
                for entry in self.folder.iterdir()
                if _MODEL_ID.match(entry.name) and entry.is_dir()
            ]
        except OSError:
            return []  # no model was ever trained; what cannot be read is said when it is written

    def _describe(self, model_id: str) -> ModelInfo:
        folder = self.folder / model_id
        try:
            manifest = read_manifest(folder / STEMS[0])
        except ModelFileProblem as problem:
            kind = model_id.rstrip("0123456789-")
            blank = ModelInfo(model_id, kind, _title(kind), "", "", "", 0, 0, "", _size(folder))
            return replace(blank, problem=problem.message)
        return replace(
            info_of(model_id, manifest), size=_size(folder), problem=self._problem(model_id)
        )

    def _problem(self, model_id: str) -> str:
        """Say why a model cannot be used, or ""; a folder that did not change is read once."""
        stamp = _stamp(self.folder / model_id)
        with self._lock:
            known = self._checked.get(model_id)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            self.load(model_id)
            problem = ""
        except PhotoorgError as error:
            problem = error.message
        with self._lock:
            self._checked[model_id] = (stamp, problem)
        return problem

    # -- which one is in use ----------------------------------------------------------------
    @property
    def chosen(self) -> str:
        """The model that the person chose; the starter where there is no readable word of it."""
        try:
            with (self.folder / ACTIVE).open("rb") as file:
                raw = json.loads(file.read(_MAX_ACTIVE_BYTES))
        except (OSError, ValueError, RecursionError):
            return STARTER_ID
        model_id = raw.get("model") if isinstance(raw, dict) else None
        return model_id if isinstance(model_id, str) and _MODEL_ID.match(model_id) else STARTER_ID

    def choose(self, model_id: str) -> None:
        """Remember which model is to be used; on disk when this returns.

        Raises:
            EnvironmentProblem: it cannot be written.
        """
        write_json(self.folder / ACTIVE, {"model": model_id})

    # -- coming and going -------------------------------------------------------------------
    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Give a folder to put a model together in, for `keep`; deleted where that is not called.

        Raises:
            EnvironmentProblem: it cannot be made.
        """
        with working_folder(self.folder, NEW) as folder:
            yield folder

    def keep(self, folder: Path) -> ModelInfo:
        """Take a complete folder in as a model of its own, with its adapted network if it has one.

        Raises:
            ModelFileProblem: it does not hold a model, or the network is damaged or another one.
            EnvironmentProblem: it cannot be moved into place.
        """
        manifest = read_manifest(folder / STEMS[0])
        created = _moment(manifest.training.get("created")) or datetime.now().astimezone()
        wanted = f"{manifest.kind}-{created:%Y%m%d-%H%M%S}"
        if not _MODEL_ID.match(wanted):
            raise ModelFileProblem(f"No model is of the kind “{manifest.kind}”.")
        if (folder / NETWORK_FILES[-1]).exists():
            self._take_network(folder / NETWORK_STEM, manifest)
        with self._lock:
            model_id, number = wanted, 1
            while (self.folder / model_id).exists():
                number += 1
                model_id = f"{wanted}-{number}"
            try:
                folder.rename(self.folder / model_id)
            except OSError as error:
                raise EnvironmentProblem(
                    f"The model cannot be moved to {self.folder / model_id} ({error.strerror}).",
                    "Mend the permissions of that folder.",
                ) from error
        return self._describe(model_id)

    def _take_network(self, stem: Path, manifest: Manifest) -> None:
        """Take in the network that a new model needs, unless it is here already.

        Raises:
            ModelFileProblem: it is damaged, or not the one that the model needs.
            EnvironmentProblem: it cannot be moved into place.
        """
        key = read_network(stem).manifest.visual_key
        if (key, network_name(key)) != (manifest.visual_key, features_of(manifest)):
            raise ModelFileProblem(
                f"the network in it, “{key}”, is not the one that its model needs,"
                f" “{manifest.visual_key}” of “{features_of(manifest)}”."
            )
        if self._files.learned is None:
            raise AssertionError("a library has a folder for encoders")
        adopt_network(stem, self._files.learned)

    def delete(self, model_id: str) -> ModelKey | None:
        """Delete a model; where it was the chosen one, the starter is.

        Returns:
            What the vectors of the model's adapted network are stored under, where no other model
            needs it: it is deleted too. None otherwise.

        Raises:
            UsageProblem: it is the starter, or there is no such model.
            EnvironmentProblem: it cannot be deleted.
        """
        folder = self.path(model_id)
        key = self._needs_network(model_id)
        if self.chosen == model_id:
            self.choose(STARTER_ID)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise EnvironmentProblem(
                f"The model {model_id} cannot be deleted ({error.strerror}).",
                f"Mend the permissions of {folder}.",
            ) from error
        if key is None or key in {self._needs_network(other) for other in self._ids()}:
            return None
        forget_network(network_name(key), self._files)
        return key

    def _needs_network(self, model_id: str) -> ModelKey | None:
        """Return the key of the adapted network that a model takes its vectors from, if any."""
        try:
            key = read_manifest(self.folder / model_id / STEMS[0]).visual_key
        except ModelFileProblem:
            return None  # it is damaged, and listed so: it can do nothing with a network
        return key if is_network(key) else None

    def export_to(self, model_id: str, file: Path) -> None:
        """Write a model as one file, with the adapted network that it needs.

        Raises:
            UsageProblem: there is no such model, or no place of that name.
            ModelFileProblem: it is damaged.
            WeightsMissing: its network is gone.
            EnvironmentProblem: the file cannot be written.
        """
        folder = self.path(model_id)
        self.load(model_id)  # nobody is helped by a file that cannot be imported
        key = self._needs_network(model_id)
        network = None if key is None else find_network(network_name(key), self._files)
        pack_model(folder, file, network)

    def import_from(self, file: Path) -> ModelInfo:
        """Take in a model that was exported.

        Raises:
            ModelFileProblem: it is none, damaged or forged, or made for features unknown here.
            EnvironmentProblem: the models' folder cannot be written.
        """
        from photoorg.models.registry import load_trained

        with self.new_folder() as folder:
            unpack_model(file, folder)
            try:
                trained = load_trained(folder)
                if not (folder / NETWORK_FILES[-1]).exists():
                    _demand_features(trained.manifest, self._files)
                return self.keep(folder)
            except ModelFileProblem as problem:
                # The folder it was unpacked to says nothing to a person.
                message = problem.message.replace(f"{folder}{os.sep}", "").replace(
                    folder.name, file.name
                )
                raise ModelFileProblem(
                    f"{file.name} cannot be taken in: {message}", problem.remedy
                ) from problem

    # -- unfinished trainings ---------------------------------------------------------------
    def unfinished(self, request: TrainingRequest) -> Path:
        """Return the folder in which a training keeps what it needs to go on.

        A request for more or fewer passes goes on with the same training.
        """
        raw = {**asdict(request), "epochs": None, "data": str(request.data or "")}
        text = json.dumps(raw, sort_keys=True)
        return self.folder / UNFINISHED / hashlib.sha256(text.encode()).hexdigest()[:24]

    def discard_unfinished(self, request: TrainingRequest) -> None:
        """Forget an unfinished training."""
        shutil.rmtree(self.unfinished(request), ignore_errors=True)


def info_of(model_id: str, manifest: Manifest) -> ModelInfo:
    """Return what a model's manifest says of it."""
    training = manifest.training
    return ModelInfo(
        model_id,
        manifest.kind,
        _title(manifest.kind),
        _text(training, "text") or str(manifest.config.get("text", "")),
        features_of(manifest),
        _text(training, "source"),
        _count(training, "photos"),
        _count(training, "tags"),
        _text(training, "created"),
        0,
        # A file from elsewhere may say anything: what is no percentage is no figure.
        {
            name: float(value)
            for name, value in manifest.metrics.items()
            if isinstance(value, int | float) and 0 <= value <= 100
        },
        held_out=_count(training, "held_out"),
        photos_per_second=_rate(training),
    )


def features_of(manifest: Manifest) -> str:
    """Return the name of the visual vectors that a model takes."""
    return _text(manifest.training, "features") or manifest.visual_key.partition(":")[0]


def write_json(path: Path, document: object) -> None:
    """Write a small file in one step; on disk when this returns.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written ({error.strerror}).",
            "Free some space, or mend the folder's permissions.",
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _describe_starter() -> ModelInfo:
    """Return the model that photoorg is shipped with."""
    blank = ModelInfo(
        STARTER_ID, STARTER_ID, "Starter model", "", "", "Came with photoorg", 0, 0, "", 0
    )
    try:
        path = resource_path("starter.json")
        manifest = read_manifest(path.with_suffix(""))
    except PhotoorgError as error:
        return replace(blank, problem=error.message)
    size = sum(path.with_suffix(suffix).stat().st_size for suffix in (".json", ".safetensors"))
    suggestion = manifest.metrics.get("labels_map_by_suggestion")
    return replace(
        blank,
        text=manifest.text_key.partition(":")[0],
        features=features_of(manifest),
        photos=_count(manifest.training, "captioned") + _count(manifest.training, "labelled"),
        tags=len(manifest.config.get("vocabulary", ())),
        size=size,
        metrics={"map": float(suggestion)} if isinstance(suggestion, int | float) else {},
    )


def _demand_features(manifest: Manifest, files: VisualFiles) -> None:
    """Refuse a model whose visual vectors nothing here can make.

    Raises:
        ModelFileProblem: its features are not known here, or other ones of the same name.
    """
    from photoorg.features.registry import visual_spec

    name = features_of(manifest)
    try:
        key = visual_spec(name, files).key
    except UsageProblem as problem:
        raise ModelFileProblem(
            f"it was made for the visual features “{name}”, which this photoorg does not know.",
            problem.remedy,
        ) from problem
    except EnvironmentProblem as problem:
        if not is_network(name):
            return  # known, but not ready on this machine yet: the model waits for them
        raise ModelFileProblem(
            f"it needs the network “{name}”, which is neither in it nor here.",
            "Export the model again.",
        ) from problem
    if key != manifest.visual_key:
        raise ModelFileProblem(
            f"it was made for other features: it says “{manifest.visual_key}”, “{key}” is here."
        )


def _title(kind: str) -> str:
    from photoorg.models.registry import model_kind

    try:
        return model_kind(kind).title
    except UsageProblem:
        return kind


def _text(training: Mapping[str, Any], name: str) -> str:
    value = training.get(name)
    return value if isinstance(value, str) else ""


def _count(training: Mapping[str, Any], name: str) -> int:
    value = training.get(name)
    return value if isinstance(value, int) and 0 <= value <= _MOST else 0


def _rate(training: Mapping[str, Any]) -> float:
    value = training.get("photos_per_second")
    return float(value) if isinstance(value, int | float) and 0 <= value <= _MOST else 0.0


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _stamp(folder: Path) -> _Stamp:
    """Return what changes when a model's files do."""
    found = []
    for name in FILES:
        try:
            state = (folder / name).stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((state.st_size, state.st_mtime_ns))
    return tuple(found)


def _size(folder: Path) -> int:
    return sum(size for size, _ in _stamp(folder))
