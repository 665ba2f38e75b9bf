"""A world of coloured photos, in which the encoders see exactly what the words say."""

from __future__ import annotations

import numpy as np
from PIL import Image

from photoorg.core.ids import ModelKey
from photoorg.evaluation.report import Setting
from photoorg.models.starter_parts import Spread
from photoorg.models.vocabulary import TEMPLATES

COLOURS = {"red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220)}


class MeanColour:
    """A visual encoder: the mean colour."""

    key, input_size, dimension, runtime = ModelKey("colour"), 8, 3, "test"

    def encode(self, images):
        return images.mean(axis=(1, 2)).astype(np.float32)


class ColourWords:
    """A text encoder: the sum of the colours named, or a little of each."""

    key, dimension = ModelKey("words"), 3

    def encode(self, texts):
        rows = [
            np.sum([COLOURS[w] for w in text.split() if w in COLOURS] or [(1, 2, 3)], axis=0)
            for text in texts
        ]
        matrix = np.array(rows, dtype=np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


class Colours:
    """A model that takes colours for what they are."""

    kind, visual_key, text_key, dimension = "colours", ModelKey("colour"), ModelKey("words"), 3
    vocabulary = ("red", "green")
    spread = Spread(np.full(3, 0.5, dtype=np.float32), np.eye(3, dtype=np.float32) / 12)

    def embed_images(self, visual):
        return visual / np.linalg.norm(visual, axis=1, keepdims=True)

    embed_texts = embed_images
    similarity = embed_images
    traits = embed_images

    def embed_tags(self, text):
        return self.embed_images(text.mean(axis=1))

    def embed_joint(self, seen):
        return self.embed_images(seen.visual)

    def suggest(self, embedded):
        return embedded @ ColourWords().encode(self.vocabulary).T

    def tag_probability(self, text, embedded):
        assert text.shape[1:] == (len(TEMPLATES), 3)
        return embedded @ text.mean(axis=1).T


def setting_of(data, **changes):
    """Return a setting whose only encoder is the mean colour."""
    return Setting(data, encoder=lambda _: MeanColour(), **changes)


def write_photo(path, colours, rng):
    path.parent.mkdir(parents=True, exist_ok=True)
    mean = np.mean([COLOURS[c] for c in colours], axis=0) + rng.integers(-9, 9, 3)
    Image.fromarray(np.full((8, 8, 3), mean.clip(0, 255), dtype=np.uint8)).save(path)


def write_captioned(folder, photos, rng):
    """Write photos {name: (split, colours, captions)} with their table."""
    lines = ["file\tsplit\tcaption"]
    for name, (split, colours, captions) in photos.items():
        write_photo(folder / "images" / name, colours, rng)
        lines += [f"{name}\t{split}\t{caption}" for caption in captions]
    (folder / "captions.tsv").write_text("\n".join(lines))
    return folder


def write_labelled(folder, photos, rng):
    """Write photos {name: labels}, each coloured as its labels say, with their table."""
    lines = ["file\tlabels"]
    for name, labels in photos.items():
        write_photo(folder / "images" / name, labels, rng)
        lines.append(f"{name}\t{';'.join(labels)}")
    (folder / "labels.tsv").write_text("\n".join(lines))
    return folder
