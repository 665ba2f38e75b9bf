"""English lemmas: those of a word's forms agree, and are words."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from photoorg.core.errors import ModelFileProblem
from photoorg.features.words import lemmas
from photoorg.features.words.lemmas import lemma_of
from photoorg.features.words.normalise import Normaliser, learn_phrases

FAMILIES = """
play plays played playing
swing swings swinging
sing sings singing
think thinks thinking
guard guards guarded guarding
mix mixes mixed mixing
fix fixes fixed fixing
craft crafts crafted crafting
develop develops developed developing
travel travels travelled travelling
label labels labelled labelling
cross crosses crossed
grow grows growing
sit sits sat sitting
hang hangs hung hanging
lunge lunges lunged lunging
graze grazes grazed grazing
drench drenches drenched drenching
run runs ran running
ski skis skiing
shelf shelves
loaf loaves
leaf leaves
sky skies
mass masses
weed weeds
reed reeds
spade spades
mop mops mopped mopping
pane panes
moped mopeds
building buildings
wedding weddings
evening evenings
stocking stockings
bare bares bared baring
"""


@pytest.mark.parametrize("family", FAMILIES.strip().splitlines())
def test_the_forms_of_a_word_have_one_lemma(family: str) -> None:
    base, *forms = family.split()
    assert {form: lemma_of(form) for form in (base, *forms)} == dict.fromkeys((base, *forms), base)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sky", "ski"),
        ("bare", "bear"),
        ("leaf", "leave"),
        ("cloth", "clothe"),
        ("lung", "lunge"),
        ("building", "build"),
        ("moped", "mop"),
    ],
)
def test_words_that_look_alike_are_not_mixed_up(one: str, other: str) -> None:
    assert lemma_of(one) != lemma_of(other)


@pytest.mark.parametrize("word", ["犬", "собака", "كلب", "café", "cafés", "graffiti", "🐶", "ß"])
def test_other_words_stay_as_they_are(word: str) -> None:
    assert lemma_of(word) == word.removesuffix("s")


def test_phrases_have_the_same_lemmas_and_change_no_more() -> None:
    phrases = learn_phrases([["Playing Cards", "teddy bear"], ["playing cards"]])
    normaliser = Normaliser(phrases)
    assert normaliser.tokens("He played cards") == ("play_card",)
    assert normaliser.tokens("play_card") == ("play_card",)


def test_without_the_list_of_common_words_it_is_said_which_package_to_install(monkeypatch) -> None:
    lemmas._common_words.cache_clear()
    lemma_of.cache_clear()
    missing = lemmas.PackagedFile("no_such_package", "no-such-package", "vocab.txt", 1, "")
    monkeypatch.setattr(lemmas, "COMMON_WORDS", missing)
    with pytest.raises(ModelFileProblem, match="pip install no-such-package"):
        lemma_of("playing")
    lemmas._common_words.cache_clear()


def test_the_list_of_common_words_is_the_expected_one() -> None:
    lemmas.COMMON_WORDS.verify()
    assert {"play", "swing", "dog"} <= lemmas._common_words()
    assert not {"playe", "swinge", "##ing", "[CLS]"} & lemmas._common_words()


def captioned_words(data_folder: Path) -> Counter[str]:
    with (data_folder / "flickr8k" / "captions.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return Counter(
            word for row in rows for word in re.findall("[a-z]+", row["caption"].lower())
        )


def test_what_is_said_in_captions_becomes_words(data_folder: Path) -> None:
    """A lemma of a common word is a common word too, or one that its ending leads to."""
    counts = captioned_words(data_folder)
    begun = time.perf_counter()
    found = {word: lemma_of(word) for word in counts}
    assert time.perf_counter() - begun < 10
    assert {lemma: lemma_of(lemma) for lemma in found.values()} == {
        lemma: lemma for lemma in found.values()
    }
    wrong = {"playe", "swinge", "singe", "mixe", "fixe", "guarde", "thinke", "crafte", "crosse"}
    wrong |= {"travell", "labell", "patrole", "deposite", "develope", "masse", "loave", "ree"}
    # What somebody misspelled stays as it is: "playes" is said once.
    assert {word for word, lemma in found.items() if lemma in wrong} <= {"playes", "playe"}


def test_forms_of_one_verb_in_captions_agree(data_folder: Path) -> None:
    """For "-s" and "-ed" whose lemma is the stem of an "-ing", that one has the same lemma.

    Nouns in "-ing" ("building", "fishing") are left: they are words of their own.
    """
    counts = captioned_words(data_folder)
    apart = set()
    for word in counts:
        stem = word.removesuffix("ing")
        others = [form for form in (f"{stem}s", f"{stem}es", f"{stem}ed") if form in counts]
        agreed = all(lemma_of(form) == stem for form in others)
        if stem != word and others and agreed and lemma_of(word) not in {stem, word}:
            apart.add(word)
    assert apart <= {"raging", "caring"}, "these are not what rags and cars do"
