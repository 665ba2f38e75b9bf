"""What Exif says of a photo. Source: Exif 3.0 (CIPA DC-008), tables 6 to 9."""

from __future__ import annotations

import math
from datetime import datetime

from photoorg.core.records import GeoPoint, PhotoMetadata
from photoorg.media.camera import camera_name
from photoorg.media.containers.parts import Parts
from photoorg.media.containers.tiff import Directory, open_tiff
from photoorg.media.text import clean, parse_date, parse_offset, stars_of_percent, unique

_ORIENTATION = 0x0112
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_DESCRIPTION, _MAKE, _MODEL = 0x010E, 0x010F, 0x0110
_RATING, _RATING_PERCENT = 0x4746, 0x4749
_XP_TITLE, _XP_KEYWORDS = 0x9C9B, 0x9C9E
_EXPOSURE_TIME, _F_NUMBER, _ISO, _FOCAL_LENGTH, _APERTURE = 0x829A, 0x829D, 0x8827, 0x920A, 0x9202
_RECOMMENDED_EXPOSURE, _SENSITIVITY = 0x8832, 0x8831
_LENS_SPECIFICATION, _LENS_MODEL = 0xA432, 0xA434

# When the photo was taken, when it was digitised, when the file was changed: each with the tags
# of its zone and of its fractions of a second.
_DATES = ((0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292), (0x0132, 0x9010, 0x9290))


def read_orientation(exif: bytes) -> int:
    """Return Exif's orientation, 1 to 8; 1 where it is absent or makes no sense."""
    first = open_tiff(exif)
    value = first.integer(_ORIENTATION) if first else None
    return value if value is not None and 1 <= value <= 8 else 1


def read_exif(parts: Parts) -> PhotoMetadata:
    """Read all that Exif tells; what is damaged is left out, nothing is raised."""
    first = open_tiff(parts.exif)
    if first is None:
        return PhotoMetadata()
    exif = open_tiff(parts.exif_directory) or first.sub_directory(_EXIF_DIRECTORY)
    gps = open_tiff(parts.gps_directory) or first.sub_directory(_GPS_DIRECTORY)
    taken_at, offset = _date(first, exif)
    return PhotoMetadata(
        taken_at=taken_at,
        utc_offset_minutes=offset,
        camera=camera_name(first.text(_MAKE), first.text(_MODEL)),
        lens=_lens(exif),
        exposure=_exposure(exif),
        gps=_position(gps),
        rating=_rating(first),
        title=_windows_text(first, _XP_TITLE),
        caption=clean(first.text(_DESCRIPTION)),
        keywords=unique(_windows_text(first, _XP_KEYWORDS).split(";")),
    )


def _date(first: Directory, exif: Directory) -> tuple[datetime | None, int | None]:
    for tag, offset_tag, fraction_tag in _DATES:
        moment, offset = parse_date(exif.text(tag) or first.text(tag))
        if moment is None:
            continue
        fraction = exif.text(fraction_tag)
        if fraction.isascii() and fraction.isdigit():
            moment = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))
        return moment, offset if offset is not None else parse_offset(exif.text(offset_tag))
    return None, None


def _lens(exif: Directory) -> str:
    name = clean(exif.text(_LENS_MODEL))
    if name.strip("-. 0"):
        return name
    values = exif.numbers(_LENS_SPECIFICATION)
    if len(values) != 4 or not 0 < values[0] <= values[1]:
        return ""
    span = f"{values[0]:g}" if values[0] == values[1] else f"{values[0]:g}-{values[1]:g}"
    if min(values[2:]) <= 0:
        return f"{span} mm"
    speed = f"{values[2]:g}" if values[2] == values[3] else f"{values[2]:g}-{values[3]:g}"
    return f"{span} mm f/{speed}"


def _exposure(exif: Directory) -> str:
    """Return "1/250 s f/2.8 ISO 400 50 mm", the parts that are known and make sense."""
    words = []
    seconds = exif.number(_EXPOSURE_TIME) or 0.0
    if 0 < seconds < 0.3:
        words.append(f"1/{round(1 / seconds):d} s")
    elif 0.3 <= seconds < 1e6:
        words.append(f"{seconds:.3g} s")
    aperture = exif.number(_F_NUMBER) or 0.0
    apex = exif.number(_APERTURE) or 0.0
    if aperture <= 0 and 0 < apex < 16:
        aperture = math.sqrt(2) ** apex
    if 0 < aperture < 1000:
        words.append(f"f/{aperture:.2g}" if aperture < 10 else f"f/{aperture:.0f}")
    for tag in (_ISO, _RECOMMENDED_EXPOSURE, _SENSITIVITY):
        iso = exif.integer(tag) or 0
        if 0 < iso < 65535 or iso > 65535:
            words.append(f"ISO {iso}")
            break
    focal_length = exif.number(_FOCAL_LENGTH) or 0.0
    if 0 < focal_length < 1e5:
        words.append(f"{focal_length:.3g} mm" if focal_length < 100 else f"{focal_length:.0f} mm")
    return " ".join(words)


def _position(gps: Directory) -> GeoPoint | None:
    """Return the place; none where it is out of range, or 0, 0 (a receiver without a fix)."""
    latitude = _degrees(gps.numbers(2), gps.text(1), "S")
    longitude = _degrees(gps.numbers(4), gps.text(3), "W")
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return GeoPoint(latitude, longitude)


def _degrees(values: tuple[float, ...], reference: str, negative: str) -> float | None:
    if not 1 <= len(values) <= 3 or min(values) < 0:
        return None
    total = sum(value * (1.0, 1 / 60, 1 / 3600)[place] for place, value in enumerate(values))
    return -total if reference[:1].upper() == negative else total


def _rating(first: Directory) -> int | None:
    stars = first.integer(_RATING)
    if stars is not None and 0 <= stars <= 5:
        return stars
    percent = first.number(_RATING_PERCENT)
    return None if percent is None else stars_of_percent(percent)


def _windows_text(first: Directory, tag: int) -> str:
    """Return text that Windows wrote as UTF-16."""
    raw = first.raw(tag)
    return clean(raw[: len(raw) & ~1].decode("utf-16-le", "replace").split("\x00", 1)[0])
