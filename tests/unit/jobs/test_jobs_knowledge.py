"""Tag knowledge of an open catalog, with the shipped models and vectors laid out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddAlias, AddTag, SetParent
from photoorg.core.errors import Cancelled
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import FoundFile, PhotoScope
from photoorg.jobs.knowledge import Knowledge
from photoorg.jobs.model_store import ModelStore
from photoorg.jobs.search_service import SearchService
from photoorg.jobs.workers import visual_files
from photoorg.models.starter import StarterModel

ROOT = Path(Path.cwd().anchor) / "photos"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Twelve photos, the first six of which look alike, as do the others."""
    paths = CatalogPaths(tmp_path)
    with Catalog.open(paths) as catalog:
        catalog.add_folder(ROOT)
        catalog.register_files(ROOT, [FoundFile(ROOT / f"{i}.jpg", 1, i) for i in range(12)])
        ids = sorted(int(each) for each in catalog.photo_ids(PhotoScope()))
        starter = StarterModel.load()
        rng = np.random.default_rng(0)
        width = int(str(starter.visual_key).rpartition(":")[2])
        looks = np.abs(rng.normal(size=(2, width))).astype(np.float32)
        vectors = np.repeat(looks, 6, axis=0)
        catalog.store_vectors(starter.visual_key, [PhotoId(i) for i in ids], vectors)
        for tag, photos in (
            ("zebra", ids[:6]),
            ("zebras", ids[:2]),
            ("giraffe", ids[:4]),
            ("harbour", ids[6:]),
        ):
            catalog.apply(AddTag(tag, tuple(map(PhotoId, photos))))
        yield catalog


@pytest.fixture
def knowledge(catalog: Catalog) -> Knowledge:
    return Knowledge(
        catalog,
        SearchService(catalog, ModelStore(catalog.paths.models, visual_files(catalog.paths))),
    )


def told(knowledge: Knowledge) -> set[tuple[str, str]]:
    return {(proposal.tag, proposal.other) for proposal in knowledge.proposals()}


def test_related_tags_mean_and_look_alike(catalog: Catalog, knowledge: Knowledge) -> None:
    catalog.apply(AddAlias("zebra", "stripes"))
    names = [related.name for related in knowledge.related("Stripes", 3)]
    assert names == ["zebras", "giraffe", "harbour"]
    assert knowledge.related("unheard of") == ()
    assert all(related.likeness <= 1 for related in knowledge.related("zebra"))


def test_proposals_are_applied_in_one_step_and_undone(
    catalog: Catalog, knowledge: Knowledge
) -> None:
    before = told(knowledge)
    assert ("zebras", "zebra") in before
    assert {("zebra", "animal"), ("giraffe", "animal")} <= before
    (plural,) = (each for each in knowledge.proposals() if each.tag == "zebras")
    assert (plural.tag_count, plural.other_count) == (2, 6)
    changes = catalog.apply(plural.operation)
    assert not any("zebras" in pair for pair in told(knowledge))
    assert changes.inverse is not None
    catalog.apply(changes.inverse)
    assert told(knowledge) == before


def test_what_is_dismissed_is_not_proposed_until_that_is_undone(
    catalog: Catalog, knowledge: Knowledge
) -> None:
    (giraffe,) = (each for each in knowledge.proposals() if each.tag == "giraffe")
    changes = catalog.apply(giraffe.dismissal)
    assert ("giraffe", "animal") not in told(knowledge)
    assert changes.inverse is not None
    catalog.apply(changes.inverse)
    assert ("giraffe", "animal") in told(knowledge)


def test_a_tag_that_has_a_place_gets_no_other(catalog: Catalog, knowledge: Knowledge) -> None:
    catalog.apply(SetParent("zebra", "africa"))
    assert not any(tag == "zebra" and other == "animal" for tag, other in told(knowledge))


def test_the_work_can_be_called_off(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    gather = Knowledge._gather_anew

    def cancel_then_gather(self: Knowledge, check: object) -> object:
        self.cancel_proposals()
        return gather(self, check)  # type: ignore[arg-type]

    monkeypatch.setattr(Knowledge, "_gather_anew", cancel_then_gather)
    with pytest.raises(Cancelled):
        knowledge.proposals()
    monkeypatch.undo()
    assert told(knowledge)
