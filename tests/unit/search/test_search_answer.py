"""The order of an answer, and which photos are handed out with it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from photoorg.search.answer import TAIL, count_relevant, rank
from photoorg.search.verdict import Universe, Verdict

FEW = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
"""So few that many photos are exactly as probable as others."""


def verdict_of(probability, tie):
    probability = np.asarray(probability, dtype=np.float32)
    return Verdict(probability, np.asarray(tie, dtype=np.float32), lambda at, _: [""] * len(at))


@given(st.lists(st.tuples(FEW, FEW), max_size=60), st.sampled_from([0.3, 0.6, 2.0]))
def test_photos_are_ranked_by_probability_then_tie_then_id(judged, least):
    probability = [each for each, _ in judged]
    tie = [each for _, each in judged]
    universe = Universe(np.arange(len(judged), dtype=np.int64) * 3 + 5)
    ranked = rank(universe, verdict_of(probability, tie), lambda _: least)
    expected = sorted(
        (-p, -t, photo)
        for p, t, photo in zip(probability, tie, universe.ids.tolist(), strict=True)
        if p > 0
    )
    assert ranked.hits.ids.tolist() == [photo for _, _, photo in expected]
    assert ranked.relevant == sum(p >= least for p in probability)
    assert count_relevant(verdict_of(probability, tie), lambda _: least) == ranked.relevant


def test_of_a_large_library_only_the_best_of_the_rest_are_handed_out():
    random = np.random.default_rng(2)
    probability = random.permutation(np.linspace(0.01, 0.9, 3 * TAIL)).astype(np.float32)
    universe = Universe(np.arange(len(probability), dtype=np.int64))
    ranked = rank(universe, verdict_of(probability, 0 * probability), lambda _: 0.8)
    assert len(ranked.hits) == ranked.relevant + TAIL
    best = np.argsort(-probability)[: len(ranked.hits)]
    assert ranked.hits.ids.tolist() == best.tolist()
