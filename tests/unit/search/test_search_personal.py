"""What was learned of the person's tags, among what is suggested in general."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from photoorg.core.ids import ModelKey, PhotoId
from photoorg.core.records import Suggestion
from photoorg.models.personal import KIND, PersonalModel
from photoorg.search.personal import PersonalSuggester, judge_photos, names_now, tag_rows

NAMES = ("cat", "Garden", "rare")


def model(look: Sequence[float] = (4.0, 4.0, 4.0)) -> PersonalModel:
    """Each tag is told from one trait of its own: its log odds are what that trait is, scaled."""
    k = len(NAMES)
    zero, one = np.zeros(k, dtype=np.float32), np.ones(k, dtype=np.float32)
    company = np.zeros((k, k), dtype=np.float32)
    company[0, 1] = 1.0
    return PersonalModel(
        names=NAMES,
        words=np.zeros((k, 1), dtype=np.float32),
        word_mean=zero,
        word_scale=one,
        mean=np.zeros(k, dtype=np.float32),
        look=np.diag(np.asarray(look, dtype=np.float32)),
        company=company,
        company_mean=zero,
        company_scale=one,
        usual=zero,
        weights=np.tile(np.array([0, 1, 2], dtype=np.float32), (k, 1)),
        company_offset=zero,
        seen_again=zero,
        offset=zero,
        examples=np.array([30, 9, 4]),
        thresholds=np.array([0.7, 0.7, np.inf], dtype=np.float32),
    )


class Sight:
    visual_key = ModelKey("pooled")

    def traits(self, visual: np.ndarray) -> np.ndarray:
        return visual


@dataclass
class Catalog:
    seen: dict[int, tuple[float, float, float]]
    confirmed: dict[int, set[str]] = field(default_factory=dict)
    rejected: dict[int, set[str]] = field(default_factory=dict)
    names: tuple[str, ...] = NAMES

    def vectors(self, key: ModelKey, photo_ids: Sequence[PhotoId]) -> tuple:
        ids = [photo for photo in photo_ids if photo in self.seen]
        rows = np.array([self.seen[photo] for photo in ids], dtype=np.float32).reshape(-1, 3)
        return np.array(ids, dtype=np.int64), rows

    def carried_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        return {photo: frozenset(self.confirmed.get(photo, ())) for photo in photo_ids}

    def decided_tags(self, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, frozenset[str]]:
        known = self.carried_tags(photo_ids)
        return {p: tags | frozenset(self.rejected.get(p, ())) for p, tags in known.items()}

    def tags_in_use(self) -> Sequence[str]:
        return self.names

    def tags(self) -> Sequence[object]:
        raise AssertionError("counting all tags is not needed")


@dataclass
class General:
    """Suggests its words for each photo, as many as asked for."""

    words: tuple[tuple[str, float], ...] = (("sky", 0.9), ("CAT", 0.8), ("rare", 0.5))

    def suggest(
        self, photo_ids: Sequence[PhotoId], limit: int = 10, *, decided: bool = False
    ) -> Mapping[PhotoId, Sequence[Suggestion]]:
        listed = tuple(Suggestion(tag, p, "starter") for tag, p in self.words[:limit])
        return dict.fromkeys(photo_ids, listed)


def suggest(catalog: Catalog, photo: int, limit: int = 10, **how: object) -> list[Suggestion]:
    learned = how.pop("learned", model())
    suggester = PersonalSuggester(catalog, Sight(), General(), lambda: learned)
    return list(suggester.suggest([PhotoId(photo)], limit, **how)[PhotoId(photo)])


def test_until_something_is_learned_the_general_model_suggests() -> None:
    found = suggest(Catalog({1: (1, 1, 1)}), 1, learned=None)
    assert [each.tag for each in found] == ["sky", "CAT", "rare"]


def test_what_was_learned_takes_the_general_words_place() -> None:
    found = suggest(Catalog({1: (-0.2, 0.5, 1)}), 1)
    # "cat" is judged by what was learned alone; "rare" has too few examples, so in general.
    assert [(each.tag, each.source) for each in found] == [
        ("sky", "starter"),
        ("Garden", KIND),
        ("rare", "starter"),
        ("cat", KIND),
    ]
    assert [each.sure for each in found] == [True, True, True, False]
    assert found[1].probability == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-5)


def test_what_is_sure_stands_before_what_is_not() -> None:
    unsure = replace(model(), thresholds=np.array([0.9, np.inf, np.inf], dtype=np.float32))
    found = suggest(Catalog({1: (1.0, 1.0, 0)}), 1, learned=unsure)
    assert [each.tag for each in found] == ["cat", "sky", "rare", "Garden"]


def test_what_is_improbable_is_left_out() -> None:
    assert "cat" not in {each.tag for each in suggest(Catalog({1: (-2, 0, 0)}), 1)}


def test_there_are_as_many_as_asked_for_though_learned_tags_take_words_places() -> None:
    found = suggest(Catalog({1: (-9, -9, 0)}), 1, limit=2)
    assert [each.tag for each in found] == ["sky", "rare"]


def test_decided_tags_are_left_out_whatever_their_letter_case() -> None:
    catalog = Catalog({1: (1, 1, 0)}, confirmed={1: {"CAT"}}, rejected={1: {"garden"}})
    assert {each.tag for each in suggest(catalog, 1)} == {"sky", "rare"}
    assert {each.tag for each in suggest(catalog, 1, decided=True)} >= {"cat", "Garden"}


def test_tags_that_a_photo_has_pull_others_unless_photos_are_judged_by_pixels() -> None:
    bare, tagged = Catalog({1: (0, 0, 0)}), Catalog({1: (0, 0, 0)}, confirmed={1: {"cat"}})

    def garden(catalog: Catalog, **how: object) -> float:
        return next(s.probability for s in suggest(catalog, 1, **how) if s.tag == "Garden")

    assert garden(tagged) > garden(bare) + 0.2
    assert garden(tagged, decided=True) == garden(bare, decided=True)


def test_rejected_tags_are_no_company() -> None:
    rejected = Catalog({1: (0, 0, 0)}, rejected={1: {"cat"}})
    found = {each.tag: each.probability for each in suggest(rejected, 1)}
    assert found["Garden"] == pytest.approx(0.5)


def test_a_tag_by_its_name_of_today() -> None:
    catalog = Catalog({1: (1, 1, 0)}, names=("CAT", "yard"))
    assert names_now(catalog, model()) == ["CAT", "", ""]
    found = suggest(catalog, 1)
    assert "CAT" in {each.tag for each in found if each.source == KIND}
    assert "Garden" not in {each.tag for each in found}


def test_a_tag_that_is_gone_leaves_the_general_word_alone() -> None:
    found = suggest(Catalog({1: (1, 1, 0)}, names=("Garden",)), 1)
    assert ("CAT", "starter") in {(each.tag, each.source) for each in found}


def test_photos_that_were_not_looked_at_are_left_out() -> None:
    catalog = Catalog({1: (1, 1, 1)})
    suggester = PersonalSuggester(catalog, Sight(), General(), model)
    assert set(suggester.suggest([PhotoId(1), PhotoId(2)])) == {1}
    assert suggester.suggest([]) == {}


def test_many_photos_are_judged_in_parts() -> None:
    catalog = Catalog({n: (n / 3000, 0, 0) for n in range(2500)})
    chunks = list(judge_photos(catalog, Sight(), model(), [PhotoId(n) for n in range(2500)]))
    assert [len(ids) for ids, _ in chunks] == [1024, 1024, 452]
    whole = np.concatenate([probability for _, probability in chunks])[:, 0]
    assert (np.diff(whole) > 0).all()


def test_rows_of_tags() -> None:
    carried = {PhotoId(1): frozenset({"CAT", "unknown"}), PhotoId(2): frozenset({"rare"})}
    rows = tag_rows(NAMES, [PhotoId(2), PhotoId(1), PhotoId(3)], carried)
    assert rows.tolist() == [[False, False, True], [True, False, False], [False] * 3]
