"""The everyday photo words that can be suggested before anybody has tagged a photo.

`resources/vocabulary.tsv` was gathered from ImageNet lemmas, COCO classes and frequent caption
words, and then cleaned by hand: breeds and species that few people name are mapped to the word that
people use, and of near-synonyms one is kept. Its columns: `word`; `source` (where it comes from:
imagenet, coco, caption, hand); `imagenet` (indexes of the ILSVRC classes that it covers, written
"151-268,273"); `coco` (labels that it covers, separated by semicolons); `broader` (the next more
general word, which must be in the vocabulary too).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from photoorg.core.errors import ModelFileProblem
from photoorg.core.paths import resource_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLUMNS = ("word", "source", "imagenet", "coco", "broader")
IMAGENET_CLASSES = 1000

TEMPLATES = ("{}", "a photo of a {}", "{} in a photo", "a picture with a {}", "there is a {}")
"""Sentences that a word is put into before it is encoded: captions are what the heads know best."""

_MAX_BYTES = 1024 * 1024
_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the vocabulary.

    Attributes:
        name: lower case.
        sources: where it comes from.
        imagenet: indexes of the ImageNet classes that it covers.
        coco: COCO labels that it covers.
        broader: the next more general word, or "".
    """

    name: str
    sources: tuple[str, ...]
    imagenet: tuple[int, ...] = ()
    coco: tuple[str, ...] = ()
    broader: str = ""


def read_vocabulary(path: Path | None = None) -> tuple[Word, ...]:
    """Read the vocabulary.

    Args:
        path: another file than the one that is shipped.

    Raises:
        ModelFileProblem: the file cannot be read, or a line of it is wrong; the message says which.
    """
    path = path or resource_path("vocabulary.tsv")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelFileProblem(f"{path} is too large to be a vocabulary.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileProblem(f"The vocabulary {path} cannot be read ({error}).") from error
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise ModelFileProblem(f"{path} does not start with the columns {', '.join(COLUMNS)}.")
    words: dict[str, Word] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            word = _parse_line(line)
        except ValueError as error:
            raise ModelFileProblem(f"Line {number} of {path}: {error}.") from error
        if word.name in words:
            raise ModelFileProblem(f"Line {number} of {path}: “{word.name}” is there twice.")
        words[word.name] = word
    _check_broader(path, words)
    return tuple(words.values())


def narrower_words(vocabulary: Sequence[Word]) -> dict[str, frozenset[str]]:
    """Return, for each word, all words below it."""
    broader = {word.name: word.broader for word in vocabulary}
    below: dict[str, set[str]] = {word.name: set() for word in vocabulary}
    for word in vocabulary:
        above = word.broader
        while above:
            below[above].add(word.name)
            above = broader[above]
    return {name: frozenset(words) for name, words in below.items()}


def label_rows(vocabulary: Sequence[Word], labels: Sequence[str]) -> list[int]:
    """Return the row of the word that stands for each label: of its name, or covering it alone.

    Raises:
        ModelFileProblem: no word stands for a label.
    """
    rows: dict[str, int] = {}
    for row, word in enumerate(vocabulary):
        if len(word.coco) == 1:
            rows.setdefault(word.coco[0], row)
    rows |= {word.name: row for row, word in enumerate(vocabulary)}
    missing = [label for label in labels if label not in rows]
    if missing:
        raise ModelFileProblem(f"No word of the vocabulary stands for the label “{missing[0]}”.")
    return [rows[label] for label in labels]


def phrases(word: str) -> tuple[str, ...]:
    """Return the sentences that stand for a word."""
    return tuple(template.format(word) for template in TEMPLATES)


def _parse_line(line: str) -> Word:
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(f"it has {len(cells)} columns, not {len(COLUMNS)}")
    name, sources, imagenet, coco, broader = (cell.strip() for cell in cells)
    if not name or name != name.lower():
        raise ValueError("the word is empty or not in lower case")
    return Word(
        name,
        tuple(sources.split(",")),
        _parse_ranges(imagenet),
        tuple(label for label in coco.split(";") if label),
        broader,
    )


def _parse_ranges(text: str) -> tuple[int, ...]:
    """Read "151-268,273" as the numbers in it.

    Raises:
        ValueError: it is not written so, or a number is no ImageNet class.
    """
    indexes: set[int] = set()
    for part in filter(None, text.split(",")):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"“{part}” is not a range of ImageNet classes")
        first = int(match[1])
        last = int(match[2] or first)
        if not first <= last < IMAGENET_CLASSES:
            raise ValueError(f"“{part}” is not a range of ImageNet classes")
        indexes.update(range(first, last + 1))
    return tuple(sorted(indexes))


def _check_broader(path: Path, words: dict[str, Word]) -> None:
    """Make sure that following `broader` ends.

    Raises:
        ModelFileProblem: it leads to an unknown word, or in a circle.
    """
    for word in words.values():
        seen = {word.name}
        above = word.broader
        while above:
            if above not in words or above in seen:
                raise ModelFileProblem(
                    f"{path}: “{above}”, said to be broader than “{word.name}”, is not in the"
                    " vocabulary or leads back to it."
                )
            seen.add(above)
            above = words[above].broader
