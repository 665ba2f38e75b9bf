from __future__ import annotations

import pytest

from photoorg.core.errors import ModelFileProblem
from photoorg.models.vocabulary import COLUMNS, label_rows, narrower_words, phrases, read_vocabulary

HEADER = "\t".join(COLUMNS)


def write(tmp_path, *lines):
    path = tmp_path / "vocabulary.tsv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_line_is_read_whole(tmp_path):
    path = write(
        tmp_path, "animal\timagenet\t0-2\t\t", "dog\timagenet,coco\t1,5-6\tdog;hot dog\tanimal"
    )
    dog = read_vocabulary(path)[1]
    assert (dog.name, dog.imagenet, dog.coco, dog.broader) == (
        "dog",
        (1, 5, 6),
        ("dog", "hot dog"),
        "animal",
    )
    assert dog.sources == ("imagenet", "coco")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["dog\thand\t\t"], "columns"),
        (["Dog\thand\t\t\t"], "lower case"),
        (["dog\thand\t990-1000\t\t"], "990-1000"),
        (["dog\thand\t7-3\t\t"], "7-3"),
        (["dog\thand\tx\t\t"], "x"),
        (["dog\thand\t\t\t", "dog\thand\t\t\t"], "twice"),
        (["dog\thand\t\t\tanimal"], "animal"),
        (["dog\thand\t\t\tpet", "pet\thand\t\t\tdog"], "leads back"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, lines, message):
    with pytest.raises(ModelFileProblem, match=message):
        read_vocabulary(write(tmp_path, *lines))


def test_narrower_words_reach_all_the_way_down(tmp_path):
    words = read_vocabulary(
        write(tmp_path, "animal\thand\t\t\t", "dog\thand\t\t\tanimal", "pug\thand\t254\t\tdog")
    )
    assert narrower_words(words) == {
        "animal": frozenset({"dog", "pug"}),
        "dog": frozenset({"pug"}),
        "pug": frozenset(),
    }


def test_the_shipped_vocabulary_has_the_words_people_search_for():
    words = {word.name: word for word in read_vocabulary()}
    assert 900 <= len(words) <= 2000
    assert words.keys() >= {"dog", "cat", "beach", "sunset", "coffee", "rocket", "astronaut"}
    covered = {label for word in words.values() for label in word.coco}
    assert len(covered) == 80
    assert set(range(151, 269)) <= set(words["dog"].imagenet)


def test_phrases_hold_the_word():
    assert phrases("dog")[0] == "dog"
    assert all("dog" in phrase for phrase in phrases("dog"))


def test_a_label_finds_the_word_that_stands_for_it(tmp_path):
    words = read_vocabulary(
        write(
            tmp_path,
            "food\thand\t\tcake;pizza\t",
            "television\tcoco\t\ttv\t",
            "cake\tcoco\t\tcake\t",
        )
    )
    assert label_rows(words, ["tv", "cake"]) == [1, 2]
    with pytest.raises(ModelFileProblem, match="pizza"):
        label_rows(words, ["pizza"])
    assert len(label_rows(read_vocabulary(), ["hair drier", "sports ball", "tv", "mouse"])) == 4
