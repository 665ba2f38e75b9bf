"""The visual encoders by name, where their files come from, and the choice of what computes them.

Importing this, and asking for a spec, is instant: torch, OpenVINO, OpenCV and scikit-learn are
imported by the encoder that needs them.

There are three sorts. *Fixed* ones bring all they need. Those with *weights to be found*
(torchvision's networks, OpenCLIP) take a file that is on this machine already, or that the person
names. *Learned* ones are made from the person's own photos and kept in a folder of the library.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, UsageProblem
from photoorg.core.paths import resource_path, user_cache_folder
from photoorg.features import (
    efficientnet,
    encoder_changes,
    finetuned_files,
    open_clip_files,
    torchvision_weights,
)
from photoorg.features.efficientnet_devices import load_variant
from photoorg.features.storage import MANIFEST_SUFFIX, read_manifest
from photoorg.features.visual import (
    Classifier,
    Device,
    NotLearnedYet,
    Status,
    VisualEncoder,
    VisualFiles,
    VisualKind,
    VisualSpec,
    WeightsMissing,
)

if TYPE_CHECKING:
    from photoorg.core.ids import ModelKey
    from photoorg.core.progress import CancelToken
    from photoorg.features.visual import Pixels

DEFAULT_VISUAL = encoder_changes.NAME
PACKAGED_VISUAL = efficientnet.SPEC.name
"""The default's network as its makers published it."""

FINETUNED = efficientnet.FINETUNED
BOVW = "bovw-sift"
CONV_AUTOENCODER = "conv-autoencoder"

_NO_FILES = VisualFiles()
_log = logging.getLogger(__name__)

StepListener = Callable[[int, int], None]
"""Hears of steps done and of all steps."""


@dataclass(frozen=True, slots=True)
class _Compute:
    """What to compute with.

    Attributes:
        device: "auto", or the one device to use.
        cache: folder for files that may be deleted at any time.
        threads: CPU threads; None takes all that this process may use.
    """

    device: Device
    cache: Path
    threads: int | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A visual encoder.

    Attributes:
        title: its name for a person.
        dimension: length of a vector.
        find: makes sure that its files are there, or raises `WeightsMissing` or `NotLearnedYet`;
            reads none of them.
        spec: what is known of it before it is loaded.
        load: loads it.
    """

    title: str
    dimension: int
    find: Callable[[VisualFiles], object]
    spec: Callable[[VisualFiles], VisualSpec]
    load: Callable[[VisualFiles, _Compute], VisualEncoder]


def visual_names() -> tuple[str, ...]:
    """Return the encoders' names, the default first.

    Besides these there are `<network>:scores` for each of torchvision's networks,
    `open_clip:<architecture or repository>`, and for each network that was adapted to the person's
    photos `efficientnet-lite2-finetuned:<hash of its weights>`.
    """
    return tuple(name for name in _ENTRIES if not name.endswith(torchvision_weights.SCORES))


def features_of(key: ModelKey) -> str:
    """Return the name of the visual vectors that have a key; of OpenCLIP's models there is none."""
    adapted = finetuned_files.network_name(key)
    return adapted if finetuned_files.is_network(adapted) else key.partition(":")[0]


def visual_kinds(files: VisualFiles = _NO_FILES) -> tuple[VisualKind, ...]:
    """Return all encoders as they are offered to a person, with what they lack.

    The networks adapted to the person's photos stand where the first one is offered before.
    """
    adapted = tuple(_finetuned_kinds(files))
    kinds: list[VisualKind] = []
    for name in visual_names():
        if name == FINETUNED and adapted:
            kinds.extend(adapted)
        else:
            entry = _ENTRIES[name]
            kinds.append(VisualKind(name, entry.title, entry.dimension, *_status(entry, files)))
    return (*kinds, _open_clip_kind())


def visual_spec(name: str = DEFAULT_VISUAL, files: VisualFiles = _NO_FILES) -> VisualSpec:
    """Return what is known of an encoder before it is loaded.

    Args:
        name: one of `visual_names()` or the other forms named there.
        files: where to look for its weights, or for what was learned.

    Raises:
        UsageProblem: there is no encoder of that name.
        WeightsMissing: its weights are not on this machine.
        NotLearnedYet: it is learned from the person's photos and has not been; see `learn_visual`.
        EnvironmentProblem: a package that it needs is not installed.
        ModelFileProblem: its files are damaged.
    """
    return _entry(name).spec(files)


def create_visual_encoder(
    name: str = DEFAULT_VISUAL,
    device: Device = "auto",
    cache: Path | None = None,
    threads: int | None = None,
    files: VisualFiles = _NO_FILES,
) -> VisualEncoder:
    """Load an encoder on the fastest device that computes the right vectors.

    "auto" tries a GPU by torch, then the fastest engine for the CPU; what is passed over is logged
    with the reason. Nothing is ever fetched: see `open_clip_encoder` for what a caller may allow.

    Args:
        name: one of `visual_names()` or the other forms named there.
        device: "auto", or the one device to use.
        cache: folder for files that may be deleted at any time; None takes the platform's.
        threads: CPU threads; None takes all that this process may use.
        files: where to look for its weights, or for what was learned.

    Raises:
        UsageProblem, WeightsMissing, NotLearnedYet: as `visual_spec`.
        ModelFileProblem: its files are damaged, or those of another network.
        EnvironmentProblem: the device that was asked for by name cannot be used.
    """
    return _entry(name).load(files, _Compute(device, cache or default_cache(), threads))


