"""Colours can be read, icons are there and take the theme's colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QToolButton

from photoorg.core.paths import resource_path
from photoorg.gui.icons import IconSet, application_icon, render_icon
from photoorg.gui.stylesheet import build_stylesheet
from photoorg.gui.theme import DARK, LIGHT, Appearance, ThemeService, contrast

ICONS = sorted(path.stem for path in resource_path("icons").glob("*.svg"))
THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])


@pytest.fixture
def service(qapp: QApplication):
    service = ThemeService(Appearance.DARK)
    service.apply(qapp)
    yield service
    qapp.setStyleSheet("")


def test_contrast_of_known_pairs() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
@pytest.mark.parametrize("ground", ["window", "panel", "raised", "hover", "pressed"])
@pytest.mark.parametrize("ink", ["text", "dimmed", "success", "warning", "danger"])
def test_words_can_be_read_on_every_surface(theme, ground: str, ink: str) -> None:
    # What is held down or chosen says so with its normal text.
    least = 3.0 if (ink, ground) == ("dimmed", "pressed") else 4.5
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= least


@THEMES
def test_the_accent_can_be_read_and_read_upon(theme) -> None:
    assert contrast(theme.on_accent, theme.accent_strong) >= 4.5
    for ground in (theme.window, theme.panel, theme.raised):
        assert contrast(theme.accent_strong, ground) >= 4.5
        assert contrast(theme.accent, ground) >= 3.0
    assert contrast(theme.on_surround, theme.surround) >= 4.5


@THEMES
def test_surfaces_are_without_tint(theme) -> None:
    for name in ("window", "panel", "raised", "line", "text", "dimmed", "hover", "pressed"):
        red, green, blue = QColor(getattr(theme, name)).getRgb()[:3]
        assert red == green == blue, name


@THEMES
def test_stylesheet_is_filled_in(theme) -> None:
    sheet = build_stylesheet(theme)
    assert "$" not in sheet
    assert theme.accent in sheet


def test_choosing_an_appearance_tells_and_repaints(service: ThemeService, qtbot, qapp) -> None:
    with qtbot.waitSignal(service.changed):
        service.set_appearance(Appearance.LIGHT)
    assert service.theme is LIGHT
    assert qapp.palette().window().color().name() == LIGHT.window
    with qtbot.assertNotEmitted(service.changed):
        service.set_appearance(Appearance.LIGHT)


@pytest.mark.parametrize("name", ICONS)
@pytest.mark.parametrize("ratio", [1.0, 2.0, 3.0])
def test_icons_draw_something_in_the_colour_asked_for(qapp, name: str, ratio: float) -> None:
    image = render_icon(name, 20, ratio, QColor("#ff0000")).toImage()
    assert image.width() == round(20 * ratio)
    inks = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 180
    }
    if name != "app":
        assert inks == {"#ff0000"}
    else:
        assert inks


@pytest.mark.parametrize("name", [name for name in ICONS if name != "app"])
def test_icons_keep_to_the_grid(name: str) -> None:
    svg = resource_path("icons", f"{name}.svg").read_text()
    assert 'viewBox="0 0 20 20"' in svg
    assert 'stroke-width="1.5"' in svg
    assert 'stroke-linecap="round"' in svg
    assert not re.findall(r"#[0-9a-f]{3,6}", svg), "colours come from the theme"


def test_every_icon_named_in_the_source_exists() -> None:
    gui = Path(__file__).parents[2] / "photoorg" / "gui"
    named = set()
    for source in gui.rglob("*.py"):
        text = source.read_text()
        named.update(re.findall(r"create_icon_button\(\s*\w+,\s*\"([a-z-]+)\"", text))
        named.update(re.findall(r"\.bind\([\w.]+,\s*\"([a-z-]+)\"", text))
    assert {"sidebar", "play", "pause"} <= named
    assert named <= set(ICONS)


def test_bound_icons_follow_the_theme(service: ThemeService, qtbot) -> None:
    icons = IconSet(service)
    button = QToolButton()
    qtbot.addWidget(button)
    icons.bind(button, "close")

    def ink() -> str:
        image = button.icon().pixmap(20, 20).toImage()
        return max(
            (image.pixelColor(x, y) for x in range(20) for y in range(20)),
            key=lambda color: color.alpha(),
        ).name()

    dark = ink()
    service.set_appearance(Appearance.LIGHT)
    assert QColor(dark).lightness() > 200
    assert QColor(ink()).lightness() < 60


def test_disabled_icons_are_paler(service: ThemeService) -> None:
    icon = IconSet(service).icon("check")
    normal = icon.pixmap(20, QIcon.Mode.Normal).toImage()
    pale = icon.pixmap(20, QIcon.Mode.Disabled).toImage()
    assert normal != pale


def test_application_icon_has_all_sizes(qapp) -> None:
    sides = {size.width() for size in application_icon().availableSizes()}
    assert {16, 32, 256} <= sides
