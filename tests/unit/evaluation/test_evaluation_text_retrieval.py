from __future__ import annotations

import json

import numpy as np
import pytest
from colour_world import (
    Colours,
    ColourWords,
    setting_of,
    write_captioned,
    write_labelled,
    write_photo,
)

from photoorg.core.errors import Cancelled, UsageProblem
from photoorg.core.progress import CancelToken
from photoorg.evaluation.photo_sets import load_sets
from photoorg.evaluation.queries import answerable, answers, precision_at
from photoorg.evaluation.text_retrieval import evaluate_captions, evaluate_text_retrieval
from photoorg.evaluation.text_spaces import TEXT_VECTORS, train_spaces, train_vectors, with_weights
from photoorg.evaluation.text_tables import exchanged, tag_query_map
from photoorg.features.words.base import Document
from photoorg.features.words.registry import train_text_vectors
from photoorg.models.schedule import Schedule
from photoorg.models.text_regression import TextRegressionConfig


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def captioned(tmp_path, rng):
    kinds = [["red"], ["green"], ["blue"], ["red", "blue"], ["red"]]
    photos = {
        f"{number}.png": (
            "dev" if number < 4 else "train",
            colours,
            [f"something {' '.join(colours)}", "grey"],
        )
        for number, colours in enumerate(kinds)
    }
    return write_captioned(tmp_path, photos, rng)


def test_captions_of_the_dev_split_are_matched(captioned):
    found = evaluate_captions(setting_of(captioned), Colours(), ColourWords()).to_json()
    assert found["image_to_text"] == {"r@1": 100.0, "r@5": 100.0, "r@10": 100.0, "median_rank": 1}
    # Each photo's second caption says nothing: of the eight, only one of those can be right.
    assert found["text_to_image"]["r@1"] == 62.5
    assert found["queries"] == {}


def test_captions_of_a_named_split_and_on_the_data_root(captioned, tmp_path):
    model, text = Colours(), ColourWords()
    one = evaluate_captions(setting_of(captioned), model, text, split="train")
    assert one.text_to_image.recall_at[1] == 100
    root = tmp_path / "root"
    root.mkdir()
    (root / "flickr8k").symlink_to(captioned, target_is_directory=True)
    whole = evaluate_captions(setting_of(captioned), model, text)
    assert evaluate_captions(setting_of(root), model, text) == whole
    with pytest.raises(UsageProblem):
        evaluate_captions(setting_of(tmp_path / "images"), model, text)


def test_queries_of_the_default_model_are_judged_by_the_words_of_the_captions(tmp_path, rng):
    photos = {
        f"{number}.png": ("", [colour], [f"{word} {colour}"])
        for number, (colour, word) in enumerate([("red", "dogs")] * 6 + [("blue", "boat")] * 6)
    }
    write_captioned(tmp_path, photos, rng)

    class DogsAreRed(ColourWords):
        def encode(self, texts):
            return super().encode([text.replace("dog", "red") for text in texts])

    found = evaluate_captions(setting_of(tmp_path), Colours(), DogsAreRed())
    assert found.queries["dog"] == 100.0
    assert found.queries.keys() == {"dog", "boat"}


# -- the paper's tables ---------------------------------------------------------------------------
THINGS = {"red": "car on the road", "green": "dog in the grass", "blue": "boat on the water"}


