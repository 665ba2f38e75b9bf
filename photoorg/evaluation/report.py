"""What every protocol's answer carries beside its figures."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass
from typing import TypeAlias

JsonValue: TypeAlias = str | int | float | bool | dict[str, "JsonValue"] | list["JsonValue"] | None

_LIBRARIES = ("numpy", "torch", "timm", "openvino")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what circumstances figures came about.

    Attributes:
        protocol: name on the command line.
        data: folder that was read.
        photos: how many photos were looked at.
        seed: of all that is drawn at random.
        seconds: wall time.
        features: key of the visual vectors.
        text: key of the text vectors.
        model: kind of the model that was measured.
    """

    protocol: str
    data: str
    photos: int
    seed: int
    seconds: float
    features: str
    text: str
    model: str

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "protocol": self.protocol,
            "data": self.data,
            "photos": self.photos,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "features": self.features,
            "text": self.text,
            "model": self.model,
            "versions": dict(library_versions()),
        }


def library_versions() -> dict[str, str]:
    """Return the versions of what the figures depend on, those that are installed."""
    versions = {"python": platform.python_version()}
    for name in ("photoorg", *_LIBRARIES):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