def create_visual_classifier(name: str = DEFAULT_VISUAL, cache: Path | None = None) -> Classifier:
    """Load EfficientNet-Lite2's classifier, which gives class scores from stored pooled vectors.

    Captions were taught so that it holds for the default encoder as for the packaged one. Needs
    torch only where no encoder was made with this cache before.

    Raises:
        UsageProblem: it is another encoder; the others' classifiers are not kept apart.
        ModelFileProblem: the weights' package is not installed, or damaged.
    """
    if name not in {DEFAULT_VISUAL, PACKAGED_VISUAL}:
        raise UsageProblem(f"Class scores are not kept for {name!r}, only for {PACKAGED_VISUAL!r}.")
    return efficientnet.load_classifier(cache or default_cache())


# -- learned encoders -----------------------------------------------------------------------------


def needs_learning(name: str, files: VisualFiles) -> bool:
    """Return whether an encoder has to be learned before it can be used.

    Raises:
        UsageProblem: there is no encoder of that name.
    """
    return _status(_entry(name), files)[0] == "needs learning"


def learning_side(name: str) -> int:
    """Return the side in pixels of the squares that an encoder is learned from.

    Raises:
        UsageProblem: it is not a learned one.
    """
    if name not in _LEARNING_SIDES:
        raise UsageProblem(
            f"{name!r} is not learned from photos.", f"Choose one of: {', '.join(_LEARNING_SIDES)}."
        )
    return _LEARNING_SIDES[name]


def learn_visual(
    name: str,
    images: Iterable[Pixels],
    folder: Path,
    *,
    seed: int = 0,
    token: CancelToken | None = None,
    on_step: StepListener | None = None,
    device: Device = "auto",
) -> VisualSpec:
    """Learn an encoder from photos and keep it in a folder, in place of an earlier one.

    Args:
        name: one of the learned ones: "bovw-sift", "conv-autoencoder".
        images: batches of uint8 [n, s, s, 3], RGB, where s is `learning_side(name)`.
        folder: `VisualFiles.learned`.
        seed: the same photos and seed give the same encoder.
        token: lets the caller stop.
        on_step: hears of each step or epoch.
        device: where to compute.

    Raises:
        UsageProblem: it is not a learned one, or there are too few photos.
        EnvironmentProblem: the folder cannot be written.
        Cancelled: through the token.
    """
    learning_side(name)
    if name == BOVW:
        from photoorg.features.bovw import learn_and_save as learn_words

        return learn_words(folder / name, images, seed, token, on_step)
    from photoorg.features.conv_autoencoder import learn_and_save as learn_network

    return learn_network(folder / name, images, seed, token, on_step, device)


_LEARNING_SIDES = {BOVW: 224, CONV_AUTOENCODER: 64}


def default_cache() -> Path:
    """Return the folder that encoders keep their prepared networks in."""
    return user_cache_folder() / "networks"


# -- the default encoder --------------------------------------------------------------------------


def _efficientnet_entry(title: str, variant: Callable[[], efficientnet.Variant]) -> _Entry:
    def load(_files: VisualFiles, compute: _Compute) -> VisualEncoder:
        return load_variant(variant(), compute.device, compute.cache, compute.threads)

    return _Entry(
        title, efficientnet.DIMENSION, lambda _files: None, lambda _files: variant().spec, load
    )


# -- the others -----------------------------------------------------------------------------------


def _find_codebook(files: VisualFiles) -> Path:
    """Return the stem of the library's own codebook, or else of the one that is shipped."""
    own = None if files.learned is None else files.learned / BOVW
    if own is not None and own.with_suffix(MANIFEST_SUFFIX).is_file():
        return own
    return resource_path(BOVW + MANIFEST_SUFFIX).with_suffix("")


def _load_codebook(files: VisualFiles, _compute: _Compute) -> VisualEncoder:
    from photoorg.features.bovw import BovwEncoder, load_codebook

    return BovwEncoder(load_codebook(_find_codebook(files)))


def _find_conv_autoencoder(files: VisualFiles) -> Path:
    stem = None if files.learned is None else files.learned / CONV_AUTOENCODER
    if stem is None or not stem.with_suffix(MANIFEST_SUFFIX).is_file():
        raise NotLearnedYet(
            "The convolutional autoencoder has not been learned from your photos yet.",
            f"Learn it with: photoorg index FOLDER --features {CONV_AUTOENCODER}",
        )
    return stem


def _load_conv_autoencoder(files: VisualFiles, compute: _Compute) -> VisualEncoder:
    from photoorg.features.conv_autoencoder import create_encoder, load_conv_autoencoder

    network = load_conv_autoencoder(_find_conv_autoencoder(files))
    return create_encoder(network, compute.device, compute.threads)


