"""WordNet's nouns as they are shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photoorg.core.errors import ModelFileProblem
from photoorg.core.paths import resource_path
from photoorg.models.wordnet import known_form, load_wordnet, read_wordnet


def test_a_dog_is_an_animal_and_a_car_an_automobile() -> None:
    wordnet = load_wordnet()
    dog, animal = wordnet.senses("dog")[0], wordnet.senses("animal")[0]
    assert "domestic dog" in wordnet.words(dog.synset)
    assert wordnet.ancestors(dog.synset, 9)[animal.synset] == 2
    assert animal.synset not in wordnet.ancestors(dog.synset, 1)
    assert wordnet.senses("car")[0].synset == wordnet.senses("automobile")[0].synset
    assert wordnet.is_top(animal.synset)
    assert not wordnet.is_top(dog.synset)
    assert wordnet.is_concrete(dog.synset)
    assert not wordnet.is_concrete(wordnet.senses("sadness")[0].synset)


def test_every_meaning_ends_in_the_most_general_one() -> None:
    wordnet = load_wordnet()
    entity = wordnet.senses("entity")[0].synset
    for word in ("dog", "paris", "zebra", "zyrian", "a", "hot dog", "love"):
        for sense in wordnet.senses(word):
            assert entity in wordnet.ancestors(sense.synset, 30)
            assert word in wordnet.words(sense.synset)


def test_unknown_words_are_told_and_other_parts_of_speech_weighed() -> None:
    wordnet = load_wordnet()
    assert wordnet.senses("zwetschgenfest") == []
    assert wordnet.senses("") == []
    assert known_form(wordnet, ("zebras", "zebra")) == "zebra"
    assert known_form(wordnet, ("zwetschge",)) == ""
    assert wordnet.noun_share("young") < 0.2
    assert wordnet.noun_share("dog") > 0.9
    assert wordnet.noun_share("zwetschge") == 1


def test_it_is_small_and_its_licence_lies_beside_it() -> None:
    assert resource_path("wordnet.npz").stat().st_size < 2 * 1024 * 1024
    assert "WordNet 3.0 Copyright 2006" in resource_path("wordnet.md").read_text("utf-8")


def test_damaged_and_forged_files_are_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(resource_path("wordnet.npz").read_bytes()[:1000])
    with pytest.raises(ModelFileProblem):
        read_wordnet(damaged)
    with np.load(resource_path("wordnet.npz"), allow_pickle=False) as file:
        tables = {name: file[name] for name in file.files}
    for name in ("senses", "parents"):
        forged = tmp_path / f"{name}.npz"
        np.savez(forged, **{**tables, name: tables[name] + 1_000_000})
        with pytest.raises(ModelFileProblem, match="do not fit"):
            read_wordnet(forged)
    np.savez(tmp_path / "short.npz", lemmas=tables["lemmas"])
    with pytest.raises(ModelFileProblem):
        read_wordnet(tmp_path / "short.npz")
    with pytest.raises(ModelFileProblem):
        read_wordnet(tmp_path / "absent.npz")
