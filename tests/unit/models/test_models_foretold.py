from __future__ import annotations

import numpy as np
import pytest

from photoorg.models.foretold import foretold_shares


class Model:
    """Knows two words, and reads their probabilities off the first numbers of an embedding."""

    vocabulary = ("dog", "polar bear")
    dimension = 3

    def suggest(self, embedded):
        assert embedded.shape[1] == self.dimension
        return embedded[:, :2]


def test_shares_are_the_mean_over_all_photos_whatever_their_number():
    traits = np.random.default_rng(0).random((1300, 7)).astype(np.float32)
    shares = foretold_shares(Model(), ("Polar Bear", "our garden", "DOG"), traits)
    assert np.isnan(shares[1])
    assert shares[[0, 2]] == pytest.approx(traits[:, [1, 0]].mean(axis=0), abs=1e-5)


@pytest.mark.parametrize(("names", "photos"), [((), 5), (("our garden",), 5), (("dog",), 0)])
def test_where_nothing_is_known_nothing_is_foretold(names, photos):
    shares = foretold_shares(Model(), names, np.zeros((photos, 7), dtype=np.float32))
    assert shares.shape == (len(names),)
    assert np.isnan(shares).all()
