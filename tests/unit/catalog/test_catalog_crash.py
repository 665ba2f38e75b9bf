"""kill -9 in the middle of writing: the catalog is consistent and holds all that was promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from catalog_builders import ROOT, Shelf

from photoorg.catalog.catalog import Catalog
from photoorg.core.paths import CatalogPaths

# Tags a photo and says so, over and over, while another thread registers files in bulk.
WRITER = """
import sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from catalog_builders import ROOT, Shelf, found, photo
from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import AddTag
from photoorg.core.paths import CatalogPaths

catalog = Catalog.open(CatalogPaths(Path(sys.argv[1])))
shelf = Shelf(catalog)

def register():
    for batch in range(10_000):
        catalog.register_files(ROOT, [found(ROOT / f"{batch}-{i}.jpg") for i in range(500)])

photo_id = shelf.read("tagged.jpg", photo("bytes")).photo_id
threading.Thread(target=register, daemon=True).start()
for i in range(10_000):
    catalog.apply(AddTag(f"tag {i}", (photo_id,)))
    print(i, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill(paths: CatalogPaths, acknowledged: int) -> None:
    here = str(Path(__file__).parent)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(paths.root), here], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for expected in range(acknowledged):
            assert writer.stdout.readline() == f"{expected}\n"
        writer.kill()
        promised = acknowledged + len(writer.stdout.read().splitlines())
    with Catalog.open(paths) as catalog:
        assert catalog.check() == []
        known = catalog.known_files(ROOT)
        tags = catalog.decided_tags([known[str(ROOT / "tagged.jpg")].photo_id])
        (confirmed,) = tags.values()
        assert {f"tag {i}" for i in range(promised)} <= confirmed
        # A batch is there whole or not at all.
        assert (len(known) - 1) % 500 == 0
        assert Shelf(catalog).register("goes on.jpg")
