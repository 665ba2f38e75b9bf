"""Undo and redo against a toy catalog."""

from __future__ import annotations

import pytest

from photoorg.core.changes import ChangeKind, ChangeSet, Operation, RestoreRatings, SetRating
from photoorg.core.errors import EnvironmentProblem
from photoorg.core.ids import PhotoId, Revision
from photoorg.jobs.undo import UndoHistory

PHOTO = PhotoId(1)


class _Toy:
    """One photo with a rating."""

    def __init__(self) -> None:
        self.rating = 0
        self.full = False

    def apply(self, operation: Operation) -> ChangeSet:
        if self.full:
            raise EnvironmentProblem("The disk is full.")
        before = self.rating
        match operation:
            case SetRating(rating=rating):
                self.rating = rating
            case RestoreRatings(ratings=((_, rating),)):
                self.rating = rating or 0
        inverse = RestoreRatings(((PHOTO, before),)) if before != self.rating else None
        return ChangeSet(frozenset({ChangeKind.PHOTOS_CHANGED}), Revision(1), inverse=inverse)


@pytest.fixture
def toy() -> _Toy:
    return _Toy()


def test_undo_and_redo_walk_the_same_steps(toy: _Toy) -> None:
    history = UndoHistory(toy.apply)
    for rating in (1, 2, 3):
        history.apply(SetRating(rating, (PHOTO,)))
    seen = []
    while history.undo():
        seen.append(toy.rating)
    while history.redo():
        seen.append(toy.rating)
    assert seen == [2, 1, 0, 1, 2, 3]


def test_a_new_change_forgets_what_was_undone(toy: _Toy) -> None:
    history = UndoHistory(toy.apply)
    history.apply(SetRating(1, (PHOTO,)))
    history.undo()
    history.apply(SetRating(5, (PHOTO,)))
    assert history.redo() is None
    assert toy.rating == 5


def test_a_change_of_nothing_is_no_step(toy: _Toy) -> None:
    history = UndoHistory(toy.apply)
    history.apply(SetRating(4, (PHOTO,)))
    history.apply(SetRating(4, (PHOTO,)))
    history.undo()
    assert toy.rating == 0


def test_a_step_that_fails_stays_to_be_undone(toy: _Toy) -> None:
    history = UndoHistory(toy.apply)
    history.apply(SetRating(4, (PHOTO,)))
    toy.full = True
    with pytest.raises(EnvironmentProblem):
        history.undo()
    toy.full = False
    history.undo()
    assert toy.rating == 0
