from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from photoorg.features.words.normalise import Normaliser, learn_phrases

PHRASES = ("New York", "new york city", "The Who", "lady in red", "東京 タワー", "São Paulo")
WRITTEN = st.text(max_size=60) | st.lists(
    st.sampled_from(
        ["new", "york", "city", "lady", "in", "red", "the", "who", "dogs", "was", "東京", "タワー"]
    )
    | st.sampled_from(["São", "Paulo's", "\ufb01ne", "İ", "ß", "🐶", "हिन्दी"]),
    max_size=8,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(WRITTEN)
@example("New\u0301 in York")
@example("ΐ ŉ ẞ ͅ a\u0345")
@example("leaves leavings better best")
def test_normalising_what_is_normal_changes_nothing(text: str) -> None:
    normaliser = Normaliser(PHRASES)
    once = normaliser.tokens(text)
    assert normaliser.tokens(" ".join(once)) == once
    assert all(once)
    assert not any(character.isspace() for token in once for character in token)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=4), st.lists(st.text(max_size=20), max_size=4))
def test_a_document_is_its_tags_and_captions(tags: list[str], captions: list[str]) -> None:
    normaliser = Normaliser(PHRASES)
    document = normaliser.document(tags, captions)
    assert document.tokens == tuple(t for text in tags + captions for t in normaliser.tokens(text))
    assert all(caption in document.text for caption in captions if caption.strip())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A dog's running on the beaches.", ("dog", "run", "beach")),
        ("Two CHILDREN were climbing", ("two", "child", "climb")),
        ("\uff37\uff29\uff24\uff25 \ufb01sh", ("wide", "fish")),
        ("Собаки, 犬; كلاب! cafés", ("собаки", "犬", "كلاب", "café")),
        ("हिन्दी", ("हिन्दी",)),
        ("❤️🐶 2024-06", ("❤", "🐶", "2024", "06")),
        ("the of", ("the", "of")),
        ("... ' \u0301 _", ()),
    ],
)
def test_words(text: str, tokens: tuple[str, ...]) -> None:
    assert Normaliser().tokens(text) == tokens


def test_the_longest_known_phrase_is_one_token() -> None:
    normaliser = Normaliser(PHRASES)
    assert normaliser.tokens("new York City lights") == ("new_york_city", "light")
    assert normaliser.tokens("in New York's streets") == ("new_york", "street")
    assert normaliser.tokens("the lady in red") == ("lady_in_red",)
    assert normaliser.tokens("The Who") == ("the_who",)
    assert normaliser.document(tags=["New", "York"]).tokens == ("new", "york")
    assert Normaliser(["new_york"]).tokens("New York") == ("new_york",)


def test_phrases_are_learnt_from_tags_that_several_photos_carry() -> None:
    lists = [
        ["New York", "dog"],
        ["new york", "Golden Gate"],
        ["New_York"],
        ["golden gate"],
        ["x y"],
    ]
    assert learn_phrases(lists) == ("new_york", "golden_gate")
    assert learn_phrases(lists, min_count=1)[-1] == "x_y"
