from __future__ import annotations

import json

import numpy as np
import pytest
from colour_world import setting_of, write_captioned, write_labelled
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from scipy.stats import spearmanr

from photoorg.core.errors import UsageProblem
from photoorg.evaluation.relatedness import evaluate_relatedness, extremes_table
from photoorg.evaluation.word_pairs import BENCHMARKS, Benchmark, read_benchmarks, spearman
from photoorg.evaluation.word_spaces import BOVW, CNN_MAX, CNN_MEAN, WordSpace
from photoorg.features.words.normalise import Normaliser


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def write_pairs(data, lines="red\tblue\t3.5\nballs\tred\t40\nunicorn\tgreen\t1\n"):
    for name in BENCHMARKS.values():
        (data / "relatedness").mkdir(exist_ok=True)
        (data / "relatedness" / name).write_text(lines)


@pytest.fixture
def world(tmp_path, rng):
    photos = {
        f"{number}.png": (
            "train" if number % 4 else "dev",
            [("red", "green", "blue")[number % 3]],
            [f"a {('red', 'green', 'blue')[number % 3]} ball", "balls on the grass"],
        )
        for number in range(24)
    }
    write_captioned(tmp_path / "flickr8k", photos, rng)
    labels = {f"c{number}.png": [("red", "blue")[number % 2]] for number in range(12)}
    write_labelled(tmp_path / "coco", labels, rng)
    write_pairs(tmp_path)
    return tmp_path


def test_the_protocol_prints_table_one_and_draws_alpha(world):
    report = evaluate_relatedness(setting_of(world, plots=world / "plots"))
    answer = json.loads(json.dumps(report.to_json()))
    assert answer["photos"] == 36
    first = {row.name: row.figures for row in report.tables[0].rows}
    assert first["MEN"]["pairs"] == 3
    assert first["MEN-Relevant"]["pairs"] == 2  # nobody photographed the unicorn
    assert first["MEN"]["CNN-Mean"] is None
    assert -1 <= first["MEN-Relevant"]["CNN-Mean"] <= 1
    assert first["MEN"].keys() >= {"linguistic", "multimodal BOVW", "multimodal CNN-Max"}
    assert report.tables[0].rows[0].paper["multimodal CNN-Mean"] == 0.71
    assert sorted(path.name for path in (world / "plots").iterdir()) == sorted(answer["plots"])
    curve = {row.name: row.figures for row in report.tables[2].rows}["MEN, skip-gram"]
    assert curve["alpha 1"] == pytest.approx(first["MEN"]["linguistic"])
    assert curve["best"] >= curve["alpha 0.5"]


def test_pairs_that_are_missing_or_cut_are_told(world):
    write_pairs(world, "red\tblue\t3.5\nred\tgr")
    with pytest.raises(UsageProblem, match="Line 2"):
        read_benchmarks(world, Normaliser())
    (world / "relatedness" / BENCHMARKS["W353"]).unlink()
    write_pairs(world.parent, "a\tb\t1\n")
    with pytest.raises(UsageProblem, match="no word pairs"):
        read_benchmarks(world / "coco", Normaliser())


def test_words_are_lemmatised(world):
    assert read_benchmarks(world, Normaliser())[0].pairs[1] == ("ball", "red")


values = st_numpy.arrays(np.float64, 12, elements=st.integers(-3, 3).map(float))


@given(values, values)
def test_spearman_agrees_with_scipy(one, other):
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert np.isnan(spearman(one, other))
    else:
        assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


def test_spearman_by_hand():
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    assert spearman(np.array([1, 5, 5, 9.0]), np.array([1, 2, 3, 4.0])) == pytest.approx(
        4.5 / np.sqrt(4.5 * 5)
    )
    assert spearman(np.array([1, 2, 3.0]), np.array([3, 2, 1.0])) == -1


@pytest.fixture
def space(rng):
    def unit(rows, columns):
        matrix = rng.normal(size=(rows, columns)).astype(np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    looks = unit(4, 5)
    looks[3] = 0
    return WordSpace(
        ("ball", "grass", "red", "unicorn"),
        unit(4, 3),
        {BOVW: looks, CNN_MEAN: looks, CNN_MAX: looks},
        frozenset({"ball", "grass", "red"}),
    )


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_alpha_and_concatenation_agree_with_numpy(space, alpha):
    pairs = Benchmark("pairs", (("ball", "red"), ("grass", "unicorn")), np.array([1.0, 2.0]))
    found = space.scores(pairs, space.multimodal(CNN_MEAN, alpha))
    for score, (a, b) in zip(found, ((0, 2), (1, 3)), strict=True):
        rows = [
            np.concatenate([alpha * space.linguistic[r], (1 - alpha) * space.visual[CNN_MEAN][r]])
            for r in (a, b)
        ]
        norms = np.linalg.norm(rows[0]) * np.linalg.norm(rows[1])
        assert score == pytest.approx(rows[0] @ rows[1] / norms if norms else 0.0, abs=1e-6)


def test_words_without_photos_are_not_relevant(space):
    pairs = Benchmark("pairs", (("ball", "red"), ("grass", "unicorn")), np.array([1.0, 2.0]))
    left = pairs.among(space.seen, "relevant")
    assert (left.pairs, left.gold.tolist()) == ((("ball", "red"),), [1.0])


def test_extremes_are_the_pairs_whose_ranks_differ_least_and_most(space):
    words = ("ball", "grass", "red")
    pairs = tuple((a, b) for a in words for b in words)
    gold = np.arange(len(pairs), dtype=float)
    table = extremes_table(space, Benchmark("pairs", pairs, gold))
    gaps = [abs(row.figures["system"] - row.figures["gold"]) for row in table.rows]
    assert gaps == sorted(gaps)
    assert len({row.name for row in table.rows}) == len(pairs)
