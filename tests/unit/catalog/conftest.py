from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from catalog_builders import Shelf

from photoorg.catalog.catalog import Catalog
from photoorg.core.paths import CatalogPaths


@pytest.fixture
def paths(tmp_path: Path) -> CatalogPaths:
    return CatalogPaths(tmp_path / "catalog")


@pytest.fixture
def catalog(paths: CatalogPaths) -> Iterator[Catalog]:
    with Catalog.open(paths) as opened:
        yield opened
        assert opened.check() == [], "a test left the catalog inconsistent"


@pytest.fixture
def shelf(catalog: Catalog) -> Shelf:
    return Shelf(catalog)