@pytest.fixture
def root(tmp_path, rng):
    """A data folder in which cars are red, dogs green and boats blue."""
    colours = list(THINGS)
    photos = {
        f"{number}.png": (
            "train" if number % 3 else "dev",
            [colour],
            [f"a {THINGS[colour]}", f"the {THINGS[colour]} number {number % 7}"],
        )
        for number, colour in enumerate(colours[(n // 3) % 3] for n in range(45))
    }
    write_captioned(tmp_path / "flickr8k", photos, rng)
    labels = [["red"], ["green"], ["blue"], ["red", "blue"]]
    write_labelled(tmp_path / "coco", {f"c{n}.png": labels[n % 4] for n in range(40)}, rng)
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """Fewer spaces: what they are is the text vectors' business."""
    names = ("Word2Vec mean", "Word2Vec tf-idf")
    some = {name: TEXT_VECTORS[name] for name in names}
    monkeypatch.setattr("photoorg.evaluation.text_tables.TEXT_VECTORS", some)
    monkeypatch.setattr("photoorg.evaluation.text_tables.FAVOURITE", "Word2Vec tf-idf")
    monkeypatch.setattr("photoorg.evaluation.text_tables._TAG_QUERY_VECTORS", ("Word2Vec tf-idf",))
    thorough = Schedule(epochs=40, batch=16, learning_rate=1e-2, patience=0)
    monkeypatch.setattr(
        "photoorg.evaluation.text_spaces.CONFIG",
        TextRegressionConfig(scaling="raw", schedule=thorough),
    )


@pytest.mark.usefixtures("quick")
def test_the_protocol_prints_all_tables_and_keeps_its_keys(root):
    report = evaluate_text_retrieval(setting_of(root), model=Colours(), text=ColourWords())
    answer = json.loads(json.dumps(report.to_json()))
    assert answer.keys() >= {"text_to_image", "image_to_text", "queries", "rows", "seconds"}
    assert answer["text_to_image"].keys() == {"r@1", "r@5", "r@10", "median_rank"}
    assert answer["photos"] == 85
    tables = {table.title: table for table in report.tables}
    assert [row.name for row in tables["Caption retrieval on flickr8k"].rows][1:] == [
        "Word2Vec mean",
        "Word2Vec tf-idf",
    ]
    queries = tables["P@5 of the paper's queries on flickr8k"]
    assert "1 of 24 queries" in queries.note
    assert "skyline" in queries.note
    found = {row.name: row for row in queries.rows}
    assert found["Word2Vec mean"].figures == {"all": 1.0, "simple": 1.0, "complex": None}
    assert found["Word2Vec mean"].paper == {"all": 0.46, "simple": 0.71, "complex": 0.20}
    assert "P@5 of the paper's queries on flickr8k, trained on coco" in tables
    noise = tables["P@5 with exchanged texts, Word2Vec tf-idf on flickr8k"]
    assert [row.paper["all"] for row in noise.rows] == [0.47, 0.25, 0.18, 0.15]
    by_tags = {row.name: row.figures["map"] for row in tables["MAP of tags as query on coco"].rows}
    assert by_tags["Word2Vec tf-idf, trained on coco"] > 0.9
    concepts = tables["AP of concepts as query on coco, Word2Vec tf-idf"]
    assert [row.name for row in concepts.rows] == ["MAP", "blue", "green", "red"]
    assert concepts.rows[0].figures["trained on coco"] == pytest.approx(
        np.mean([row.figures["trained on coco"] for row in concepts.rows[1:]])
    )


@pytest.mark.usefixtures("quick")
def test_a_folder_with_labels_alone_has_no_captions_to_retrieve(root):
    report = evaluate_text_retrieval(setting_of(root / "coco"), model=Colours(), text=ColourWords())
    assert "text_to_image" not in report.to_json()
    assert {table.follows for table in report.tables} >= {"002, table 4", "002, table 7"}


def test_the_protocol_can_be_cancelled(root):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate_text_retrieval(setting_of(root, token=token), model=Colours(), text=ColourWords())


def test_weights_come_without_a_second_training(root):
    (photos, _) = load_sets(setting_of(root))
    plain = train_vectors("Word2Vec mean", photos, setting_of(root))
    trained = train_text_vectors("word2vec-cbow+tfidf", photos.documents)
    weighted = with_weights(plain, photos)
    assert weighted.key == trained.key
    np.testing.assert_array_equal(
        weighted.encode(photos.documents[:3]).vectors, trained.encode(photos.documents[:3]).vectors
    )


def test_tag_queries_agree_with_a_loop(root):
    (_, photos) = load_sets(setting_of(root))
    (space,) = train_spaces(("Word2Vec tf-idf",), photos, setting_of(root)).values()
    queries, searched = photos.rows(np.arange(10)), photos.rows(np.arange(10, 40))
    total = []
    for query in range(10):
        vector, _ = space.texts([queries.normaliser.document(tags=queries.tags[query])])
        scores = space.images(searched.visual) @ vector[0]
        right = [bool({*queries.tags[query]} & {*tags}) for tags in searched.tags]
        order = sorted(range(30), key=lambda n: (-scores[n], right[n]))
        hits = [right[n] for n in order]
        total.append(
            np.mean([sum(hits[: rank + 1]) / (rank + 1) for rank in range(30) if hits[rank]])
        )
    assert tag_query_map(space, queries, searched) == pytest.approx(np.mean(total), abs=1e-6)


# -- queries and noise ----------------------------------------------------------------------------
def test_one_sentence_must_say_all_words_of_a_query(tmp_path, rng):
    captions = {
        "a.png": ["A yellow car", "a bicycle"],
        "b.png": ["a car", "something yellow"],
        "c.png": ["Two boys with bikes ."],
    }
    photos = {name: ("", ["red"], each) for name, each in captions.items()}
    (photos,) = load_sets(setting_of(write_captioned(tmp_path, photos, rng)))
    assert answers("yellow + car", photos).tolist() == [True, False, False]
    assert answers("bike", photos).tolist() == [True, False, True]
    assert answers("kid", photos).tolist() == [False, False, True]
    assert answerable(("car", "kid"), photos) == {}


def test_owners_tags_are_learned_from_and_annotations_are_the_truth(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("photoorg.evaluation.photo_sets._RARE", 2)
    for number in (1, 2, 3, 4):
        write_photo(tmp_path / "mirflickr" / f"im{number}.jpg", ["red"], rng)
    for number, tags in {1: "canon\nsunset", 2: "sunset", 3: "canon", 4: "unique"}.items():
        path = tmp_path / "mirflickr" / "meta" / "tags" / f"tags{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tags)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "sky.txt").write_text("1\n2\n4\n")
    (photos,) = load_sets(setting_of(tmp_path))
    # The third photo has no annotation, the fourth only a rare tag.
    assert photos.tags == (("canon", "sunset"), ("sunset",))
    assert [document.tokens for document in photos.documents] == [("canon", "sunset"), ("sunset",)]
    assert photos.dataset.concepts == ("sky",)
    assert answers("sky", photos).tolist() == [True, True]


def test_precision_counts_ties_against_the_system():
    right = np.array([True, False, True, False])
    assert precision_at(np.zeros(4), right, 2) == 0.0
    assert precision_at(np.array([4.0, 3, 2, 1]), right, 3) == pytest.approx(2 / 3)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_the_given_share_of_texts_is_exchanged(share):
    documents = [Document((str(number),)) for number in range(50)]
    noisy = exchanged(documents, share, seed=0)
    assert sum(a != b for a, b in zip(documents, noisy, strict=True)) == round(50 * share)
    assert set(noisy) <= set(documents)
    assert noisy == exchanged(documents, share, seed=0)
