"""Fine-tuning the network itself, on two dozen tiny photos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features.finetuned import load_finetuned, save_finetuned
from photoorg.features.registry import create_visual_encoder
from photoorg.models.finetuning import FinetuningConfig, augmented, finetune, read, squashed
from photoorg.models.schedule import Run, Schedule
from photoorg.models.text_regression import TextRegression, TextRegressionConfig

TINY = FinetuningConfig(
    input_size=64,
    schedule=Schedule(epochs=2, batch=12, optimiser="sgd", learning_rate=1e-3),
)


@pytest.fixture(scope="module")
def data():
    return tagged_photos(24, side=64)


def test_the_papers_optimiser():
    schedule = FinetuningConfig().schedule
    assert (schedule.optimiser, schedule.learning_rate, schedule.momentum) == ("sgd", 1e-3, 0.9)
    assert schedule.batch == 120


def test_crops_and_mirrors():
    photos = torch.arange(64.0).reshape(1, 1, 8, 8).expand(6, 3, 8, 8)
    found = augmented(photos, 7, torch.Generator().manual_seed(0))
    assert found.shape == (6, 7, 7, 3)
    rows = found[:, 0, :, 0].int()
    steps = {int(row[1] - row[0]) for row in rows}
    assert steps == {1, -1}  # some are mirrored
    assert len({int(row.min()) for row in rows}) > 1  # from more than one place
    assert torch.equal(found, augmented(photos, 7, torch.Generator().manual_seed(0)))


def test_network_and_head_learn_and_are_saved(data, tmp_path):
    reports = []
    found = finetune(data, TINY, Run(on_epoch=reports.append))
    assert len(reports) == 2
    assert reports[1].loss < reports[0].loss
    assert found.rate > 0
    save_finetuned(tmp_path / "network", found.network)
    encoder = load_finetuned(tmp_path / "network", device="cpu")
    assert encoder.key == found.model.visual_key
    photo = np.full((1, 260, 260, 3), 90, dtype=np.uint8)
    vectors = encoder.encode(photo)
    embedded = found.model.embed_images(vectors)
    assert embedded.shape == (1, data.text_rows.shape[1])
    assert np.isfinite(embedded).all()


def test_over_the_network_s_own_vectors_it_begins_with_the_head_that_suits_them(data):
    """Small steps from there do not lose what the head alone has learned."""
    photos = squashed(read(data.pixels, np.arange(len(data))), 260).numpy()
    encoder = create_visual_encoder(device="cpu")
    own = replace(data, visual=encoder.encode(photos), visual_key=encoder.key)
    schedule = Schedule(epochs=1, batch=24, optimiser="sgd", learning_rate=1e-6)
    config = FinetuningConfig(input_size=64, schedule=schedule)
    alone = TextRegression.fit(own, TextRegressionConfig(), Run())
    found = finetune(own, config, Run()).model.embed_images(own.visual)
    expected = alone.embed_images(own.visual)
    assert (found * expected).sum(axis=1).min() > 0.99
    drawn = finetune(data, config, Run()).model.embed_images(own.visual)
    assert (drawn * expected).sum(axis=1).mean() < 0.5


def test_photos_must_be_at_hand():
    with pytest.raises(UsageProblem, match="photos themselves"):
        finetune(tagged_photos(12), TINY, Run())


def test_cancelling(data):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        finetune(data, TINY, Run(token=token))
