"""Odd tags through the whole of a training, for every kind of model that can be trained.

Either a clear message says what to do, or what comes of it can be saved, read and asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from odd_trainings import DIMENSION, train

from photoorg.core.errors import UsageProblem
from photoorg.models.base import Observations
from photoorg.models.registry import TrainedModel, model_kinds
from photoorg.search.trained import TrainedTextEncoder

KINDS = tuple(kind.key for kind in model_kinds())

each_kind = pytest.mark.parametrize("kind", KINDS)


def check_usable(trained: TrainedModel, tags: Sequence[Sequence[str]]) -> None:
    """It suggests nothing but the person's tags, and every figure is a number."""
    given = {tag for each in tags for tag in each}
    assert set(trained.tags.names) <= given
    seen = np.random.default_rng(1).normal(size=(3, DIMENSION)).astype(np.float32)
    for visual in (seen, np.zeros_like(seen)):
        probabilities = trained.suggest(Observations(visual=visual))
        assert probabilities.shape == (3, len(trained.tags.names))
        assert np.isfinite(probabilities).all()
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
        assert np.isfinite(trained.model.embed_images(visual)).all()
    encoder = TrainedTextEncoder(trained)
    said = encoder.encode([*sorted(given), "unheard of", ""])
    assert np.isfinite(trained.model.embed_texts(said)).all()
    assert all(0 <= value <= 100 for value in trained.manifest.metrics.values())
    held_out = trained.manifest.training["held_out"]
    assert bool(trained.manifest.metrics) <= bool(held_out), "no figures of no photos"


def check_told_or_usable(folder: Path, kind: str, text: str, tags: Sequence[Sequence[str]]) -> None:
    problem: UsageProblem | None = None
    try:
        trained = train(folder, kind, text, tags)
    except UsageProblem as refused:
        problem = refused
    if problem is None:
        check_usable(trained, tags)
    else:
        assert problem.remedy, "it is said what to do"
        assert not list((folder / "target").iterdir())


SOME_WORDS = ("dog", "beach", "New York", "snow")
FEW_WORDS = {
    "one tag on one photo": [["dog"], *([] for _ in range(15))],
    "one tag on some photos": [["dog"] if n % 2 else [] for n in range(16)],
    "one tag on every photo": [["mine"]] * 16,
    "a tag on every photo, and others": [["mine", SOME_WORDS[n % 4]] for n in range(16)],
    "three photos": [["dog", "beach"], ["dog"], ["snow"]],
    "one photo": [["dog", "beach"]],
    "a word that says nothing": [["the"], ["of"], ["the", "dog"]] * 5,
}
SCRIPTS = [
    [("犬", "海"), ("كلب", "犬"), ("🐶", "❤️"), ("собака", "кошка"), ("हिन्दी", "ΣΚΎΛΟΣ")][n % 5]
    for n in range(20)
]


@each_kind
def test_photos_without_any_tag_are_said(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="has a tag or caption") as problem:
        train(tmp_path, kind, "bag-of-tags", [[]] * 16)
    assert "Tag some photos first" in problem.value.remedy
    assert not list((tmp_path / "target").iterdir())


@each_kind
@pytest.mark.parametrize("case", FEW_WORDS)
def test_few_words_give_a_working_model_or_a_clear_message(
    kind: str, case: str, tmp_path: Path
) -> None:
    check_told_or_usable(tmp_path, kind, "bag-of-tags", FEW_WORDS[case])


@each_kind
@pytest.mark.parametrize("case", ["one tag on every photo", "three photos"])
def test_the_kind_s_own_text_vectors_say_what_they_lack(
    kind: str, case: str, tmp_path: Path
) -> None:
    default = next(info.default_text for info in model_kinds() if info.key == kind)
    check_told_or_usable(tmp_path, kind, default, FEW_WORDS[case])


@each_kind
@pytest.mark.parametrize("text", ["bag-of-tags", ""])
def test_tags_in_any_script_are_learned(kind: str, text: str, tmp_path: Path) -> None:
    default = next(info.default_text for info in model_kinds() if info.key == kind)
    trained = train(tmp_path, kind, text or default, SCRIPTS, epochs=2)
    check_usable(trained, SCRIPTS)
    assert {"犬", "كلب", "🐶", "собака", "हिन्दी"} <= set(trained.tags.names)
    assert trained.tags.known.all()
    assert trained.manifest.training["held_out"] == 2


def test_the_words_of_held_out_photos_are_not_learned_from(tmp_path: Path) -> None:
    """Each photo has a word of its own: those of photos held out are in no table of words."""
    tags = [["photo", f"word{number:02}"] for number in range(20)]
    trained = train(tmp_path, "cross-modal-1", "word2vec-cbow", tags)
    assert trained.manifest.training["held_out"] == 2
    words = {word for each in tags for word in each} - {"photo"}
    unheard = words - set(trained.text.vocabulary)
    assert len(unheard) == 2
    assert unheard == words - set(trained.tags.names)
