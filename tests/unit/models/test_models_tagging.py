from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tagged_photos import TEXT, tagged_photos

from photoorg.core.errors import ModelFileProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest, ModelFile
from photoorg.models.base import Observations
from photoorg.models.cross_modal import CrossModalConfig, CrossModalI
from photoorg.models.metrics import calibration_error, mean_average_precision
from photoorg.models.schedule import Run, Schedule
from photoorg.models.tagging import TagTable, _logistic, fit_tag_table

RNG = np.random.default_rng(0)
CONFIG = CrossModalConfig(schedule=Schedule(epochs=20, batch=64, learning_rate=0.01))


def fitted(data):
    model = CrossModalI.fit(data, CONFIG, Run())
    return model, fit_tag_table(model, data)


def test_the_calibration_is_logistic_regression():
    x = RNG.normal(size=(2000, 2))
    truth = RNG.random(2000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] + 0.5 * x[:, 1] - 1)))
    reference = LogisticRegression(C=1e6).fit(x, truth)
    assert np.allclose(
        _logistic(x, truth), [*reference.coef_[0], reference.intercept_[0]], atol=1e-3
    )


def test_a_score_that_misleads_is_left_out_and_the_rest_fitted_without_it():
    x = RNG.normal(size=(2000, 2))
    truth = RNG.random(2000) < 1 / (1 + np.exp(-(x[:, 0] - 2 * x[:, 1])))
    slope, misleading, offset = _logistic(x, truth)
    assert misleading == 0
    reference = LogisticRegression(C=1e6).fit(x[:, :1], truth)
    assert np.allclose([slope, offset], [reference.coef_[0, 0], reference.intercept_[0]], atol=1e-3)


def test_scant_evidence_stays_near_to_what_is_usual():
    x = np.array([[2.0], [1.5], [-1.0], [-2.0]])
    truth = np.array([True, True, False, False])  # one line parts them, however steep
    weak, cautious = _logistic(x, truth), _logistic(x, truth, (0.5, 0.0), 3.0)
    assert weak[0] > 3
    assert 0.5 < cautious[0] < 1
    many = np.tile(x, (2000, 1)) + 0.8 * RNG.normal(size=(8000, 1))
    true = RNG.random(8000) < 1 / (1 + np.exp(-2 * many[:, 0]))
    assert _logistic(many, true, (0.5, 0.0), 3.0)[0] == pytest.approx(2, abs=0.1)


class KnowsByHeart:
    """Knows the tags of all photos of a library, and of no other."""

    def __init__(self, data) -> None:
        self._data = data
        names = data.vocabulary()
        self._carried = data.tag_matrix(names, np.arange(len(data)))

    def tag_scores(self, seen, tags):
        known = {row.tobytes(): place for place, row in enumerate(self._data.visual)}
        noise = np.random.default_rng(2).normal(size=(len(seen), len(tags)))
        places = [known[row.tobytes()] for row in seen.visual]
        return (self._carried[places] + 0.1 * noise).astype(np.float32)

    def embed_images(self, visual):
        return np.ones((len(visual), 2), np.float32)

    def embed_texts(self, text):
        return np.ones((len(text), 2), np.float32)


@pytest.mark.parametrize("photos", [6, 12])
def test_next_to_no_evidence_makes_nothing_sure(photos):
    words = tuple(f"word{number}" for number in range(40))
    said = np.random.default_rng(1).permuted(np.tile(words, (photos, 1)), axis=1)[:, :6]
    data = tagged_photos(words=words, tags=said.tolist())
    table = fit_tag_table(KnowsByHeart(data), data)
    if not len(data.validation_rows):
        assert table.calibration.tolist() == [0.5, 1.0, 0.0]
    scores = table.mean + 2 * table.deviation * RNG.choice([-1, 1], size=(50, len(table.names)))
    found = table.probabilities(scores.astype(np.float32))
    assert found[:, table.log_odds < 0].max() < 0.95


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_true_or_all_false_is_finite(share):
    weights = _logistic(RNG.normal(size=(40, 2)), np.full(40, bool(share)))
    assert np.isfinite(weights).all()
    assert (weights[-1] > 0) == bool(share)