def _finetuned_entry(name: str) -> _Entry:
    def load(files: VisualFiles, compute: _Compute) -> VisualEncoder:
        from photoorg.features.finetuned import load_finetuned

        stem = finetuned_files.find_network(name, files)
        return load_finetuned(stem, compute.device, compute.threads)

    return _Entry(
        "EfficientNet-Lite2, adapted to your photos",
        efficientnet.SPEC.dimension,
        lambda files: finetuned_files.find_network(name, files),
        lambda files: finetuned_files.network_spec(name, files),
        load,
    )


def _finetuned_kinds(files: VisualFiles) -> Iterator[VisualKind]:
    """Yield a row for each adapted network that is there."""
    dimension = efficientnet.SPEC.dimension
    for name in finetuned_files.network_names(files):
        try:
            title = finetuned_files.network_title(name, files)
        except ModelFileProblem as problem:
            yield VisualKind(name, name, dimension, "needs weights", str(problem))
        else:
            yield VisualKind(name, title, dimension, "ready", "")


def _learned_spec(name: str, stem: Path) -> VisualSpec:
    """Read a spec from the manifest alone.

    Raises:
        ModelFileProblem: it is damaged, or another encoder's.
    """
    manifest = read_manifest(stem)
    side, dimension = manifest.config.get("input_size"), manifest.config.get("dimension")
    if manifest.kind != name or not isinstance(side, int) or not isinstance(dimension, int):
        raise ModelFileProblem(f"{stem}{MANIFEST_SUFFIX} does not describe {name} features.")
    return VisualSpec(name, manifest.visual_key, side, dimension, classes=0)


def _network_entry(network: torchvision_weights.Network, ending: str) -> _Entry:
    name = network.name + ending

    def load(files: VisualFiles, compute: _Compute) -> VisualEncoder:
        from photoorg.features.torchvision_networks import load_encoder

        return load_encoder(name, files, compute.device, compute.threads)

    return _Entry(
        f"{network.title}, class scores" if ending else f"{network.title} (torchvision)",
        torchvision_weights.CLASSES if ending else network.dimension,
        lambda files: torchvision_weights.find_weights(network, files),
        lambda files: torchvision_weights.network_spec(name, files),
        load,
    )


def _open_clip_entry(name: str) -> _Entry:
    def load(files: VisualFiles, compute: _Compute) -> VisualEncoder:
        from photoorg.features.open_clip_encoder import create_clip_encoder

        return create_clip_encoder(name, files, compute.device, compute.threads)

    return _Entry(
        name,
        0,
        lambda files: open_clip_files.find_clip(name, files),
        lambda files: open_clip_files.find_clip(name, files).spec,
        load,
    )


def _open_clip_kind() -> VisualKind:
    """Return the row that stands for all OpenCLIP models."""
    hint = (
        "Name a checkpoint with --weights, or a repository in the Hugging Face hub's cache, such as"
        " open_clip:laion/CLIP-ViT-B-32-laion2B-s34B-b79K."
    )
    try:
        open_clip_files.installed_package()
    except EnvironmentProblem as problem:
        hint = str(problem)
    name = f"{open_clip_files.PREFIX}<name>"
    return VisualKind(name, "OpenCLIP and SigLIP models", 0, "needs weights", hint)


# -- all of them ----------------------------------------------------------------------------------


_ENTRIES = {
    DEFAULT_VISUAL: _efficientnet_entry(
        "EfficientNet-Lite2, taught by captions", encoder_changes.visual_variant
    ),
    PACKAGED_VISUAL: _efficientnet_entry("EfficientNet-Lite2", lambda: efficientnet.ORIGINAL),
    BOVW: _Entry(
        "Bag of visual words (dense SIFT)",
        1000,
        _find_codebook,
        lambda files: _learned_spec(BOVW, _find_codebook(files)),
        _load_codebook,
    ),
    **{
        network.name + ending: _network_entry(network, ending)
        for network in torchvision_weights.NETWORKS.values()
        for ending in ("", torchvision_weights.SCORES)
    },
    FINETUNED: _finetuned_entry(FINETUNED),
    CONV_AUTOENCODER: _Entry(
        "Convolutional autoencoder",
        200,
        _find_conv_autoencoder,
        lambda files: _learned_spec(CONV_AUTOENCODER, _find_conv_autoencoder(files)),
        _load_conv_autoencoder,
    ),
}


def _entry(name: str) -> _Entry:
    if name.startswith(open_clip_files.PREFIX):
        return _open_clip_entry(name)
    if finetuned_files.is_network(name):
        return _finetuned_entry(name)
    try:
        return _ENTRIES[name]
    except KeyError:
        raise UsageProblem(
            f"There are no visual features called {name!r}.",
            f"Choose one of: {', '.join(visual_names())}, {open_clip_files.PREFIX}<name>.",
        ) from None


def _status(entry: _Entry, files: VisualFiles) -> tuple[Status, str]:
    """Return whether an encoder can be used, and what to do where it cannot."""
    try:
        entry.find(files)
    except WeightsMissing as problem:
        return "needs weights", problem.remedy
    except NotLearnedYet as problem:
        return "needs learning", problem.remedy
    return "ready", ""
