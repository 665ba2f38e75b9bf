"""Many real photos at once, and reasons from them: COCO's labels as a person's tags."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoorg.core.changes import ConfirmTags, RejectTag
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.progress import CancelToken
from photoorg.core.reasons import Effect
from photoorg.core.records import PhotoScope
from photoorg.jobs.library import Library

pytestmark = pytest.mark.timeout(300)

Labels = dict[PhotoId, frozenset[str]]


@pytest.fixture(scope="module")
def library(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    paths = CatalogPaths(tmp_path_factory.mktemp("catalog"))
    with Library.open(paths, background=False) as library:
        folder = data_folder / "coco128" / "images"
        library.index([folder], on_progress=lambda progress: None, token=CancelToken())
        yield library


@pytest.fixture(scope="module")
def labels(library: Library, data_folder: Path) -> Labels:
    """What each photo shows, by the people who labelled it."""
    with (data_folder / "coco128" / "labels.tsv").open(encoding="utf-8") as file:
        named = {row["file"]: row["labels"] for row in csv.DictReader(file, delimiter="\t")}
    ids = [PhotoId(each) for each in library.photo_ids(PhotoScope()).tolist()]
    paths = library.paths_of(ids)
    return {photo: frozenset(named.get(paths[photo].name, "").split(";")) - {""} for photo in ids}


@pytest.fixture(scope="module")
def tagged(library: Library, labels: Labels) -> dict[str, list[PhotoId]]:
    """Every second photo carries its labels as tags."""
    given: defaultdict[str, list[PhotoId]] = defaultdict(list)
    for photo in sorted(labels)[::2]:
        for label in labels[photo]:
            given[label].append(photo)
    pairs = tuple((tag, tuple(photos)) for tag, photos in given.items())
    changes = library.apply(ConfirmTags(pairs))
    assert changes.label == (
        f"Accept {sum(map(len, given.values())):,} suggestions on {len(changes.photo_ids)} photos"
    )
    return dict(given)


def test_suggestions_for_a_selection(library: Library, labels: Labels) -> None:
    photos = sorted(labels)
    answer = library.bulk.suggest(photos)
    assert (answer.asked, answer.unseen) == (len(photos), 0)
    expected = [each.expected for each in answer.suggestions]
    assert expected == sorted(expected, reverse=True)
    single = library.suggest(photos[:1], 20)[photos[0]]
    for each in single:
        of_tag = next(s for s in answer.suggestions if s.tag == each.tag)
        assert dict(of_tag.photos)[photos[0]] == pytest.approx(each.probability, abs=1e-4)


def test_accepting_all_is_one_step_and_settles_them(
    library: Library, labels: Labels, tagged: dict[str, list[PhotoId]]
) -> None:
    photos = sorted(labels)[1::2][:30]
    before = [library.details(photo) for photo in photos]
    answer = library.bulk.suggest(photos)
    pairs = tuple((each.tag, each.above(0.5)) for each in answer.suggestions if each.above(0.5))
    assert pairs
    library.apply(ConfirmTags(pairs))
    left = {each.tag: dict(each.photos) for each in library.bulk.suggest(photos).suggestions}
    assert library.undo() is not None
    for tag, accepted in pairs:
        assert not set(accepted) & set(left.get(tag, ()))
    assert [library.details(photo) for photo in photos] == before


def test_a_tag_is_passed_on_to_photos_that_show_it(
    library: Library, labels: Labels, tagged: dict[str, list[PhotoId]]
) -> None:
    """Of tags with some examples, the first five photos are right far more often than by chance."""
    right, asked, chance = 0, 0, 0.0
    rest = [photo for photo in labels if not any(photo in given for given in tagged.values())]
    for tag, seeds in tagged.items():
        more = sum(tag in labels[photo] for photo in rest)
        if len(seeds) < 3 or more < 3 or tag == "person":
            continue
        alike = library.bulk.propagate(tag)
        assert not {photo for photo, _ in alike.photos} & set(seeds)
        first = [photo for photo, _ in alike.photos if photo in rest][:5]
        right += sum(tag in labels[photo] for photo in first)
        asked += len(first)
        chance += len(first) * more / len(rest)
    assert asked >= 40
    assert right / asked > 3 * chance / asked


def test_photos_that_were_denied_a_tag_are_not_offered(
    library: Library, tagged: dict[str, list[PhotoId]]
) -> None:
    first = library.bulk.propagate("person").photos[0][0]
    library.apply(RejectTag("person", (first,)))
    again = library.bulk.propagate("person")
    assert first not in dict(again.photos)
    library.undo()
    assert first in dict(library.bulk.propagate("person").photos)


def test_reasons_are_photos_that_carry_the_tag_and_come_at_once(
    library: Library, labels: Labels, tagged: dict[str, list[PhotoId]]
) -> None:
    tag = max((each for each in tagged if each != "person"), key=lambda each: len(tagged[each]))
    photo = next(p for p in sorted(labels) if tag in labels[p] and p not in tagged[tag])
    library.apply(RejectTag(tag, (next(p for p in labels if not labels[p] & {tag}),)))
    library.why.of_tag(photo, tag)
    begun = time.perf_counter()
    why = library.why.of_tag(photo, tag)
    seconds = time.perf_counter() - begun
    library.undo()
    print(f"reasons in {seconds * 1000:.1f} ms")
    assert 1 <= len(why.near) <= 6
    assert {each.photo_id for each in why.near} <= set(tagged[tag])
    cosines = [each.cosine for each in why.near]
    assert cosines == sorted(cosines, reverse=True)
    assert all(-1 <= each <= 1 for each in cosines)
    assert len(why.against) == 1
    assert why.words


def test_tags_that_go_together_are_counted(
    library: Library, tagged: dict[str, list[PhotoId]]
) -> None:
    """Who has a fork has a table, as a rule; that people are on most photos says nothing."""
    together = {
        (one, other): len(set(tagged[one]) & set(tagged[other]))
        for one in tagged
        for other in tagged
        if one != other and "person" not in (one, other)
    }
    (one, other), _ = max(together.items(), key=lambda pair: pair[1])
    photo = next(p for p in tagged[one] if p in tagged[other])
    why = library.why.of_tag(photo, other)
    pull = next(each for each in why.pulls if each.tag == one)
    assert pull.both == together[one, other] - 1
    assert pull.total == len(tagged[one]) - 1


def test_what_is_missing_is_said(library: Library, labels: Labels) -> None:
    photo = sorted(labels)[1]
    why = library.why.of_tag(photo, "unheard of")
    assert why.notes == ("No other photo carries “unheard of” yet.",)
    with pytest.raises(UsageProblem, match="no longer"):
        library.why.of_tag(PhotoId(99_999), "dog")


def test_a_search_says_why_it_found_a_photo(
    library: Library, tagged: dict[str, list[PhotoId]]
) -> None:
    text = "giraffe -car type:jpeg"
    hit = library.search(text, PhotoScope()).hits[0].photo_id
    why = library.why.why_found(text, hit)
    assert [each.part for each in why.parts] == ["giraffe", "-car", "type:jpeg"]
    assert [each.effect for each in why.parts] == [Effect.FOR] * 3
    assert why.strongest == "giraffe"
    assert why.parts[0].strength > 0.5
