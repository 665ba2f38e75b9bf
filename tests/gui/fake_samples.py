"""Real photos that ship inside scikit-image and scikit-learn, and what is said of them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import skimage.data
import sklearn.datasets
from numpy.typing import NDArray
from PIL import Image

from photoorg.core.records import GeoPoint


@dataclass(frozen=True)
class Sample:
    """One real photo and what is said of it.

    Attributes:
        words: what a search for meaning would find it by.
        suggested: tags with probabilities, most probable first.
    """

    name: str
    folder: str
    tags: tuple[str, ...]
    suggested: tuple[tuple[str, float], ...]
    words: str
    camera: str = "Fujifilm X-T4"
    lens: str = "XF 35mm F1.4 R"
    exposure: str = "1/250 s f/2.8 ISO 400 35 mm"
    gps: GeoPoint | None = None


SAMPLES = (
    Sample(
        "chelsea.jpg",
        "Home",
        ("cat", "pet"),
        (("animal", 0.93), ("whiskers", 0.71), ("kitten", 0.44), ("indoors", 0.31), ("fur", 0.22)),
        "cat animal pet face",
    ),
    Sample(
        "coffee.jpg",
        "Home",
        ("coffee",),
        (("cup", 0.88), ("food", 0.62), ("table", 0.55), ("breakfast", 0.37), ("spoon", 0.3)),
        "coffee cup table breakfast",
    ),
    Sample(
        "astronaut.jpg",
        "Space",
        ("people", "portrait"),
        (("spacesuit", 0.9), ("woman", 0.86), ("smile", 0.6), ("flag", 0.52)),
        "astronaut woman portrait people flag",
        gps=GeoPoint(29.5593, -95.09),
    ),
    Sample(
        "rocket.jpg",
        "Space",
        ("rocket",),
        (("sky", 0.81), ("launch pad", 0.66), ("night", 0.41), ("tower", 0.28)),
        "rocket launch night sky",
        gps=GeoPoint(28.5721, -80.648),
    ),
    Sample(
        "hubble_deep_field.jpg",
        "Space",
        (),
        (("night", 0.77), ("stars", 0.74), ("sky", 0.69)),
        "galaxy stars space night",
        camera="",
        lens="",
        exposure="",
    ),
    Sample(
        "china.jpg",
        "Travel/Beijing",
        ("temple", "travel"),
        (("building", 0.95), ("roof", 0.6), ("people", 0.4), ("summer palace", 0.24)),
        "temple building roof china palace people",
        camera="Canon EOS 5D Mark IV",
        lens="EF24-105mm f/4L IS II USM",
        exposure="1/500 s f/8 ISO 100 24 mm",
        gps=GeoPoint(39.9999, 116.2755),
    ),
    Sample(
        "flower.jpg",
        "Travel",
        ("flower",),
        (("dahlia", 0.7), ("garden", 0.65), ("petal", 0.5), ("orange", 0.33)),
        "flower dahlia plant garden",
    ),
    Sample("camera.jpg", "Archive", (), (("people", 0.8), ("tripod", 0.48)), "man camera tripod"),
    Sample("coins.jpg", "Archive", (), (("money", 0.6), ("collection", 0.35)), "coins money greek"),
    Sample("horse.jpg", "Archive", ("drawing",), (("animal", 0.51),), "horse silhouette animal"),
    Sample("moon.jpg", "Archive", ("moon",), (("night", 0.46),), "moon crater night"),
    Sample(
        "motorcycle.jpg",
        "Home",
        ("garage",),
        (("motorcycle", 0.97), ("wheel", 0.63), ("vehicle", 0.61)),
        "motorcycle garage vehicle wheel",
    ),
)


@cache
def sample_pixels(name: str) -> NDArray[np.uint8]:
    """Return a sample as uint8 [h, w, 3]."""
    stem = Path(name).stem
    if stem in {"china", "flower"}:
        return np.asarray(sklearn.datasets.load_sample_image(f"{stem}.jpg"), dtype=np.uint8)
    if stem == "motorcycle":
        return np.asarray(skimage.data.stereo_motorcycle()[0], dtype=np.uint8)
    pixels = np.asarray(getattr(skimage.data, stem)())
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    return np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else pixels


@cache
def sample_jpeg(name: str, side: int) -> bytes:
    """Return a sample as JPEG with at most `side` pixels on its long side."""
    image = Image.fromarray(sample_pixels(name))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@cache
def sample_color(name: str) -> int:
    red, green, blue = (int(value) for value in sample_pixels(name).mean(axis=(0, 1)))
    return red << 16 | green << 8 | blue
