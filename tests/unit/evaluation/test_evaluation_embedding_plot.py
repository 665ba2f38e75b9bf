from __future__ import annotations

import json

import numpy as np
import pytest
from colour_world import setting_of, write_captioned
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photoorg.core.errors import EnvironmentProblem
from photoorg.evaluation.embedding_plot import Distances, evaluate_embedding_plot, random_pairs
from photoorg.evaluation.photo_map import CANVAS, PHOTO, to_canvas, without_overlaps
from photoorg.evaluation.photo_sets import load_sets

THINGS = {"red": "car on the road", "green": "dog in the grass", "blue": "boat on the water"}


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    colours = list(THINGS)
    photos = {
        f"{number}.png": (
            "train" if number % 3 else "dev",
            [colour],
            [f"a {THINGS[colour]}", f"{THINGS[colour]} {number % 7}"],
        )
        for number, colour in enumerate(colours[(n // 2) % 3] for n in range(60))
    }
    return write_captioned(tmp_path / "flickr8k", photos, rng).parent


def test_figures_and_pictures(data, monkeypatch):
    monkeypatch.setattr("photoorg.evaluation.embedding_plot.SPACES", ("Word2Vec mean", "GloVe"))
    report = evaluate_embedding_plot(setting_of(data, plots=data / "plots"))
    answer = json.loads(json.dumps(report.to_json()))
    rows = {row["name"]: row for row in answer["rows"]}
    # Photos of the same colour have the same text: the distances go together.
    assert rows["Word2Vec mean"]["r2"] > 0.8
    assert rows["Word2Vec mean"]["0 shared"] > rows["Word2Vec mean"]["2 shared"]
    assert answer["plots"] == [
        "distances-word2vec-mean.png",
        "distances-glove.png",
        "map-word2vec-mean.png",
    ]
    with Image.open(data / "plots" / "map-word2vec-mean.png") as picture:
        assert picture.size == (CANVAS, CANVAS)
        counts = {colour: count for count, colour in picture.getcolors(CANVAS * CANVAS)}
    # Photos have one colour each, and are drawn whole or not at all.
    of_photos = [n for colour, n in counts.items() if max(colour) > 200 > min(colour) + 100]
    assert of_photos
    assert all(count % PHOTO**2 == 0 for count in of_photos)


def test_a_folder_that_cannot_be_written_is_told(data, monkeypatch):
    monkeypatch.setattr("photoorg.evaluation.embedding_plot.SPACES", ("Word2Vec mean",))
    (data / "plots").write_text("a file")
    with pytest.raises(EnvironmentProblem):
        evaluate_embedding_plot(setting_of(data, plots=data / "plots"))


def test_common_tags_are_words_that_two_captions_agree_on(data):
    (photos,) = load_sets(setting_of(data))
    assert set(photos.tags[0]) == {"car", "road"}
    shared = photos.shared_tags(np.array([0, 0]), np.array([1, 2]))
    assert shared.tolist() == [2, 0]


@given(st.integers(2, 9))
def test_pairs_are_of_different_photos_and_all_occur(photos):
    one, other = random_pairs(photos, 2000, seed=0)
    assert (one != other).all()
    assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == photos * (photos - 1)


def test_determination_agrees_with_a_fitted_line():
    rng = np.random.default_rng(0)
    text = rng.random(200).astype(np.float32)
    image = (0.3 * text + 0.1 * rng.random(200)).astype(np.float32)
    slope, offset = np.polyfit(text, image, 1)
    rest = sum((y - slope * x - offset) ** 2 for x, y in zip(text, image, strict=True))
    whole = sum((y - image.mean()) ** 2 for y in image)
    distances = Distances(text, image, np.zeros(200, dtype=np.int64))
    assert distances.determination == pytest.approx(1 - rest / whole, abs=1e-4)
    constant = Distances(text, np.ones(200, dtype=np.float32), np.zeros(200, dtype=np.int64))
    assert np.isnan(constant.determination)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30))
def test_nothing_that_is_drawn_shares_a_pixel_and_the_first_comes_first(places):
    corners = np.array(places, dtype=np.int64)
    sizes = [(7 + number % 3, 5) for number in range(len(places))]
    kept = without_overlaps(corners, sizes)
    taken = np.zeros((80, 80), dtype=bool)
    expected = []
    for number, ((x, y), (width, height)) in enumerate(zip(places, sizes, strict=True)):
        area = taken[x : x + width, y : y + height]
        if not area.any():
            area[:] = True
            expected.append(number)
    assert list(kept) == expected


def test_everything_lies_on_the_canvas():
    places = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    sizes = [(PHOTO, PHOTO)] * 40 + [(300, 30)] * 10
    corners = to_canvas(places, sizes)
    assert (corners >= 0).all()
    assert (corners + np.array(sizes) <= CANVAS).all()
    assert corners[:40].max() == CANVAS - PHOTO or corners[40:].max() > 0
