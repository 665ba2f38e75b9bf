"""The chart of a training: round ticks, and no point, one point or odd points harm it."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from photoorg.gui.models.curve import Curve, CurveChart, nice_ticks, tick_text
from photoorg.gui.theme import Appearance, ThemeService

FINITE = st.floats(-1e9, 1e9)


@given(FINITE, FINITE)
def test_ticks_cover_the_values_in_few_round_steps(first: float, second: float) -> None:
    low, high = sorted((first, second))
    ticks = nice_ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 6
    assert all(before < after for before, after in itertools.pairwise(ticks))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.14, 0.76, (0.0, 0.2, 0.4, 0.6, 0.8)),
        (0.0, 60.0, (0.0, 20.0, 40.0, 60.0)),
        (12.0, 49.0, (10.0, 20.0, 30.0, 40.0, 50.0)),
    ],
)
def test_ticks_are_those_a_person_would_choose(low, high, expected) -> None:
    assert nice_ticks(low, high) == expected


def test_ticks_have_the_decimals_that_tell_them_apart() -> None:
    assert [tick_text(tick, (0.0, 0.05, 0.1)) for tick in (0.0, 0.05, 0.1)] == [
        "0.00",
        "0.05",
        "0.10",
    ]
    assert tick_text(2000.0, (0.0, 1000.0)) == "2,000"


@pytest.fixture
def theme(qapp):
    return ThemeService(Appearance.DARK)


@pytest.fixture
def chart(qtbot, theme):
    chart = CurveChart("Loss", theme)
    qtbot.addWidget(chart)
    chart.resize(340, chart.height())
    chart.show()
    return chart


def colours(chart) -> set[str]:
    image = chart.grab().toImage()
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(image.width())
        for y in range(image.height())
    }


POINTS = tuple((float(epoch), 1.0 / epoch) for epoch in range(1, 30))


@pytest.mark.parametrize(
    "points",
    [
        (),
        ((1.0, 0.5),),
        ((1.0, 0.0), (2.0, 0.0)),
        ((1.0, math.nan), (2.0, 0.4), (3.0, math.inf), (4.0, 0.3)),
        ((1.0, 1e-12), (2.0, 1e12)),
        ((1.0, -3.0), (2.0, -3.0)),
    ],
    ids=["none", "one", "zero", "odd", "huge", "flat"],
)
def test_any_points_can_be_drawn(chart, points) -> None:
    chart.set_curves([Curve("training", points)], 60)
    chart.grab()


def test_what_is_no_number_is_left_out(chart) -> None:
    chart.set_curves([Curve("a", ((1.0, math.nan),)), Curve("b", ((1.0, 0.2), (2.0, math.nan)))], 9)
    assert [curve.name for curve in chart.curves] == ["b"]
    assert chart.accessibleDescription() == "b 0.2 at epoch 1"


@pytest.mark.parametrize("appearance", [Appearance.DARK, Appearance.LIGHT])
def test_the_curve_has_the_accent_of_the_theme(chart, theme, appearance) -> None:
    theme.set_appearance(appearance)
    accent = theme.color("accent").name()
    chart.set_curves([], 60)
    assert accent not in colours(chart)
    chart.set_curves([Curve("training", POINTS)], 60)
    assert accent in colours(chart)


def test_the_curve_falls_where_the_values_fall(chart, theme) -> None:
    chart.set_curves([Curve("training", POINTS)], 29)
    image = chart.grab().toImage()
    accent = theme.color("accent").name()
    below_the_legend = range(30, image.height())
    heights = []
    for middle in (image.width() // 4, image.width() - 20):
        around = range(middle - 4, middle + 5)
        hits = [
            y
            for y in below_the_legend
            if any(QColor(image.pixel(x, y)).name() == accent for x in around)
        ]
        heights.append(sum(hits) / len(hits) if hits else math.nan)
    assert heights[0] < heights[1], "smaller values are further down"


def test_a_legend_too_long_for_one_line_keeps_all_names(chart) -> None:
    names = ["Tag ranking", "Five best tags", "Found by words"]
    chart.set_curves([Curve(name, POINTS) for name in names], 29)
    texts, beside = chart._legend()
    assert not beside
    assert [text.startswith(name) for text, name in zip(texts, names, strict=True)] == [True] * 3
    chart.resize(900, chart.height())
    texts, beside = chart._legend()
    assert beside
    assert texts[0] == "Tag ranking 0.0345"


@pytest.mark.parametrize("epochs", [1, 2, 5, 29, 60, 10_000])
def test_the_axis_goes_from_the_first_epoch_to_the_last(chart, epochs) -> None:
    chart.set_curves([Curve("training", ((1.0, 0.5),))], epochs)
    plot = QRectF(20, 0, 300, 100)
    assert chart._x(1, plot) == plot.left()
    if epochs > 1:
        assert chart._x(epochs, plot) == plot.right()
    chart.grab()


def test_it_says_what_it_shows(chart) -> None:
    assert chart.accessibleName() == "Loss"
    assert chart.accessibleDescription() == "Nothing measured yet"
    chart.set_curves([Curve("training", POINTS)], 60)
    assert chart.accessibleDescription() == "training 0.0345 at epoch 29"
