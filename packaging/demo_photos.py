"""Photos that anybody may have, as a person's folder would hold them.

They are those that ship inside scikit-image and scikit-learn, and crops of them.
"""

from __future__ import annotations

import importlib.util
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image

WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
LEFT: Final = (0.0, 0.05, 0.72, 1.0)
RIGHT: Final = (0.3, 0.0, 1.0, 0.9)
TALL: Final = (0.2, 0.0, 0.72, 1.0)
WIDE: Final = (0.0, 0.25, 1.0, 0.85)

DEMO: Final[tuple[tuple[str, str, tuple[tuple[float, float, float, float], ...]], ...]] = (
    # package and file, folder in the demo, crops (left, top, right, bottom as parts of a side)
    ("sklearn:datasets/images/china.jpg", "Beijing 2024", (WHOLE, RIGHT, WIDE, TALL, LEFT)),
    ("skimage:data/chelsea.png", "At home/Chelsea", (WHOLE, RIGHT, LEFT, WIDE)),
    ("sklearn:datasets/images/flower.jpg", "Garden", (WHOLE, TALL, RIGHT, LEFT)),
    ("skimage:data/rocket.jpg", "Florida 2025", (WHOLE, TALL, LEFT, RIGHT)),
    ("skimage:data/coffee.png", "At home", (WHOLE, RIGHT, LEFT, TALL)),
    ("skimage:data/astronaut.png", "Florida 2025", (WHOLE, TALL, (0.1, 0.0, 0.7, 0.55))),
    ("skimage:data/hubble_deep_field.jpg", "Night sky", (WHOLE, TALL, WIDE, (0.5, 0.4, 1, 0.9))),
    ("skimage:data/motorcycle_left.png", "Garage", (WHOLE, LEFT, RIGHT)),
    ("skimage:data/camera.png", "Old negatives", (WHOLE, TALL)),
    ("skimage:data/moon.png", "Night sky", (WHOLE, WIDE)),
    ("skimage:data/clock_motion.png", "At home", (WHOLE,)),
    ("skimage:data/coins.png", "Old negatives", (WHOLE,)),
    ("skimage:data/grass.png", "Garden", (WHOLE, WIDE)),
    ("skimage:data/gravel.png", "Garden", (WHOLE,)),
)
CAMERAS: Final = (("FUJIFILM", "X-T4", "DSCF{:04}"), ("Canon", "EOS R6", "IMG_{:04}"))
FIRST_DAY: Final = datetime(2023, 3, 11, 9, 40)
KEYWORDS: Final = {"Beijing 2024": ("Beijing", "travel"), "Florida 2025": ("travel", "Florida")}
XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{}</rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def write_demo(folder: Path) -> None:
    """Write about 40 JPEG files with dates over three years, a damaged one and a text file."""
    number = 0
    for source, album, crops in DEMO:
        package, file = source.split(":")
        with Image.open(_installed(package, file)) as opened:
            image = opened.convert("RGB")
        for crop in crops:
            number += 1
            _write_photo(folder / album, image, crop, number, KEYWORDS.get(album, ()))
    temple = min((folder / "Beijing 2024").glob("*.jpg"))
    with Image.open(temple) as image:  # the same photo once more, as a messenger would send it
        copy = folder / "Beijing 2024" / "for-grandma.jpg"
        image.resize((960, 640)).save(copy, quality=70, exif=image.getexif())
    damaged = folder / "Garage" / "IMG_0213.jpg"
    damaged.write_bytes(temple.read_bytes()[:9000])
    (folder / "Garage" / "parts to order.txt").write_text("chain, brake pads\n", encoding="utf-8")


def _write_photo(
    folder: Path,
    image: Image.Image,
    crop: tuple[float, float, float, float],
    number: int,
    keywords: tuple[str, ...],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    width, height = image.size
    box = (crop[0] * width, crop[1] * height, crop[2] * width, crop[3] * height)
    part = image.crop(tuple(map(round, box)))
    larger = part.resize((part.width * 3, part.height * 3), Image.Resampling.LANCZOS)
    maker, model, pattern = CAMERAS[number % len(CAMERAS)]
    taken = FIRST_DAY + timedelta(
        days=number * 3 % 8 * 137 + number % 20, minutes=number * 53 % 600
    )
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = maker, model
    details = exif.get_ifd(0x8769)
    details[0x9003] = f"{taken:%Y:%m:%d %H:%M:%S}"
    details[0x829A], details[0x829D], details[0x8827] = 1 / 250, 5.6, 200
    packet = XMP.format("".join(f"<rdf:li>{word}</rdf:li>" for word in keywords))
    path = folder / f"{pattern.format(1000 + number * 37)}.jpg"
    larger.save(path, quality=88, exif=exif, xmp=packet.encode() if keywords else b"")
    os.utime(path, (taken.timestamp(), taken.timestamp()))


def _installed(package: str, file: str) -> Path:
    """Return a file of an installed package without importing it, which takes seconds."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is missing: install the development dependencies first.")
    return Path(spec.origin).parent / file
