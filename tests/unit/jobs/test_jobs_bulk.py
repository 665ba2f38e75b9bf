"""Suggestions for many photos, summed up tag by tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from photoorg.catalog.records import SaidOfTag
from photoorg.core.bulk import MOST_PHOTOS, BulkSuggestion
from photoorg.core.errors import Cancelled, EnvironmentProblem, UsageProblem
from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.progress import CancelToken, Progress
from photoorg.core.records import Suggestion
from photoorg.index import VectorIndex
from photoorg.jobs import bulk
from photoorg.jobs.active_model import JOINT
from photoorg.jobs.bulk import Bulk

NONE = np.empty(0, dtype=np.int64)


class FakeSuggester:
    """Photo n deserves "all" and, where n is even, "even"; multiples of 7 were not looked at."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        self.asked.append(len(photo_ids))
        return {
            photo: [
                Suggestion("all" if photo % 3 else "All", 0.3 + photo / 1e5, "fake"),
                *([Suggestion("even", 0.9, "fake")] if photo % 2 == 0 else []),
            ]
            for photo in photo_ids
            if photo % 7
        }


def photos(*numbers: int) -> tuple[PhotoId, ...]:
    return tuple(map(PhotoId, numbers))


def create(suggester: Any = None, *, index: VectorIndex | None = None, said: Any = None) -> Bulk:
    parts = SimpleNamespace(
        looks=None, trained=None, keepers=[SimpleNamespace(indexes={JOINT: index} if index else {})]
    )
    search: Any = SimpleNamespace(suggester=suggester, parts=parts, problem=None)
    catalog: Any = SimpleNamespace(said_of_tag=lambda tag: said)
    return Bulk(catalog, search, lambda: None)


def test_tags_come_by_the_expected_number_of_right_photos() -> None:
    answer = create(FakeSuggester()).suggest(photos(1, 2, 3, 4, 6, 7))
    assert (answer.asked, answer.unseen) == (6, 1)
    assert [each.tag for each in answer.suggestions] == ["even", "all"]
    even, every = answer.suggestions
    assert even.photos == ((2, 0.9), (4, 0.9), (6, 0.9))
    assert even.expected == pytest.approx(2.7)
    assert [photo for photo, _ in every.photos] == [6, 4, 3, 2, 1]


def test_what_might_fit_everything_a_little_counts_for_nothing() -> None:
    sure = BulkSuggestion("cat", ((PhotoId(1), 0.9), (PhotoId(2), 0.5)))
    vague = BulkSuggestion("person", tuple((PhotoId(number), 0.4) for number in range(20)))
    assert sure.expected == pytest.approx(1.4)
    assert vague.expected == 0


def test_a_suggestion_says_who_is_likely_enough() -> None:
    suggestion = BulkSuggestion("dog", ((PhotoId(3), 0.9), (PhotoId(1), 0.6), (PhotoId(2), 0.2)))
    assert suggestion.above(0.6) == (3, 1)
    assert suggestion.above(0.5, {PhotoId(3)}) == (1,)
    assert suggestion.above(0.95) == ()


def test_it_goes_by_chunks_and_tells_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photoorg.jobs.meter.REPORT_EVERY_SECONDS", 0.0)
    suggester, told = FakeSuggester(), []
    answer = create(suggester).suggest(photos(*range(1, 601)), on_progress=told.append)
    assert suggester.asked == [256, 256, 88]
    assert [(each.done, each.total) for each in told] == [(256, 600), (512, 600), (600, 600)]
    assert len(answer.suggestions[-1].photos) + answer.unseen >= 300


def test_it_stops_between_chunks() -> None:
    suggester, token = FakeSuggester(), CancelToken()

    def stop(progress: Progress) -> None:
        token.cancel()

    with pytest.raises(Cancelled):
        create(suggester).suggest(photos(*range(1, 601)), token=token, on_progress=stop)
    assert suggester.asked == [256]


def test_too_many_photos_are_refused_in_words() -> None:
    with pytest.raises(UsageProblem, match="10,000 photos at once"):
        create(FakeSuggester()).suggest(photos(*range(MOST_PHOTOS + 1)))


@pytest.fixture
def index() -> VectorIndex:
    index = VectorIndex(3, model_key=ModelKey("fake"))
    rows = np.array([[1, 0, 0], [1, 0.1, 0], [1, 0.4, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    index.add(np.arange(1, 6, dtype=np.int64), rows)
    return index


def test_a_tag_goes_to_photos_like_those_that_carry_it(index: VectorIndex) -> None:
    said = SaidOfTag(np.array([1]), np.array([4]))
    alike = create(index=index, said=said).propagate("dog")
    assert alike.seeds == 1
    assert [photo for photo, _ in alike.photos] == [2, 3, 5]
    assert alike.photos[0][1] > alike.photos[1][1] > alike.photos[2][1]
    assert alike.note == ""


def test_chosen_seeds_stand_for_the_carriers_which_are_left_out(index: VectorIndex) -> None:
    said = SaidOfTag(np.array([1, 2]), NONE)
    alike = create(index=index, said=said).propagate("dog", photos(3), limit=2)
    assert alike.seeds == 1
    assert [photo for photo, _ in alike.photos] == [4, 5]


def test_nobody_to_be_like_is_said(index: VectorIndex) -> None:
    alike = create(index=index, said=SaidOfTag(NONE, NONE)).propagate("dog")
    assert alike.photos == ()
    assert alike.note == "No photo carries “dog” yet."
    unseen = create(index=index, said=SaidOfTag(np.array([99]), NONE)).propagate("dog")
    assert unseen.note == "No other photo can be compared with these yet."


def test_without_a_model_it_is_said_why(index: VectorIndex) -> None:
    bulk_port = create(said=SaidOfTag(np.array([1]), NONE))
    with pytest.raises(UsageProblem, match="No model is ready"):
        bulk_port.propagate("dog")
    problem = EnvironmentProblem("The model is not here.")
    bulk_port._search = SimpleNamespace(parts=bulk_port._search.parts, problem=problem)
    with pytest.raises(EnvironmentProblem, match="not here"):
        bulk_port.propagate("dog")


def test_each_photo_is_asked_for_more_tags_than_are_shown() -> None:
    assert bulk.TAGS_A_PHOTO > 10
