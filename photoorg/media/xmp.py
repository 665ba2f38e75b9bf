"""XMP packets.

Source: the XMP specification, parts 1 and 2 (RDF/XML in attribute and element form); Metadata
Working Group guidelines 2.0 for ratings; the fields that digiKam, Lightroom and Windows write.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from photoorg.core.records import GeoPoint, PhotoMetadata
from photoorg.media.camera import camera_name
from photoorg.media.containers.parts import MAX_PACKET
from photoorg.media.text import clean, parse_date, stars_of_percent, unique

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
_DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
_MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}"
_MICROSOFT_OLD = "{http://ns.microsoft.com/photo/1.0}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

_CONTAINERS = frozenset({_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"})
_PACKET = re.compile(rb"<(?:\w+:)?(xmpmeta|xapmeta|RDF)\b.*</(?:\w+:)?\1\s*>", re.DOTALL)
# Characters that XML 1.0 forbids but that programs write all the same.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# UTF-16 with and without its mark, told by how a packet begins.
_WIDE = {
    b"\xfe\xff": "utf-16",
    b"\xff\xfe": "utf-16",
    b"\x00<": "utf-16-be",
    b"<\x00": "utf-16-le",
}
_COORDINATE = re.compile(r"\s*(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEW])")

# What is a path of keywords, and what parts its steps; the last step is the keyword.
_HIERARCHICAL = ((_LIGHTROOM + "hierarchicalSubject", "|"), (_DIGIKAM + "TagsList", "/"))
_MAX_STEPS = 20
_FLAT = (_DC + "subject", _MICROSOFT + "LastKeywordXMP", _MICROSOFT_OLD + "LastKeywordXMP")


def read_xmp(packet: bytes) -> PhotoMetadata:
    """Read a packet; a damaged, forged or endless one gives nothing, and nothing is raised."""
    properties = _properties(packet)
    if not properties:
        return PhotoMetadata()

    def first(*names: str) -> str:
        return next((value for name in names if (value := _text(properties.get(name)))), "")

    taken_at, offset = parse_date(
        first(_EXIF + "DateTimeOriginal", _PHOTOSHOP + "DateCreated", _XMP + "CreateDate")
    )
    return PhotoMetadata(
        taken_at=taken_at,
        utc_offset_minutes=offset,
        camera=camera_name(first(_TIFF + "Make"), first(_TIFF + "Model")),
        lens=first(_AUX + "Lens"),
        gps=_position(first(_EXIF + "GPSLatitude"), first(_EXIF + "GPSLongitude")),
        rating=_rating(
            first(_XMP + "Rating"), first(_MICROSOFT + "Rating", _MICROSOFT_OLD + "Rating")
        ),
        title=first(_DC + "title"),
        caption=first(_DC + "description"),
        keywords=unique(_keywords(properties)),
        keyword_paths=tuple(dict.fromkeys(_keyword_paths(properties))),
    )


def _properties(packet: bytes) -> dict[str, Element | str]:
    """Return the properties of all descriptions by qualified name; the first of a name stands."""
    if not packet or len(packet) > MAX_PACKET:
        return {}
    encoding = _WIDE.get(packet[:2])
    if encoding:
        packet = packet.decode(encoding, "replace").encode()
    found = _PACKET.search(_FORBIDDEN.sub(b"", packet))
    if found is None:
        return {}
    # Undecodable bytes become U+FFFD instead of costing the whole packet.
    text = found[0].decode("utf-8", "replace")
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return {}
    properties: dict[str, Element | str] = {}
    for description in root.iter(_RDF + "Description"):
        for name, value in description.attrib.items():
            properties.setdefault(name, value)
        for child in description:
            properties.setdefault(child.tag, child)
    return properties


def _items(value: Element | str | None) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of each item of an array, or of a plain value."""
    if value is None:
        return
    if isinstance(value, str):
        yield "", clean(value)
        return
    array = next((child for child in value if child.tag in _CONTAINERS), None)
    if array is None:
        yield "", clean(value.text or "")
        return
    for item in array:
        yield item.get(_LANGUAGE, ""), clean(item.text or "")


def _text(value: Element | str | None) -> str:
    """Return a value's text: of an array the default language, else its first item."""
    items = [(language, text) for language, text in _items(value) if text]
    default = next((text for language, text in items if language == "x-default"), "")
    return default or (items[0][1] if items else "")


def _keywords(properties: dict[str, Element | str]) -> Iterator[str]:
    for name in _FLAT:
        for _, text in _items(properties.get(name)):
            yield text
    for name, separator in _HIERARCHICAL:
        for _, path in _items(properties.get(name)):
            yield path.rsplit(separator, 1)[-1]


def _keyword_paths(properties: dict[str, Element | str]) -> Iterator[tuple[str, ...]]:
    """Yield keywords that stand below others, with those above them."""
    for name, separator in _HIERARCHICAL:
        for _, path in _items(properties.get(name)):
            steps = tuple(filter(None, map(clean, path.split(separator))))
            if 1 < len(steps) <= _MAX_STEPS:
                yield steps


def _rating(stars: str, percent: str) -> int | None:
    """Return 0 to 5; -1 ("rejected" in Lightroom and Bridge) is no star."""
    value = _finite(stars)
    if value is not None:
        return max(0, min(5, round(value)))
    value = _finite(percent)
    return None if value is None else stars_of_percent(value)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _position(latitude: str, longitude: str) -> GeoPoint | None:
    degrees = []
    for text in (latitude, longitude):
        found = _COORDINATE.match(text)
        if found is None:
            return None
        value = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
        degrees.append(-value if found[4] in "SW" else value)
    if abs(degrees[0]) > 90 or abs(degrees[1]) > 180 or degrees == [0, 0]:
        return None
    return GeoPoint(degrees[0], degrees[1])
