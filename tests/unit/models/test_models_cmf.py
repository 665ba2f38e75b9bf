"""Collective matrix factorisation against naive loops, and the contract."""

from __future__ import annotations

import itertools

import model_contract as contract
import numpy as np
import pytest
from tagged_photos import tagged_photos

from photoorg.core.errors import UsageProblem
from photoorg.models.base import Observations
from photoorg.models.cmf import (
    CmfConfig,
    CollectiveMatrixFactorisation,
    Matrix,
    collective_loss,
    folded_loss,
    solve_columns,
    solve_rows,
)
from photoorg.models.schedule import Run

PENALTY = 0.7
CONFIG = CmfConfig(factors=6)


@pytest.fixture
def problem():
    """Two matrices of 9 rows, some of them missing in each, and column factors to start from."""
    rng = np.random.default_rng(0)
    known = rng.random((2, 9)) < 0.7
    known[0, 0] = known[1, 0] = False
    cells = [rng.normal(size=(9, columns)) for columns in (5, 4)]
    matrices = [
        Matrix(cells[place] * known[place][:, None], known[place], weight)
        for place, weight in enumerate((0.5, 2.0))
    ]
    return matrices, [rng.normal(size=(columns, 3)) for columns in (5, 4)]


def naive_loss(matrices, units, columns):
    total = PENALTY * sum((factor**2).sum() for factor in (units, *columns))
    for matrix, factor in zip(matrices, columns, strict=True):
        for row in range(9):
            for column in range(len(factor)):
                if matrix.known[row]:
                    error = matrix.cells[row, column] - units[row] @ factor[column]
                    total += matrix.weight * error**2
    return total


def test_loss_is_that_of_a_naive_loop(problem):
    matrices, columns = problem
    units = np.random.default_rng(1).normal(size=(9, 3))
    found = collective_loss(matrices, units, columns, PENALTY)
    assert found == pytest.approx(naive_loss(matrices, units, columns))


def test_the_loss_of_other_photos_is_that_of_their_rows_and_a_share_of_the_columns(problem):
    matrices, columns = problem
    units = solve_rows(matrices, columns, PENALTY)
    of_columns = PENALTY * sum((factor**2).sum() for factor in columns)
    expected = (naive_loss(matrices, units, columns) - of_columns) / 9 + of_columns / 40
    assert folded_loss(matrices, columns, PENALTY, 40) == pytest.approx(expected)


def test_rows_solve_their_normal_equations(problem):
    matrices, columns = problem
    units = solve_rows(matrices, columns, PENALTY)
    for row in range(9):
        left, right = PENALTY * np.eye(3), np.zeros(3)
        for matrix, factor in zip(matrices, columns, strict=True):
            for column in range(len(factor)):
                if matrix.known[row]:
                    left += matrix.weight * np.outer(factor[column], factor[column])
                    right += matrix.weight * matrix.cells[row, column] * factor[column]
        assert np.allclose(units[row], np.linalg.solve(left, right))
    assert not units[0].any()  # nothing is known of it


def test_columns_solve_their_normal_equations(problem):
    matrices, columns = problem
    units = solve_rows(matrices, columns, PENALTY)
    found = solve_columns(matrices[1], units, PENALTY)
    for column in range(4):
        left, right = PENALTY * np.eye(3), np.zeros(3)
        for row in np.flatnonzero(matrices[1].known):
            left += matrices[1].weight * np.outer(units[row], units[row])
            right += matrices[1].weight * matrices[1].cells[row, column] * units[row]
        assert np.allclose(found[column], np.linalg.solve(left, right))


def test_the_loss_never_rises(problem):
    matrices, columns = problem
    units = solve_rows(matrices, columns, PENALTY)
    losses = [collective_loss(matrices, units, columns, PENALTY)]
    for _ in range(20):
        columns = [solve_columns(each, units, PENALTY) for each in matrices]
        losses.append(collective_loss(matrices, units, columns, PENALTY))
        units = solve_rows(matrices, columns, PENALTY)
        losses.append(collective_loss(matrices, units, columns, PENALTY))
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(losses))
    assert losses[-1] < 0.9 * losses[0]


@pytest.fixture(scope="module")
def data():
    return tagged_photos(200)


@pytest.fixture(scope="module")
def model(data):
    return CollectiveMatrixFactorisation.fit(data, CONFIG, Run())


def test_reports_fall(data):
    reports = []
    CollectiveMatrixFactorisation.fit(data, CONFIG, Run(on_epoch=reports.append))
    losses = [report.loss for report in reports]
    assert len(losses) > 2
    assert losses == sorted(losses, reverse=True)
    # Both are of one photo, so they can be compared.
    assert reports[-1].metrics["loss"] == pytest.approx(losses[-1], rel=0.5)


def test_photos_without_tags_take_part():
    tags = [["dog"], ["snow"], []] * 20
    data = tagged_photos(tags=tags)
    model = CollectiveMatrixFactorisation.fit(data, CONFIG, Run())
    fewer = tagged_photos(tags=tags[:2] * 20)
    other = CollectiveMatrixFactorisation.fit(fewer, CONFIG, Run())
    assert not np.allclose(model.tensors["visual.offset"], other.tensors["visual.offset"])
    assert model.embed_images(data.visual)[2].any()


def test_what_a_photo_says_is_predicted(model, data):
    rows = data.validation_rows
    expected = model.translate_image_to_text(data.visual[rows])
    mean = data.text_rows[data.training_rows].mean(axis=0)
    error = ((expected - data.text_rows[rows]) ** 2).mean()
    assert error < 0.9 * ((mean - data.text_rows[rows]) ** 2).mean()
    looks = model.translate_text_to_image(data.text_rows[rows])
    typical = data.visual[data.training_rows].mean(axis=0)
    error = ((looks - data.visual[rows]) ** 2).mean()
    assert error < 0.9 * ((typical - data.visual[rows]) ** 2).mean()


def test_both_modalities_decide_together(model, data):
    seen = Observations(visual=data.visual[:5], text=data.text_rows[:5])
    both = model.features(seen)
    assert not np.allclose(both, model.features(Observations(visual=data.visual[:5])))
    assert not np.allclose(both, model.features(Observations(text=data.text_rows[:5])))


@pytest.mark.parametrize(
    "wrong", [{"factors": 0}, {"text_weight": 1.5}, {"penalty": 0.0}, {"iterations": 0}], ids=str
)
def test_impossible_configurations(wrong):
    with pytest.raises(UsageProblem):
        CmfConfig(**wrong)


def test_contract(model, data, tmp_path):
    contract.check_same_after_loading(model, data, tmp_path / "model")
    contract.check_forged_files(model, tmp_path / "forged")
    contract.check_missing_modalities(model, data)
    contract.check_seed(CollectiveMatrixFactorisation, data, CONFIG)
    contract.check_cancelling(CollectiveMatrixFactorisation, data, CONFIG)


def test_odd_libraries():
    contract.check_odd_libraries("cmf", CONFIG)
