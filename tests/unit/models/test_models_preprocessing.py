from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from photoorg.core.errors import ModelFileProblem, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.features.storage import Manifest, ModelFile
from photoorg.models.learned import Seen, Sides
from photoorg.models.preprocessing import (
    Affine,
    Preprocessing,
    fit_scaling,
    standardise,
    whiten,
)

RNG = np.random.default_rng(3)
ROWS = (RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 6)) + 5).astype(np.float32)
SCALINGS = ("centre", "standardise", "pca", "whiten")
MANIFEST = Manifest("test", ModelKey("v"), ModelKey("t"))


def test_standardised_rows_have_no_mean_and_unit_variance():
    result = standardise(ROWS)(ROWS)
    assert np.allclose(result.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(result.std(axis=0), 1, atol=1e-5)


def test_whitened_rows_are_uncorrelated():
    fitted = whiten(ROWS, 4)
    assert fitted.dimension == 4
    assert np.allclose(np.cov(fitted(ROWS).T), np.eye(4), atol=1e-3)


def test_whitening_keeps_the_directions_of_most_variance():
    centred = (ROWS - ROWS.mean(axis=0)).astype(np.float64)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions[:3].T / (singular[:3] / np.sqrt(len(ROWS) - 1))
    result = whiten(ROWS, 3)(ROWS)
    signs = np.sign((expected * result).sum(axis=0))
    assert np.allclose(result, expected * signs, atol=1e-3)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_each_scaling_centres_to_a_mean_variance_of_one(scaling):
    result = fit_scaling(ROWS, scaling, 4)(ROWS)
    assert result.dtype == np.float32
    assert np.allclose(result.mean(axis=0), 0, atol=1e-4)
    assert result.var(axis=0).mean() == pytest.approx(1, abs=0.01)


def test_centring_and_all_principal_components_keep_distances():
    first, second = (fit_scaling(ROWS, each, 6)(ROWS) for each in ("centre", "pca"))
    for a, b in ((0, 1), (2, 9), (40, 41)):
        assert np.linalg.norm(first[a] - first[b]) == pytest.approx(
            np.linalg.norm(second[a] - second[b]), rel=2e-3
        )


@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_inverse_undoes_it(scaling):
    fitted = fit_scaling(ROWS, scaling, 6)
    assert np.allclose(fitted.inverse(fitted(ROWS)), ROWS, atol=1e-2)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_only_the_chosen_rows_are_fitted_and_mapped(scaling):
    among = np.arange(10, 200, 3)
    fitted = fit_scaling(ROWS, scaling, 4, among=among)
    alone = fit_scaling(ROWS[among], scaling, 4)
    assert np.array_equal(fitted.factor, alone.factor)
    assert np.allclose(fitted(ROWS, among), fitted(ROWS)[among], atol=1e-5)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("photos", [1, 2, 3])
def test_few_or_equal_photos_give_finite_numbers(scaling, photos):
    for rows in (ROWS[:photos], np.repeat(ROWS[:1], photos, axis=0)):
        fitted = fit_scaling(rows, scaling, 200)
        assert fitted.dimension >= 1
        mapped = fitted(ROWS)
        assert np.isfinite(mapped).all()
        assert np.abs(mapped).max() < 1e4
        assert np.isfinite(fitted.inverse(mapped)).all()


def test_of_three_photos_there_are_two_components():
    assert whiten(ROWS[:3], 200).dimension == 2


def test_a_constant_column_stays_at_zero():
    rows = ROWS.copy()
    rows[:, 2] = 7
    assert not standardise(rows)(rows)[:, 2].any()


def test_no_photos_or_no_components_are_said():
    for scaling in SCALINGS:
        with pytest.raises(UsageProblem, match="no photos"):
            fit_scaling(ROWS, scaling, 3, among=np.arange(0))
    with pytest.raises(UsageProblem, match="principal component"):
        whiten(ROWS, 0)
    with pytest.raises(UsageProblem, match="no scaling"):
        fit_scaling(ROWS, "minmax", 3)  # type: ignore[arg-type]


def test_many_photos_are_never_copied_whole():
    rows = np.random.default_rng(0).normal(size=(40_000, 64)).astype(np.float32)
    tracemalloc.start()
    try:
        fitted = whiten(rows, 8, among=np.arange(0, 40_000, 2))
        fitted(rows)
        standardise(rows)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < rows.nbytes


def test_inputs_are_zero_where_nothing_is_known():
    maps = Preprocessing(standardise(ROWS), whiten(ROWS, 3))
    has_visual = np.arange(len(ROWS)) % 2 == 0
    v, t = maps.inputs(Seen(ROWS, ROWS, has_visual, ~has_visual))
    assert not v[~has_visual].any()
    assert not t[has_visual].any()
    assert np.allclose(v[has_visual], maps.visual(ROWS)[has_visual])


SIDES = Sides(ModelKey("v"), 6, ModelKey("t"), 6)


def test_stored_and_taken_is_the_same():
    maps = Preprocessing(whiten(ROWS, 3), standardise(ROWS))
    again = Preprocessing.take(ModelFile(MANIFEST, maps.tensors()), SIDES)
    assert np.array_equal(again.visual(ROWS), maps.visual(ROWS))
    assert np.array_equal(again.text(ROWS), maps.text(ROWS))


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("visual.offset", np.zeros(5, np.float32)),
        ("visual.factor", np.ones((3, 5), np.float32)),
        ("visual.factor", np.zeros((3, 6), np.float32)),
        ("visual.factor", np.ones((0, 6), np.float32)),
        ("visual.factor", np.ones((3, 6, 1), np.float32)),
        ("text.factor", np.ones(7, np.float32)),
        ("text.factor", np.array([1, 1, 0, 1, 1, 1], np.float32)),
    ],
)
def test_forged_maps_are_refused(name, forged):
    tensors = {**Preprocessing(whiten(ROWS, 3), standardise(ROWS)).tensors(), name: forged}
    with pytest.raises(ModelFileProblem, match=name):
        Preprocessing.take(ModelFile(MANIFEST, tensors), SIDES)


def test_a_missing_map_is_refused():
    tensors = Affine(np.zeros(6, np.float32), np.ones(6, np.float32)).tensors("visual")
    with pytest.raises(ModelFileProblem, match=r"text\.offset"):
        Preprocessing.take(ModelFile(MANIFEST, tensors), SIDES)


def test_a_whitening_with_a_floor_keeps_small_components_small() -> None:
    rows = np.random.default_rng(0).normal(size=(5000, 3)) * [4.0, 2.0, 0.1]
    result = whiten(rows.astype(np.float32), 3, floor=0.5)(rows.astype(np.float32))
    variances = result.var(axis=0)
    expected = np.array([v / (v + 8.0) for v in (16.0, 4.0, 0.01)])
    assert variances == pytest.approx(expected / expected.mean(), rel=0.1)
