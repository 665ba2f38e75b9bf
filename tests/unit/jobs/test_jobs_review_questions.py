from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from photoorg.catalog.records import SaidOfTags
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.progress import CancelToken
from photoorg.jobs.personal_evidence import EvidenceReader
from photoorg.jobs.personal_questions import find_questions
from photoorg.models.personal_fit import NO, Evidence, fit_personal
from photoorg.models.starter_parts import Spread

NAMES = ("sea", "forest", "Snow")
VECTORS = np.random.default_rng(0).normal(size=(120, 6)).astype(np.float32)


class Catalog:
    """A library of which little is said."""

    def __init__(self, said=()):
        self.said = list(said)

    def vector_ids(self, _):
        return np.arange(len(VECTORS))

    def vectors(self, _, photo_ids):
        return np.array(photo_ids, dtype=np.int64), VECTORS[list(photo_ids)]

    def vectors_changed_since(self, _, revision):
        nothing = np.empty(0, dtype=np.int64)
        return revision, nothing, nothing

    def tags_in_use(self):
        return NAMES

    def kept_tags(self, photo_ids):
        return {}

    def carried_tags(self, photo_ids):
        return self._tags(photo_ids, {True})

    def decided_tags(self, photo_ids):
        return self._tags(photo_ids, {True, False})

    def _tags(self, photo_ids, wanted):
        found = {}
        for photo_id, tag, yes in self.said:
            if photo_id in photo_ids and yes in wanted:
                found.setdefault(photo_id, set()).add(NAMES[tag])
        return {photo_id: frozenset(tags) for photo_id, tags in found.items()}

    def said_of_tags(self):
        rows = np.array(sorted(self.said), dtype=np.int64).reshape(-1, 3)
        return SaidOfTags(NAMES, rows[:, 0], rows[:, 1], rows[:, 2].astype(bool))


SIGHT = SimpleNamespace(
    visual_key=ModelKey("eye"),
    traits=lambda visual: visual,
    embed_tags=lambda text: np.eye(6, dtype=np.float32)[: len(text)],
)


@pytest.fixture
def model():
    evidence = Evidence(
        names=NAMES,
        words=np.eye(6, dtype=np.float32)[:3],
        traits=VECTORS[:1],
        said=np.zeros((1, 3), dtype=np.int8),
        library=VECTORS,
        examples=np.zeros(3, dtype=np.int64),
        tagged=0,
    )
    return fit_personal(evidence, Spread.of(VECTORS)).model


def ask(model, catalog, *, answers=None, tag=None, limit=12, skip=()):
    return find_questions(
        catalog,
        SIGHT,
        model,
        lambda _direction, _count: [],
        [PhotoId(number) for number in range(len(VECTORS))],
        answers or {},
        tag,
        limit,
        skip,
        np.random.default_rng(0),
    )


def test_tags_without_any_example_are_asked_about_in_turn(model):
    items = ask(model, Catalog())
    assert [sum(item.tag == name for item in items) for name in NAMES] == [4, 4, 4]
    assert len({item.photo_id for item in items}) == 12


def test_answers_count_whatever_the_letter_case_of_the_tag(model):
    items = ask(model, Catalog(), answers={"sea": 9, "forest": 9, "snow": 0}, limit=6)
    assert {item.tag for item in items} == {"Snow"}


def test_one_tag_alone_can_be_asked_about(model):
    assert {item.tag for item in ask(model, Catalog(), tag="FOREST")} == {"forest"}
    assert ask(model, Catalog(), tag="desert") == ()


def test_what_was_answered_or_skipped_is_not_asked(model):
    said = [(photo, 0, photo % 2 == 0) for photo in range(60)]
    skip = [(PhotoId(photo), "SEA") for photo in range(60, 117)]
    items = ask(model, Catalog(said), tag="sea", skip=skip)
    assert sorted(item.photo_id for item in items) == [117, 118, 119]


def read(said):
    encoder = SimpleNamespace(encode=lambda texts: np.zeros((len(texts), 4), dtype=np.float32))
    reader = EvidenceReader(Catalog(said), SIGHT, encoder)
    return reader.gather(reader.look(), CancelToken())


def test_a_tag_that_was_only_rejected_is_learned():
    gathered = read([(1, 0, True), (2, 2, False), (3, 2, False)])
    assert gathered.evidence.names == ("sea", "Snow")
    assert gathered.evidence.examples.tolist() == [1, 0]
    assert gathered.evidence.said[:, 1].tolist() == [0, NO, NO]
    assert gathered.evidence.tagged == 1


def test_rejections_alone_are_evidence_and_nothing_is_none():
    assert read([(2, 2, False)]).evidence.names == ("Snow",)
    assert read([]) is None
