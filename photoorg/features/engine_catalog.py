"""The engines that photoorg offers for better search: what they are, and where their files lie.

Figures are those that the makers published, never measured here; one that could not be found in
print is left out. Sizes are counted from the published number of parameters at four bytes each.
No checksum is on record, so a download is verified against the one that the server names for the
file, and by loading it.

Sources: open_clip's `docs/openclip_retrieval_results.csv`, `docs/openclip_results.csv` and
`docs/model_profile.csv` (parameters, floating-point operations, Flickr30k and ImageNet figures);
the model card of MobileCLIP-S2 (parameters, ImageNet); Tschannen et al. 2025, "SigLIP 2", for the
languages.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from photoorg.features.open_clip_files import CONFIG, PREFIX

HUB = "https://huggingface.co"
ENGLISH = ("en",)
MANY = ("*",)
"""Stands for any language: the makers trained on captions of more than a hundred."""

_WEIGHTS = "open_clip_model.safetensors"
_WEIGHTS_OLD = "open_clip_pytorch_model.bin"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class EngineFile:
    """A file of an engine.

    Attributes:
        name: in its repository and in the engine's folder.
        sha256: hex digest where it is known for certain, or "".
    """

    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that can be had.

    Attributes:
        key: stable name, also of its folder.
        title: for a person.
        summary: what it is good for, in one sentence.
        size: bytes to download, about.
        licence: of the weights.
        languages: ISO codes, or `MANY`.
        published: its makers' figures with their source, in words; "" where none was found.
        work: in words, how much more there is to compute for a photo; "" where that is not known.
        repository: on the hub.
        files: to be downloaded; the description comes first and the weights last.
        packages: Python packages that it needs, as pip takes them.
        hub: where the repository is.
    """

    key: str
    title: str
    summary: str
    size: int
    licence: str
    languages: tuple[str, ...]
    published: str
    work: str
    repository: str
    files: tuple[EngineFile, ...]
    packages: tuple[str, ...] = field(default=("open_clip_torch>=2.30",))
    hub: str = HUB

    @property
    def features(self) -> str:
        """Name of its visual vectors in the registry."""
        return f"{PREFIX}{self.key}"

    def url(self, file: EngineFile) -> str:
        """Return where a file lies."""
        return f"{self.hub}/{self.repository}/resolve/main/{file.name}"


def _files(*names: str) -> tuple[EngineFile, ...]:
    return tuple(map(EngineFile, (CONFIG, *names)))


# EfficientNet-Lite2, the built-in network, takes about 1.7 GFLOPs at 260 x 260 in the same count
# (two a multiplication with its addition: 0.87 billion of these, by its makers).
ENGINES = (
    Engine(
        "mobileclip-s2",
        "MobileCLIP S2",
        "Small and quick, good at everyday things.",
        396_000_000,
        "Apple sample code licence (other; read it before commercial use)",
        ENGLISH,
        "Published by its makers: 74.4 % on ImageNet without training on it.",
        "",
        "apple/MobileCLIP-S2-OpenCLIP",
        _files(_WEIGHTS_OLD),
    ),
    Engine(
        "clip-b32",
        "OpenCLIP B/32",
        "Understands whole sentences; the usual choice for photo search.",
        605_000_000,
        "MIT",
        ENGLISH,
        "Published by its makers: the right photo comes first for 66.8 % of the sentences of"
        " Flickr30k, and 66.6 % on ImageNet without training on it.",
        "About 5 times the built-in one's work for each photo.",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        _files(_WEIGHTS),
    ),
    Engine(
        "siglip2-b16",
        "SigLIP 2 B/16",
        "Answers in many languages.",
        1_500_000_000,
        "Apache 2.0",
        MANY,
        "",
        "About 20 times the built-in one's work for each photo.",
        "timm/ViT-B-16-SigLIP2",
        _files(*_TOKENIZER, _WEIGHTS),
        ("open_clip_torch>=2.31", "transformers"),
    ),
)
