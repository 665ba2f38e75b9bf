"""Photos that look like a learned tag, found by what was learned."""

from __future__ import annotations

import numpy as np
import pytest
from personal_world import World

from photoorg.core.progress import CancelToken
from photoorg.search.personal_looks import LearnedLooks, PersonalRanker, PersonalTagJudge
from photoorg.search.spread import Ranked

NONE = np.array([], dtype=np.int64)


class Otherwise:
    """Knows no tag, and says so by one photo."""

    def rank(self, *_: object) -> Ranked:
        return Ranked(np.array([1]), np.array([0.5], dtype=np.float32), 0.5)


class ByName:
    def __init__(self, world: World) -> None:
        self._ids = np.array(world.photos[::-1], dtype=np.int64)

    def probabilities(self, tags: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return self._ids, np.full((len(self._ids), len(tags)), 0.25, dtype=np.float32)


@pytest.fixture
def looks(world: World) -> LearnedLooks:
    world.tag_all(20)
    learner = world.learner()
    learner.learn(CancelToken())
    return LearnedLooks(world.catalog, world.model, world.index, learner.model)


def test_each_photo_that_is_found_has_its_probability(world: World, looks: LearnedLooks) -> None:
    found = looks.find("CAT")
    assert found is not None
    ids, probability, threshold = found
    assert len(ids) == len(probability) == len(world.photos)
    cats = np.isin(ids, world.of("cat"))
    assert probability[cats].mean() > probability[~cats].mean() + 0.3
    assert 0 < threshold < 1
    assert looks.find("never heard of") is None


def test_a_learned_tag_is_passed_on_to_its_like(world: World, looks: LearnedLooks) -> None:
    ranker = PersonalRanker(looks, Otherwise())
    seeds = np.array(world.of("cat")[:20])
    denied = np.array(world.of("cat")[20:22])
    ranked = ranker.rank("cat", seeds, denied, NONE, 15)
    best = [int(photo) for photo in ranked.ids]
    assert len(best) == 15
    assert set(best) <= set(world.of("cat")[22:])
    assert ranker.rank("unknown", seeds, NONE, NONE, 15).ids.tolist() == [1]


def test_learned_tags_are_judged_beside_others(world: World, looks: LearnedLooks) -> None:
    ids, result = PersonalTagJudge(looks, ByName(world)).probabilities(["other", "cat"])
    assert ids.tolist() == world.photos[::-1]
    assert (result[:, 0] == 0.25).all()
    cats = np.isin(ids, world.of("cat"))
    assert result[cats, 1].mean() > result[~cats, 1].mean() + 0.3
