"""What a file says of itself, from Exif, IPTC and XMP together."""

from __future__ import annotations

import re

from photoorg.core.records import MediaType, PhotoMetadata
from photoorg.media.containers import Parts, take_apart
from photoorg.media.exif import read_exif
from photoorg.media.iptc import read_iptc
from photoorg.media.text import unique
from photoorg.media.xmp import read_xmp

# What cameras write into the description of every photo says nothing of this one.
_BOILERPLATE = re.compile(
    r"(\w+[ -]){0,2}digital (still )?camera|sony dsc|exif_jpeg_picture|jpeg|default|untitled|null"
    r"|dcim\S*|my beautiful picture|created with gimp|screenshot",
    re.IGNORECASE,
)


def read_metadata(data: bytes, media_type: MediaType) -> PhotoMetadata:
    """Read a file's metadata; damage costs only what is damaged, and nothing is raised.

    Args:
        data: the whole file.
        media_type: as `sniff` says.
    """
    return metadata_of(take_apart(data, media_type))


def metadata_of(parts: Parts) -> PhotoMetadata:
    """Merge the three standards.

    Where they disagree, Exif goes before XMP and XMP before IPTC, as the Metadata Working Group's
    guidelines (2.0, section 3) order them. Keywords are the union, as programs that write one
    standard often leave the other stale: losing a keyword is worse than showing an old one.
    """
    exif, iptc, xmp = read_exif(parts), read_iptc(parts.iptc), read_xmp(parts.xmp)
    camera = exif.camera or xmp.camera
    captions = (one.caption for one in (exif, xmp, iptc))
    dated = next((one for one in (exif, xmp, iptc) if one.taken_at), exif)
    return PhotoMetadata(
        taken_at=dated.taken_at,
        utc_offset_minutes=dated.utc_offset_minutes,
        camera=camera,
        lens=exif.lens or xmp.lens,
        exposure=exif.exposure,
        gps=exif.gps or xmp.gps,
        rating=exif.rating if xmp.rating is None else xmp.rating,
        title=xmp.title or iptc.title or exif.title,
        caption=next((text for text in captions if _says_something(text, camera)), ""),
        keywords=unique((*iptc.keywords, *xmp.keywords, *exif.keywords)),
        keyword_paths=xmp.keyword_paths,
    )


def _says_something(caption: str, camera: str) -> bool:
    """Say whether a caption is about the photo, not boilerplate or the camera's name again."""
    return not _BOILERPLATE.fullmatch(caption) and caption.casefold() not in camera.casefold()
