"""Photo files made on the spot, so that the tests need no data folder."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from photoorg.core.records import MediaType

TiffValue = tuple[int, int, bytes]
"""Field type, count, bytes (little-endian)."""

FORMATS: dict[MediaType, str] = {
    MediaType.JPEG: "JPEG",
    MediaType.PNG: "PNG",
    MediaType.WEBP: "WEBP",
    MediaType.TIFF: "TIFF",
    MediaType.GIF: "GIF",
    MediaType.BMP: "BMP",
    MediaType.AVIF: "AVIF",
}

QUADRANTS = ((220, 40, 40), (40, 200, 40), (40, 40, 220), (230, 220, 40))
"""Colours of a scene: top left, top right, bottom left, bottom right."""


def scene(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Return four coloured quadrants with a brightness ramp, so that no two corners look alike."""
    pixels = np.zeros((height, width, 3), np.uint8)
    half_height, half_width = height // 2, width // 2
    pixels[:half_height, :half_width] = QUADRANTS[0]
    pixels[:half_height, half_width:] = QUADRANTS[1]
    pixels[half_height:, :half_width] = QUADRANTS[2]
    pixels[half_height:, half_width:] = QUADRANTS[3]
    return pixels


def corners(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the mean colours of the middles of the four quadrants, [4, 3]."""
    height, width = pixels.shape[:2]
    return np.array(
        [
            pixels[
                int(height * y) : int(height * y) + max(1, height // 8),
                int(width * x) : int(width * x) + max(1, width // 8),
            ].mean(axis=(0, 1))
            for y in (0.2, 0.7)
            for x in (0.2, 0.7)
        ]
    ).astype(np.int64)


def encode(image: Image.Image | NDArray[np.uint8], kind: MediaType, **options: Any) -> bytes:
    """Encode a picture; options go to the encoder."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = BytesIO()
    if kind is MediaType.HEIF:
        pillow_heif.from_pillow(picture).save(buffer, quality=95, **options)
    else:
        if kind in {MediaType.JPEG, MediaType.WEBP, MediaType.AVIF}:
            options.setdefault("quality", 92)
        picture.save(buffer, FORMATS[kind], **options)
    return buffer.getvalue()


def text(value: str) -> TiffValue:
    raw = value.encode() + b"\x00"
    return 2, len(raw), raw


def short(*values: int) -> TiffValue:
    return 3, len(values), struct.pack(f"<{len(values)}H", *values)


def long(*values: int) -> TiffValue:
    return 4, len(values), struct.pack(f"<{len(values)}I", *values)


def raw(value: bytes, kind: int = 7) -> TiffValue:
    return kind, len(value), value


def rational(*values: tuple[int, int]) -> TiffValue:
    return 5, len(values), b"".join(struct.pack("<II", *value) for value in values)


def tiff(
    tags: Mapping[int, TiffValue],
    directories: Mapping[int, Mapping[int, TiffValue]] | None = None,
    strip: bytes = b"",
) -> bytes:
    """Build a little-endian TIFF structure.

    `directories` are further ones by the tag that points to them; `strip` becomes the picture's
    data, whose place and length are filled in.
    """
    entries = dict(tags)
    children = directories or {}
    for tag in children:
        entries[tag] = long(0)
    if strip:
        entries |= {273: long(0), 279: long(len(strip))}
    body = bytearray(b"II*\x00" + struct.pack("<I", 8))
    places: dict[int, int] = {}

    def write(directory: Mapping[int, TiffValue], *, remember: bool) -> int:
        start = len(body)
        overflow = start + 2 + 12 * len(directory) + 4
        table = struct.pack("<H", len(directory))
        rest = b""
        for tag, (kind, count, value) in sorted(directory.items()):
            if remember:
                places[tag] = start + len(table) + 8
            if len(value) <= 4:
                table += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\x00")
            else:
                table += struct.pack("<HHII", tag, kind, count, overflow + len(rest))
                rest += value + b"\x00" * (len(value) & 1)
        body.extend(table + struct.pack("<I", 0) + rest)
        return start

    write(entries, remember=True)
    for tag, child in children.items():
        start = write(child, remember=False)
        struct.pack_into("<I", body, places[tag], start)
    if strip:
        struct.pack_into("<I", body, places[273], len(body))
        body.extend(strip)
    return bytes(body)


def exif_block(tags: Mapping[int, TiffValue], **directories: Mapping[int, TiffValue]) -> bytes:
    """Build an Exif block; `exif` and `gps` are its directories."""
    pointers = {"exif": 0x8769, "gps": 0x8825}
    children = {pointers[name]: directory for name, directory in directories.items()}
    return b"Exif\x00\x00" + tiff(tags, children)


def iptc(*sets: tuple[int, int, bytes]) -> bytes:
    """Build IPTC-IIM data sets."""
    return b"".join(
        bytes((0x1C, record, number)) + struct.pack(">H", len(value)) + value
        for record, number, value in sets
    )


def photoshop(iptc_data: bytes) -> bytes:
    """Wrap IPTC in Photoshop image resources, behind another resource with an odd length."""
    other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x00\x00" + struct.pack(">I", 3) + b"abc\x00"
    return (
        other
        + b"8BIM"
        + struct.pack(">H", 0x0404)
        + b"\x00\x00"
        + struct.pack(">I", len(iptc_data))
        + iptc_data
    )


def segment(marker: int, body: bytes) -> bytes:
    """Build a JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Put segments right behind a JPEG's first marker."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def xmp(properties: str) -> bytes:
    """Build an XMP packet around the children of one description."""
    spaces = " ".join(
        f'xmlns:{prefix}="{uri}"'
        for prefix, uri in {
            "dc": "http://purl.org/dc/elements/1.1/",
            "xmp": "http://ns.adobe.com/xap/1.0/",
            "exif": "http://ns.adobe.com/exif/1.0/",
            "lr": "http://ns.adobe.com/lightroom/1.0/",
            "digiKam": "http://www.digikam.org/ns/1.0/",
            "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
        }.items()
    )
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces}>{properties}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def bag(name: str, *items: str, kind: str = "Bag") -> str:
    """Build an XMP array property."""
    inside = "".join(f"<rdf:li>{item}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{inside}</rdf:{kind}></{name}>"


def dng(width: int = 640, height: int = 480, orientation: int = 1) -> bytes:
    """Build an uncompressed DNG without a preview: a red mosaic that gets brighter downwards."""
    mosaic = np.full((height, width), 600, np.uint16)
    ramp = np.linspace(2000, 12000, height // 2, dtype=np.uint16)
    mosaic[::2, ::2] = ramp[:, None]
    srational = b"".join(struct.pack("<ii", v, 1) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    return tiff(
        {
            254: long(0),
            256: long(width),
            257: long(height),
            258: short(16),
            259: short(1),
            262: short(32803),
            271: text("Acme"),
            272: text("Acme One"),
            274: short(orientation),
            277: short(1),
            278: long(height),
            33421: short(2, 2),
            33422: raw(bytes((0, 1, 1, 2)), kind=1),
            50706: raw(bytes((1, 4, 0, 0)), kind=1),
            50707: raw(bytes((1, 1, 0, 0)), kind=1),
            50708: text("Acme One"),
            50717: long(16383),
            50721: (10, 9, srational),
            50778: short(21),
        },
        {0x8769: {0x9003: text("2021:03:04 05:06:07"), 0x829A: rational((1, 250))}},
        strip=mosaic.tobytes(),
    )