def test_probabilities_are_calibrated_and_rank_tags():
    data = tagged_photos(1000)
    model, table = fitted(data)
    fresh = tagged_photos(600, seed=5)
    probabilities = table.probabilities(
        model.tag_scores(Observations(visual=fresh.visual), table.vectors)
    )
    truth = fresh.tag_matrix(table.names, np.arange(600))
    assert probabilities.dtype == np.float32
    assert calibration_error(probabilities, truth) < 0.06
    assert mean_average_precision(probabilities, truth)[0] > 0.8
    assert abs(probabilities.mean() - truth.mean()) < 0.05


def test_the_table_holds_what_the_training_photos_say():
    data = tagged_photos(200)
    model, table = fitted(data)
    rows = data.training_rows
    scores = model.tag_scores(Observations(visual=data.visual[rows]), table.vectors)
    share = data.tag_matrix(table.names, rows).mean(axis=0)
    assert table.names == data.vocabulary()
    assert np.allclose(table.mean, scores.mean(axis=0), atol=1e-5)
    assert np.allclose(table.deviation, scores.std(axis=0), atol=1e-5)
    assert np.allclose(1 / (1 + np.exp(-table.log_odds)), share, atol=0.01)
    assert np.all(np.diff(table.log_odds) <= 0)
    assert (table.calibration[:2] >= 0).all()
    assert table.relevance[0] > 0


def test_more_likeness_is_more_relevance():
    _, table = fitted(tagged_photos(200))
    relevance = table.relevance_of(np.linspace(-1, 1, 9, dtype=np.float32))
    assert (np.diff(relevance) >= 0).all()
    assert relevance[0] < 0.1 < relevance[-1] <= 1


def test_a_tag_without_a_vector_is_never_suggested():
    said = [["dog", "beach"] if n % 2 else ["city", "food"] for n in range(60)]
    data = tagged_photos(tags=said)
    data = replace(data, tags=tuple((*each, "IMG_0042") for each in said))
    model, table = fitted(data)
    assert table.names[0] == "IMG_0042"
    assert table.known.tolist() == [False, True, True, True, True]
    probabilities = table.probabilities(
        model.tag_scores(Observations(visual=data.visual), table.vectors)
    )
    assert not probabilities[:, 0].any()
    assert (probabilities[:, 1:] > 0).all()


def table_file(tensors=None, tags=None) -> ModelFile:
    _, table = fitted(tagged_photos(60))
    said = {"tags": list(table.names) if tags is None else tags}
    manifest = Manifest("cross-modal-1", ModelKey("v"), ModelKey("t"), said)
    return ModelFile(manifest, {**table.tensors(), **(tensors or {})})


def test_stored_and_taken_is_the_same():
    file = table_file()
    table = TagTable.take(file, TEXT)
    assert table.names == tuple(file.manifest.config["tags"])
    assert all(np.array_equal(each, file.tensors[name]) for name, each in table.tensors().items())
    assert table.known.dtype == np.bool_


@pytest.mark.parametrize("tags", ["dog", [1, 2], None, ["dog"], {}])
def test_names_that_do_not_fit_are_refused(tags):
    file = table_file()
    said = {} if tags is None else {"tags": tags}
    with pytest.raises(ModelFileProblem):
        TagTable.take(ModelFile(replace(file.manifest, config=said), file.tensors), TEXT)


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("tags.vectors", np.zeros((6, TEXT + 1), np.float32)),
        ("tags.deviation", np.zeros(6, np.float32)),
        ("tags.known", np.zeros(5, np.bool_)),
        ("tags.calibration", np.zeros(2, np.float32)),
    ],
)
def test_forged_tables_are_refused(name, forged):
    with pytest.raises(ModelFileProblem):
        TagTable.take(table_file({name: forged}), TEXT)
