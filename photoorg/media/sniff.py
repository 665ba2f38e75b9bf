"""Telling formats apart by content."""

from __future__ import annotations

from photoorg.core.records import MediaType
from photoorg.media.containers.tiff import Directory, open_tiff

_PREFIXES: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"GIF87a", MediaType.GIF),
    (b"GIF89a", MediaType.GIF),
    (b"FUJIFILMCCD-RAW", MediaType.RAW),  # Fujifilm RAF
    (b"FOVb", MediaType.RAW),  # Sigma X3F
    (b"\x00MRM", MediaType.RAW),  # Minolta MRW
    (b"II\x1a\x00\x00\x00HEAPCCDR", MediaType.RAW),  # Canon CRW
    (b"IIRO", MediaType.RAW),  # Olympus ORF
    (b"IIRS", MediaType.RAW),
    (b"MMOR", MediaType.RAW),
    (b"IIU\x00", MediaType.RAW),  # Panasonic RW2, Leica RWL
    (b"II+\x00", MediaType.TIFF),  # BigTIFF
    (b"MM\x00+", MediaType.TIFF),
)

_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)

_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _DNG_VERSION, _SONY_PRIVATE = (
    254,
    259,
    262,
    50706,
    50740,
)
_RAW_PHOTOMETRIC = frozenset({32803, 34892})
"""Colour filter array, linear raw."""
_RAW_COMPRESSIONS = frozenset({32767, 32769, 32770, 34713, 65000, 65535})
"""Sony ARW, Epson ERF, Samsung SRW, Nikon NEF, Kodak, Pentax PEF."""


def sniff(head: bytes) -> MediaType | None:
    """Return the format of a file that begins with these bytes, or None where it is no photo.

    Args:
        head: the whole file where it is at hand: RAW and TIFF begin alike, and what tells them
            apart may lie anywhere. 64 kB do for nearly all; fewer than 32 bytes are too few.
    """
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    if head[:4] in {b"II*\x00", b"MM\x00*"}:
        return MediaType.RAW if _is_raw(head) else MediaType.TIFF
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return MediaType.BMP
    return None


def _sniff_brands(head: bytes) -> MediaType | None:
    """Tell what an ISO base media file is from its brands: the major one first."""
    length = min(int.from_bytes(head[:4], "big"), len(head), 1024)
    major = head[8:12]
    compatible = {head[place : place + 4] for place in range(16, length - 3, 4)}
    if major == b"crx ":
        return MediaType.RAW  # Canon CR3
    if major in _AVIF_BRANDS:
        return MediaType.AVIF
    if major in _HEIF_BRANDS - {b"mif1", b"msf1"}:
        return MediaType.HEIF
    if compatible & _AVIF_BRANDS:
        return MediaType.AVIF
    if major in _HEIF_BRANDS or compatible & _HEIF_BRANDS:
        return MediaType.HEIF
    return None


def _is_raw(head: bytes) -> bool:
    """Say whether a TIFF structure is a camera's RAW: by what it holds, not by who made it.

    Photos exported as TIFF keep the camera's name, so the name proves nothing.
    """
    if head[8:10] == b"CR":  # Canon CR2
        return True
    first = open_tiff(head)
    if first is None:
        return False
    if _DNG_VERSION in first:
        return True
    if _SONY_PRIVATE in first and first.integer(_SUBFILE_TYPE) == 1:
        return True
    return any(map(_holds_raw, (first, *first.sub_directories())))


def _holds_raw(directory: Directory) -> bool:
    return (
        directory.integer(_PHOTOMETRIC) in _RAW_PHOTOMETRIC
        or directory.integer(_COMPRESSION) in _RAW_COMPRESSIONS
    )
