"""Who carries a tag, who was denied it, and which tags stand together."""

from __future__ import annotations

import pytest
from catalog_builders import Shelf, photo

from photoorg.catalog import company
from photoorg.catalog.records import Company
from photoorg.core.changes import AddTag, RejectTag
from photoorg.core.ids import PhotoId


@pytest.fixture
def photos(shelf: Shelf) -> tuple[PhotoId, ...]:
    return tuple(shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abcdefgh")


def test_carriers_and_denied(shelf: Shelf, photos: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(AddTag("Sea", photos[:3]))
    shelf.catalog.apply(RejectTag("sea", photos[3:5]))
    said = shelf.catalog.said_of_tag("SEA")
    assert said.carriers.tolist() == list(photos[:3])
    assert said.denied.tolist() == list(photos[3:5])
    nothing = shelf.catalog.said_of_tag("desert")
    assert len(nothing.carriers) == len(nothing.denied) == 0


def test_company_counts_other_photos(shelf: Shelf, photos: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(AddTag("beach", photos[:5]))
    shelf.catalog.apply(AddTag("dog", (photos[0], photos[7])))
    shelf.catalog.apply(AddTag("alone", photos[:1]))
    shelf.catalog.apply(AddTag("sea", (photos[1], photos[2], photos[3], photos[6])))
    shelf.catalog.apply(RejectTag("sea", (photos[4],)))
    assert shelf.catalog.company(photos[0], "sea") == [
        Company("alone", 0, 0),
        Company("beach", 3, 4),
        Company("dog", 0, 1),
    ]
    assert shelf.catalog.company(photos[0], "desert") == []
    assert shelf.catalog.company(PhotoId(999), "sea") == []


def test_the_tag_itself_and_rejected_ones_keep_no_company(
    shelf: Shelf, photos: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("sea", photos))
    shelf.catalog.apply(RejectTag("boat", (photos[0],)))
    assert shelf.catalog.company(photos[0], "sea") == []


def test_photos_outside_the_library_do_not_count(shelf: Shelf, photos: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(AddTag("beach", photos[:3]))
    shelf.catalog.apply(AddTag("sea", photos[:3]))
    shelf.catalog.remove_folder(shelf.root)
    assert len(shelf.catalog.said_of_tag("sea").carriers) == 0
    assert shelf.catalog.company(photos[0], "sea") == [Company("beach", 0, 0)]


def test_of_very_many_photos_the_last_ones_are_counted(
    shelf: Shelf, photos: tuple[PhotoId, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = f"LIMIT {company.LOOKED_AT}"
    assert limit in company._TOGETHER
    monkeypatch.setattr(company, "_TOGETHER", company._TOGETHER.replace(limit, "LIMIT 3"))
    shelf.catalog.apply(AddTag("beach", photos))
    shelf.catalog.apply(AddTag("sea", photos[5:7]))
    assert shelf.catalog.company(photos[0], "sea") == [Company("beach", 2, 3)]
