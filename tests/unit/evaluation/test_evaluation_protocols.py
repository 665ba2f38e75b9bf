"""The protocols on made-up photos whose encoders see exactly what the captions say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.evaluation.similar import evaluate_similar, nearest_others
from photoorg.evaluation.suggest import evaluate_suggest, label_probabilities
from photoorg.evaluation.text_retrieval import evaluate_text_retrieval
from photoorg.models.holdout import Part, part_of
from photoorg.models.vocabulary import TEMPLATES

COLOURS = {"red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220)}


class MeanColour:
    """A visual encoder: the mean colour."""

    key, input_size, dimension, runtime = ModelKey("colour"), 8, 3, "test"

    def encode(self, images):
        return images.mean(axis=(1, 2)).astype(np.float32)


class ColourWords:
    """A text encoder: the sum of the colours named, or a little of each."""

    key, dimension = ModelKey("words"), 3

    def encode(self, texts):
        rows = [
            np.sum([COLOURS[w] for w in text.split() if w in COLOURS] or [(1, 2, 3)], axis=0)
            for text in texts
        ]
        matrix = np.array(rows, dtype=np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


class Colours:
    """A model that takes colours for what they are."""

    kind, visual_key, text_key, dimension = "colours", ModelKey("colour"), ModelKey("words"), 3
    vocabulary = ("red", "green")

    def embed_images(self, visual):
        return visual / np.linalg.norm(visual, axis=1, keepdims=True)

    embed_texts = embed_images
    similarity = embed_images

    def embed_joint(self, seen):
        return self.embed_images(seen.visual)

    def suggest(self, embedded):
        return embedded @ ColourWords().encode(self.vocabulary).T

    def tag_probability(self, text, embedded):
        assert text.shape[1:] == (len(TEMPLATES), 3)
        return embedded @ text.mean(axis=1).T


def write_photo(path, colours, rng):
    path.parent.mkdir(parents=True, exist_ok=True)
    mean = np.mean([COLOURS[c] for c in colours], axis=0) + rng.integers(-9, 9, 3)
    Image.fromarray(np.full((8, 8, 3), mean.clip(0, 255), dtype=np.uint8)).save(path)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def captioned(tmp_path, rng):
    lines = ["file\tsplit\tcaption"]
    for number, colours in enumerate([["red"], ["green"], ["blue"], ["red", "blue"], ["red"]]):
        name = f"{number}.png"
        write_photo(tmp_path / "images" / name, colours, rng)
        split = "dev" if number < 4 else "train"
        lines += [f"{name}\t{split}\tsomething {' '.join(colours)}", f"{name}\t{split}\tgrey"]
    (tmp_path / "captions.tsv").write_text("\n".join(lines))
    return tmp_path


def test_text_retrieval_looks_at_the_dev_split_and_answers_the_contract(captioned):
    result = evaluate_text_retrieval(captioned, Colours(), MeanColour(), ColourWords())
    answer = json.loads(json.dumps(result.to_json()))
    assert answer["photos"] == 4
    assert answer["image_to_text"] == {"r@1": 100.0, "r@5": 100.0, "r@10": 100.0, "median_rank": 1}
    assert answer["text_to_image"].keys() == {"r@1", "r@5", "r@10", "median_rank"}
    # Each photo's second caption says nothing: of the eight, only one of those can be right.
    assert answer["text_to_image"]["r@1"] == 62.5
    assert answer["queries"] == {}
    assert answer.keys() >= {"seed", "seconds", "versions", "features", "text", "model"}


def test_text_retrieval_on_a_named_split_and_on_the_data_root(captioned, tmp_path):
    model, visual, text = Colours(), MeanColour(), ColourWords()
    assert (
        evaluate_text_retrieval(captioned, model, visual, text, split="train").conditions.photos
        == 1
    )
    root = tmp_path / "root"
    root.mkdir()
    (root / "flickr8k").symlink_to(captioned, target_is_directory=True)
    assert evaluate_text_retrieval(root, model, visual, text).conditions.photos == 4
    with pytest.raises(UsageProblem):
        evaluate_text_retrieval(tmp_path / "images", model, visual, text)


def test_queries_are_judged_by_the_words_of_the_captions(tmp_path, rng):
    lines = ["file\tcaption"]
    for number in range(12):
        colour, word = ("red", "dogs") if number < 6 else ("blue", "boat")
        write_photo(tmp_path / f"{number}.png", [colour], rng)
        lines.append(f"{number}.png\t{word} {colour}")
    (tmp_path / "captions.tsv").write_text("\n".join(lines))

    class DogsAreRed(ColourWords):
        def encode(self, texts):
            return super().encode([text.replace("dog", "red") for text in texts])

    result = evaluate_text_retrieval(tmp_path, Colours(), MeanColour(), DogsAreRed())
    assert result.queries["dog"] == 100.0
    assert result.queries.keys() == {"dog", "boat"}


@pytest.fixture
def labelled(tmp_path, rng):
    lines = ["file\tlabels"]
    for number in range(60):
        colours = [["red"], ["green"], ["blue"], ["red", "blue"]][number % 4]
        write_photo(tmp_path / "images" / f"{number}.png", colours, rng)
        lines.append(f"{number}.png\t{';'.join(colours)}")
    (tmp_path / "labels.tsv").write_text("\n".join(lines))
    return tmp_path


def test_suggest_on_a_foreign_folder_judges_all_its_photos_and_labels(labelled):
    result = evaluate_suggest(labelled, Colours(), MeanColour(), ColourWords())
    answer = json.loads(json.dumps(result.to_json()))
    assert answer["photos"] == 60
    assert answer["not_in_vocabulary"] == ["blue"]
    assert answer["map"] > 95
    assert answer["by_examples"]["0"]["map"] == answer["map"]
    assert answer.keys() >= {"f1@5", "precision_at_threshold", "seed", "seconds", "versions"}
    assert answer["by_label"].keys() == set(COLOURS)


def test_suggest_on_the_data_root_judges_only_what_training_left_out(labelled, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "coco").symlink_to(labelled, target_is_directory=True)
    held_out = [n for n in range(60) if part_of(f"{n}.png") is Part.EVALUATION]
    result = evaluate_suggest(root, Colours(), MeanColour(), ColourWords())
    assert result.conditions.photos == len(held_out)
    assert 0 < len(held_out) < 30


def test_a_label_in_capitals_is_found_in_the_vocabulary():
    photos = Colours().embed_images(np.array([[220, 30, 30]], dtype=np.float32))
    both = label_probabilities(Colours(), ColourWords(), ["Red", "red"], photos)
    assert both[0, 0] == both[0, 1]


def test_similar_compares_with_the_plain_vectors(labelled):
    answer = evaluate_similar(labelled, Colours(), MeanColour()).to_json()
    rows = {row["name"]: row["precision@10"] for row in answer["rows"]}
    assert rows["similar"] == rows["pooled cosine"] > 95


def test_similar_on_one_folder_per_category(tmp_path, rng):
    for number in range(24):
        colour = ("red", "green")[number % 2]
        write_photo(tmp_path / colour / f"{number}.png", [colour], rng)
    assert evaluate_similar(tmp_path, Colours(), MeanColour()).compact == 100.0
    with pytest.raises(UsageProblem):
        evaluate_similar(tmp_path / "red", Colours(), MeanColour())


def test_neighbours_leave_out_the_photo_itself_and_agree_with_a_loop():
    rows = np.random.default_rng(1).normal(size=(1100, 4)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    neighbours = nearest_others(rows, 3)
    for item in (0, 500, 1099):
        others = [j for j in range(len(rows)) if j != item]
        best = sorted(others, key=lambda j: -float(rows[item] @ rows[j]))[:3]
        assert neighbours[item].tolist() == best


def test_evaluation_can_be_cancelled(labelled):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate_suggest(labelled, Colours(), MeanColour(), ColourWords(), token=token)
