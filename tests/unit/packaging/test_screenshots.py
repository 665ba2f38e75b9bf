"""The README's pictures keep the window's colours, in few colours altogether, in whatever font."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import Image

TOOLS = Path(__file__).resolve().parents[3] / "packaging"
ACCENT, PANEL = (47, 125, 225), (242, 242, 242)


@pytest.fixture
def screenshots(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(TOOLS)
    spec = importlib.util.spec_from_file_location("screenshots", TOOLS / "screenshots.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "screenshots", module)
    spec.loader.exec_module(module)
    return module


def test_the_windows_colours_stay_exact_and_the_photo_gets_the_rest(screenshots) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 60, 3), np.uint8)
    image = Image.new("RGB", (120, 80), PANEL)
    image.paste(ACCENT, (4, 4, 9, 6))  # a link is a few pixels
    image.paste(Image.fromarray(noise), (60, 0))
    photos = Image.new("L", image.size)
    photos.paste(255, (60, 0, 120, 80))
    few = screenshots.with_palette(image, photos, 128)
    assert few.mode == "P"
    assert len(few.getcolors()) <= 128
    shown = np.asarray(few.convert("RGB"))
    np.testing.assert_array_equal(shown[:, :60], np.asarray(image)[:, :60])
    assert len(np.unique(shown[:, 60:].reshape(-1, 3), axis=0)) > 30


def test_fonts_of_a_folder_are_offered_beside_the_systems(screenshots, tmp_path) -> None:
    folder = tmp_path / "A & B"
    told = ElementTree.fromstring(screenshots.fonts_in(folder))
    assert [each.text for each in told.iter("dir")] == [str(folder)]
    assert [each.text for each in told.iter("string")] == ["sans-serif", "Inter"]
    assert not list(ElementTree.fromstring(screenshots.fonts_in(None)).iter("dir"))
