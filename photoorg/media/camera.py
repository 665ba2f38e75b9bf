"""Camera names as a person says them."""

from __future__ import annotations

import re

from photoorg.media.text import clean

_COMPANY_WORDS = re.compile(
    r"[\s,]+(?:corporation|corp|co|company|ltd|inc|imaging|optical|electric|electronics|computer"
    r"|technologies|techwin|digital|industries|communications|mobile)\b\.?",
    re.IGNORECASE,
)


def camera_name(make: str, model: str) -> str:
    """Join maker and model without repetition: "Canon EOS 40D", "NIKON D70", "Apple iPhone 5"."""
    make, model = " ".join(clean(make).split()), " ".join(clean(model).split())
    brand = _COMPANY_WORDS.sub("", make).strip(" ,.")
    if not model or not brand:
        return model or brand
    if model.split()[0].casefold() in brand.casefold().split():
        return model
    if model.casefold().startswith(brand.casefold()):
        return model
    return f"{brand} {model}"
