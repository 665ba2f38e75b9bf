"""Fine-tuning the network itself, on two dozen tiny photos."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tagged_photos import tagged_photos

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.features.finetuned import load_finetuned, save_finetuned
from photoorg.models.finetuning import FinetuningConfig, augmented, finetune
from photoorg.models.schedule import Run, Schedule

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


def test_photos_must_be_at_hand():
    with pytest.raises(UsageProblem, match="photos themselves"):
        finetune(tagged_photos(12), TINY, Run())


def test_cancelling(data):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        finetune(data, TINY, Run(token=token))
