"""Bringing colours to 8-bit sRGB."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from photoorg.media.containers.parts import MAX_PACKET

_WHITE = (255, 255, 255)
_PROFILE_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_SIXTEEN_BIT = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
_KEEPS = frozenset({"L", "RGB", "RGBA", "CMYK"})


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Return a loaded picture as L, RGB, RGBA or CMYK, 8 bits each.

    Sixteen-bit grey keeps its high bytes; 32-bit and float grey are stretched over their range, as
    no standard says what their white is.
    """
    if image.mode in _SIXTEEN_BIT:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        return _stretch(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in _KEEPS:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Return an L, RGB, RGBA or CMYK picture as sRGB: profile applied, transparency over white.

    Args:
        image: the picture, loaded.
        icc: the embedded profile, or nothing. One that is damaged, or made for another colour
            space, is ignored, as it is in every viewer.
    """
    if image.mode == "RGBA":
        # Under full transparency programs leave any colour; white is what people see around it.
        flat = Image.new("RGB", image.size, _WHITE)
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    transform = _transform_to_srgb(icc, image.mode) if 0 < len(icc) <= MAX_PACKET else None
    if transform is not None:
        converted = ImageCms.applyTransform(image, transform)
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=8)
def _transform_to_srgb(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile, or None where there is none to apply.

    A library holds a handful of profiles, and building a transform costs more than applying it.
    """
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        if _PROFILE_SPACES.get(profile.profile.xcolor_space) != mode:
            return None
        if "srgb" in (profile.profile.profile_description or "").casefold():
            return None
        return ImageCms.buildTransform(profile, _srgb(), mode, "RGB")
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _stretch(image: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    scale = 255 / (high - low) if high > low else 0.0
    return Image.fromarray(((values - low) * scale).astype(np.uint8))
