"""Numbers, sizes and times as a person would say them."""

from __future__ import annotations

from datetime import datetime

_MINUTE = 60
_HOUR = 3600
_BETWEEN = " \N{MIDDLE DOT} "
_LONG_FACT = 36


def photos(count: int) -> str:
    """Return "1 photo", "1,204 photos"."""
    return "1 photo" if count == 1 else f"{count:,} photos"


def files(count: int) -> str:
    """Return "1 file", "1,204 files"."""
    return "1 file" if count == 1 else f"{count:,} files"


def time_left(seconds: float) -> str:
    """Return "about 2 min left": as exact as an estimate deserves.

    Args:
        seconds: estimate, 0 or more.
    """
    if seconds < 10:
        return "a few seconds left"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} s left"
    if seconds < _HOUR - _MINUTE / 2:
        return f"about {max(1, round(seconds / _MINUTE))} min left"
    hours = seconds / _HOUR
    figure = f"{hours:.1f}".removesuffix(".0") if hours < 10 else f"{hours:.0f}"
    return f"about {figure} h left"


def rate(per_second: float) -> str:
    """Return "42 photos/s", with a decimal below ten."""
    figure = f"{per_second:.0f}" if per_second >= 10 else f"{per_second:.1f}"
    return f"{figure} photos/s"


def file_size(size: int) -> str:
    """Return "4.2 MB" (decimal units, as the file managers show).

    Args:
        size: bytes.
    """
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    if unit == "bytes":
        return f"{size:,} bytes"
    return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"


def dimensions(width: int, height: int) -> str:
    """Return "4,000 × 3,000 · 12 MP".

    Args:
        width: pixels.
        height: pixels.
    """
    megapixels = width * height / 1e6
    figure = f"{megapixels:.0f}" if megapixels >= 10 else f"{megapixels:.1f}"
    return f"{width:,} × {height:,} · {figure} MP"


def moment(when: datetime) -> str:
    """Return "14 July 2023, 09:30"."""
    return f"{when.day} {when:%B %Y, %H:%M}"


def place(latitude: float, longitude: float) -> str:
    """Return "39.9999° N, 116.2755° E" (four decimals are about ten metres)."""
    north = f"{abs(latitude):.4f}° {'N' if latitude >= 0 else 'S'}"
    east = f"{abs(longitude):.4f}° {'E' if longitude >= 0 else 'W'}"
    return f"{north}, {east}"


def unbroken(text: str) -> str:
    """Return facts in which lines are only broken after the dots: "2 photos · EfficientNet-Lite2".

    A fact that is longer than most lines, such as the name of a folder, may be broken anywhere.
    """
    facts = text.split(_BETWEEN)
    kept = [fact if len(fact) > _LONG_FACT else _hold_together(fact) for fact in facts]
    return "\N{NO-BREAK SPACE}\N{MIDDLE DOT} ".join(kept)


def _hold_together(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "-\N{WORD JOINER}")


def percent(probability: float) -> str:
    """Return "88 %", never a certainty.

    Args:
        probability: 0 to 1.
    """
    return f"{min(99, max(1, round(probability * 100)))} %"
