"""`photoorg train starter --finetune`: trains the encoders under the starter model, and keeps them.

The heads are trained afterwards, on the new encoders' vectors: see `starter_training`.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from photoorg.core.errors import EnvironmentProblem
from photoorg.features.encoder_changes import KIND, write_changes
from photoorg.models.datasets import CAPTIONS, LABELS, dataset_folder, read_captions, read_labels
from photoorg.models.encoder_training import EncoderConfig, EncoderData, train_encoders
from photoorg.models.encoder_views import read_views
from photoorg.models.holdout import Part, captioned_part_of, part_of
from photoorg.models.starter_corpus import five_captions, read_class_names, read_corpus
from photoorg.models.starter_inputs import fit_inputs
from photoorg.models.starter_training import THREADS, VIEWS, library_versions, training_data
from photoorg.models.vocabulary import read_vocabulary

if TYPE_CHECKING:
    from photoorg.core.progress import CancelToken
    from photoorg.features.text import TextEncoder
    from photoorg.features.visual import Classifier, VisualEncoder
    from photoorg.models.photo_features import ProgressListener
    from photoorg.models.starter_corpus import Corpus

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
        cache: folder where vectors and activations (2 GB) are kept between runs; None keeps none.
        config: by default what the shipped encoders were trained with.
        seed: of everything that is drawn at random.
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
            gathered = _gather(
                data, corpus, classifier, cache or Path(scratch), seed, progress, token
            )
            seen, read = train_encoders(gathered, config, seed=seed, progress=progress, token=token)
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
