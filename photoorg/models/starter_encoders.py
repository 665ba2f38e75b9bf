"""`photoorg train starter --finetune`: trains the encoders under the starter model, and keeps them.

The heads are trained afterwards, on the new encoders' vectors: see `starter_training`.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from photoorg.core.errors import EnvironmentProblem
from photoorg.features.encoder_changes import KIND, read_changes, write_changes
from photoorg.features.storage import MANIFEST_SUFFIX
from photoorg.models.datasets import CAPTIONS, LABELS, dataset_folder, read_captions, read_labels
from photoorg.models.encoder_training import EncoderConfig, EncoderData, train_encoders
from photoorg.models.encoder_views import read_views
from photoorg.models.holdout import Part, captioned_part_of, part_of
from photoorg.models.starter_corpus import five_captions, read_class_names, read_corpus
from photoorg.models.starter_inputs import fit_inputs
from photoorg.models.starter_training import THREADS, VIEWS, library_versions, training_data
from photoorg.models.vocabulary import read_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from photoorg.core.progress import CancelToken
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import Classifier, VisualEncoder
    from photoorg.models.photo_features import ProgressListener
    from photoorg.models.starter_corpus import Corpus

    Changes = Mapping[str, NDArray[np.float32]]

_CAPTIONED_CROPS, _LABELLED_CROPS = 3, 1


def finetune_encoders(
    data: Path,
    output: Path,
    *,
    visual: VisualEncoder,
    text: TextEncoder,
    classifier: Classifier,
    cache: Path | None = None,
    config: EncoderConfig | None = None,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> None:
    """Train the encoders' ends and write what changed in them.

    Args:
        data: folder with `flickr8k`, `coco` and `imagenet`.
        output: folder for `encoders.safetensors` and `encoders.json`.
        visual: the packaged visual encoder.
        text: the packaged text encoder.
        classifier: of the same network as `visual`.
        cache: folder where vectors, activations (2 GB) and finished runs are kept; None keeps none.
        config: by default what the shipped encoders were trained with.
        seed: of everything that the first run draws at random.
        progress: hears how far the work is.
        token: lets the caller stop.

    Raises:
        UsageProblem: the data is missing or malformed.
        EnvironmentProblem: the output or the cache cannot be written.
        Cancelled: the caller cancelled.
    """
    corpus = read_corpus(data, visual, text, VIEWS, cache=cache, progress=progress, token=token)
    config = config or EncoderConfig()
    threads = torch.get_num_threads()
    # Sums are split over threads, so their number is part of what makes the same bytes.
    torch.set_num_threads(THREADS)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = cache or Path(scratch)
            gathered = _gather(data, corpus, classifier, folder, seed, progress, token)
            # The heads of each run have training data that are drawn by its seed.
            seen, read = train_runs(
                lambda run: replace(
                    gathered,
                    heads=training_data(
                        corpus, gathered.inputs, classifier, np.random.default_rng(run)
                    ),
                ),
                folder,
                config,
                seed=seed,
                progress=progress,
                token=token,
            )
    except OSError as error:
        raise EnvironmentProblem(
            f"The photos' activations cannot be kept ({error.strerror}).", "Free some space."
        ) from error
    finally:
        torch.set_num_threads(threads)
    training = {
        "captioned": len(gathered.captioned),
        "labelled": len(gathered.labelled),
        "views": [len(gathered.captioned.maps), len(gathered.labelled.maps)],
        "seed": seed,
        **asdict(config),
    }
    write_changes(output / KIND, seen, read, training=training, versions=library_versions())


def train_runs(
    data: Callable[[int], EncoderData],
    folder: Path,
    config: EncoderConfig,
    *,
    seed: int = 0,
    progress: ProgressListener | None = None,
    token: CancelToken | None = None,
) -> tuple[Changes, Changes]:
    """Train the encoders from several seeds and return the mean changes of both.

    What a run changed is kept as the resource is, and found again by the next call: after a stop,
    work goes on with the run that was not finished.

    Args:
        data: makes what the run with a seed learns from.
        folder: where runs are kept.
        config: says how many.
        seed: of the first run; each further one has the next number.
        progress: hears how far each run is.
        token: lets the caller stop.

    Raises:
        EnvironmentProblem: the folder cannot be written.
        ModelFileProblem: a run that was kept is damaged.
        Cancelled: the caller cancelled.
    """
    runs = []
    for number in range(config.runs):
        learned_from = data(seed + number)
        stem = folder / f"{KIND}-{_fingerprint(learned_from, config)}-{seed + number}"
        if not stem.with_suffix(MANIFEST_SUFFIX).is_file():
            seen, read = train_encoders(
                learned_from,
                config,
                seed=seed + number,
                progress=progress and _counted(progress, number + 1, config.runs),
                token=token,
            )
            write_changes(
                stem, seen, read, training={"seed": seed + number}, versions=library_versions()
            )
        runs.append(read_changes(stem))
    return _mean([seen for seen, _ in runs]), _mean([read for _, read in runs])


def _mean(runs: Sequence[Changes]) -> Changes:
    return {
        name: np.asarray(
            np.mean([run[name] for run in runs], axis=0, dtype=np.float64), dtype=np.float32
        )
        for name in runs[0]
    }


def _counted(progress: ProgressListener, number: int, count: int) -> ProgressListener:
    """Tell progress with the run's number before the label."""
    return lambda told: progress(replace(told, label=f"Run {number} of {count}: {told.label}"))


def _fingerprint(data: EncoderData, config: EncoderConfig) -> str:
    """Name what a run depends on, besides its seed."""
    digest = hashlib.sha256(repr((replace(config, runs=1), library_versions())).encode())
    digest.update(repr((data.captions, data.words)).encode())
    digest.update(data.pooled.tobytes())
    return digest.hexdigest()[:16]


def _gather(
    data: Path,
    corpus: Corpus,
    classifier: Classifier,
    folder: Path,
    seed: int,
    progress: ProgressListener | None,
    token: CancelToken | None,
) -> EncoderData:
    captioned = read_captions(dataset_folder(data, CAPTIONS, "flickr8k")).part("train")
    labelled = read_labels(dataset_folder(data, LABELS, "coco"))
    rows = [
        row
        for row, path in enumerate(captioned.paths)
        if captioned_part_of(path.name) is Part.TRAINING
    ]
    inputs = fit_inputs(corpus, classifier)
    names = [
        *(word.name for word in read_vocabulary()),
        *(name for names in read_class_names(data / "imagenet") for name in names),
    ]
    return EncoderData(
        training_data(corpus, inputs, classifier, np.random.default_rng(seed)),
        inputs,
        classifier,
        read_views(
            [captioned.paths[row] for row in rows],
            folder,
            _CAPTIONED_CROPS,
            label="Looking at captioned photos",
            progress=progress,
            token=token,
        ),
        read_views(
            [path for path in labelled.paths if part_of(path.name) is Part.TRAINING],
            folder,
            _LABELLED_CROPS,
            label="Looking at labelled photos",
            progress=progress,
            token=token,
        ),
        np.concatenate([corpus.captioned.pooled[0], corpus.labelled.pooled[0]]),
        [five_captions(captioned.captions[row]) for row in rows],
        [phrase for name in dict.fromkeys(names) for phrase in (name, f"a photo of a {name}")],
    )
