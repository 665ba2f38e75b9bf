"""The model card that lies beside the starter model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from photoorg.features.storage import Manifest

_CARD = """\
# Starter model

Written by `photoorg train starter`; do not edit. The figures are those of the run that made
`starter.safetensors`.

**What it does.** Maps photos and texts into one space, so that a library can be searched by words
and gets tag suggestions before anybody has tagged a photo. Its inputs are the vectors of two
networks, EfficientNet-Lite2 and all-MiniLM-L6-v2, whose ends were trained further on the same
photos: `{visual}` and `{text}`. What that changed in them is in `encoders.safetensors`, and how it
was trained in `encoders.json`.

**What it learned from.**

- Flickr8k (Hodosh, Young, Hockenmaier 2013), photos and captions of its train split:
  {captioned} photos to train, others to calibrate. Terms: research and non-commercial use.
- COCO train2014 (Lin et al. 2014), labels out of 80 classes: {labelled} photos to train, others to
  calibrate, {evaluation} never seen. Terms: annotations CC BY 4.0, photos under their Flickr terms.
- ImageNet (ILSVRC) class names and the visual network's own classifier, no photos. Terms of the
  list and the network: Apache-2.0.

No photo and no caption is in the file; it holds weights that were learned from them, and vectors of
some photos and captions, against which others are measured. Because of Flickr8k's terms, take it
for non-commercial use, or train one on photos of your own.

**Figures**, on photos that training did not see:

- caption to photo, {gallery} photos of the train split set aside: R@1/5/10 {t1}/{t5}/{t10},
  median rank {tm}
- photo to caption, same photos: R@1/5/10 {i1}/{i5}/{i10}, median rank {im}
- 80 labels on {evaluation} COCO photos, ranked by the label's text: mAP {map_text}
- the same, ranked by the suggested probability: mAP {map_tag}

**Limits.** The captions are about people, dogs, sport and the outdoors; other subjects rest on
ImageNet's class names and are found less well. It counts badly, reads no text in photos, knows
nobody's face, and repeats the view that its data has of people. English only.

**Settings.** Seed {seed}; {settings}.
"""


def write_card(path: Path, manifest: Manifest) -> None:
    """Write the model card.

    Raises:
        OSError: it cannot be written.
    """
    metrics, training = manifest.metrics, manifest.training
    to_photo, to_caption = metrics["captions_to_photos"], metrics["photos_to_captions"]
    named = ("captioned", "labelled", "calibration", "evaluation", "seed")
    settings = ", ".join(f"{name} {value}" for name, value in training.items() if name not in named)
    card = _CARD.format(
        visual=manifest.visual_key,
        text=manifest.text_key,
        captioned=training["captioned"],
        labelled=training["labelled"],
        evaluation=training["evaluation"],
        gallery=metrics["gallery"],
        t1=to_photo["r@1"],
        t5=to_photo["r@5"],
        t10=to_photo["r@10"],
        tm=to_photo["median_rank"],
        i1=to_caption["r@1"],
        i5=to_caption["r@5"],
        i10=to_caption["r@10"],
        im=to_caption["median_rank"],
        map_text=metrics["labels_map_by_text"],
        map_tag=metrics["labels_map_by_suggestion"],
        seed=training["seed"],
        settings=settings,
    )
    path.write_text(card, encoding="utf-8")
