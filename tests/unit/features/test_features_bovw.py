"""Bags of visual words: SIFT on the grid, the codebook, the histogram."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from photoorg.core.errors import Cancelled, ModelFileProblem, UsageProblem
from photoorg.core.paths import resource_path
from photoorg.core.progress import CancelToken
from photoorg.features import bovw
from photoorg.features.registry import create_visual_encoder, visual_spec
from photoorg.features.visual import VisualFiles

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def photos(real_photos: Mapping[str, Path]) -> Pixels:
    side = bovw.INPUT_SIZE
    return np.stack(
        [
            cv2.resize(np.asarray(Image.open(path).convert("RGB")), (side, side))
            for path in real_photos.values()
        ]
    )


@pytest.fixture(scope="module")
def codebook(photos: Pixels) -> bovw.Codebook:
    return bovw.learn_codebook([photos[:5], photos[5:]], 50, seed=3)


def test_descriptors_are_root_sift(photos: Pixels) -> None:
    descriptors = bovw.DenseSift()(photos[0])
    assert descriptors.shape == (729, 128)
    assert descriptors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(descriptors, axis=1), 1, atol=1e-5)
    assert descriptors.min() >= 0


def test_a_flat_photo_has_descriptors_without_direction() -> None:
    assert not bovw.DenseSift()(np.full((224, 224, 3), 90, np.uint8)).any()


def test_a_descriptor_tells_what_is_where() -> None:
    image = np.zeros((224, 224, 3), np.uint8)
    image[:, 160:] = 255
    grid = bovw.DenseSift()(image).reshape(27, 27, 128)
    seeing = np.flatnonzero(grid.sum(axis=(0, 2)))
    step = 223 / 28
    pixels = (seeing + 1) * step
    assert abs(pixels.mean() - 160) < step  # the columns whose patches reach the edge, no others
    assert pixels.max() - pixels.min() < 60


def test_words_are_assigned_as_a_loop_over_distances_would(
    photos: Pixels, codebook: bovw.Codebook
) -> None:
    descriptors = bovw.DenseSift()(photos[1])[::40]
    centres = codebook.centres.astype(np.float64)
    nearest = [int(np.argmin([np.sum((d - c) ** 2) for c in centres])) for d in descriptors]
    assert codebook.assign(descriptors).tolist() == nearest


def test_the_vector_is_the_counts_of_words_at_length_one(
    photos: Pixels, codebook: bovw.Codebook
) -> None:
    encoder = bovw.BovwEncoder(codebook)
    vectors = encoder.encode(photos)
    assert vectors.shape == (len(photos), 50)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    words = codebook.assign(bovw.DenseSift()(photos[2])).tolist()
    counts = np.array([words.count(word) for word in range(50)])
    np.testing.assert_allclose(vectors[2], counts / np.sqrt((counts**2).sum()), rtol=1e-5)
    assert encoder.dimension == 50
    assert encoder.runtime.startswith("OpenCV")


def test_a_photo_is_most_like_its_own_copy(photos: Pixels) -> None:
    encoder = create_visual_encoder("bovw-sift")
    blurred = np.stack([cv2.GaussianBlur(photo, (3, 3), 0) for photo in photos])
    likeness = encoder.encode(photos) @ encoder.encode(blurred).T
    assert (likeness.argmax(axis=1) == np.arange(len(photos))).all()


def test_the_same_photos_and_seed_give_the_same_codebook(
    photos: Pixels, codebook: bovw.Codebook
) -> None:
    again = bovw.learn_codebook([photos[:5], photos[5:]], 50, seed=3)
    assert again.spec.key == codebook.spec.key
    other = bovw.learn_codebook([photos], 50, seed=4)
    assert other.spec.key != codebook.spec.key


def test_learning_brings_the_words_nearer(photos: Pixels) -> None:
    def distance(epochs: int) -> float:
        centres = bovw.learn_codebook([photos], 50, epochs=epochs).centres.astype(np.float32)
        descriptors = np.concatenate([bovw.DenseSift()(photo) for photo in photos])
        squares = (descriptors**2).sum(1)[:, None] + (centres**2).sum(1)
        return float((squares - 2 * descriptors @ centres.T).min(axis=1).mean())

    assert distance(20) < distance(1)


def test_it_is_saved_and_read_as_it_was(codebook: bovw.Codebook, tmp_path: Path) -> None:
    bovw.save_codebook(tmp_path / "words", codebook, training={"photos": 12})
    again = bovw.load_codebook(tmp_path / "words")
    np.testing.assert_array_equal(again.centres, codebook.centres)
    assert again.spec == codebook.spec


def test_a_codebook_for_other_descriptors_is_refused(
    codebook: bovw.Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bovw.save_codebook(tmp_path / "words", codebook, training={})
    monkeypatch.setattr(bovw, "_SIGMA", 1.6)
    with pytest.raises(ModelFileProblem, match="other descriptors"):
        bovw.load_codebook(tmp_path / "words")


def test_a_cut_codebook_is_refused(codebook: bovw.Codebook, tmp_path: Path) -> None:
    bovw.save_codebook(tmp_path / "words", codebook, training={})
    tensors = tmp_path / "words.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-9])
    with pytest.raises(ModelFileProblem, match="damaged"):
        bovw.load_codebook(tmp_path / "words")


def test_too_few_descriptors_are_said(photos: Pixels) -> None:
    with pytest.raises(UsageProblem, match="needs more photos"):
        bovw.learn_codebook([photos[:1]], 101)
    with pytest.raises(UsageProblem, match="0 descriptors"):
        bovw.learn_codebook([], 1)


def test_learning_reports_and_stops(photos: Pixels) -> None:
    token, heard = CancelToken(), []

    def hear(done: int, total: int) -> None:
        heard.append((done, total))
        if done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        bovw.learn_codebook([photos], 20, token=token, on_progress=hear)
    assert heard == [(1, 10), (2, 10)]


def test_reading_stops_too(photos: Pixels) -> None:
    token = CancelToken()

    def batches() -> Iterator[Pixels]:
        yield photos
        token.cancel()
        yield photos

    with pytest.raises(Cancelled):
        bovw.learn_codebook(batches(), 20, token=token)


def test_the_shipped_codebook_is_small_and_is_the_default() -> None:
    assert resource_path("bovw-sift.safetensors").stat().st_size < 400_000
    spec = visual_spec("bovw-sift")
    encoder = create_visual_encoder("bovw-sift")
    assert (encoder.key, encoder.dimension) == (spec.key, 1000)


def test_a_codebook_of_the_library_goes_before_the_shipped_one(
    codebook: bovw.Codebook, tmp_path: Path
) -> None:
    files = VisualFiles(learned=tmp_path)
    assert visual_spec("bovw-sift", files) == visual_spec("bovw-sift")
    bovw.save_codebook(tmp_path / "bovw-sift", codebook, training={})
    assert visual_spec("bovw-sift", files) == codebook.spec
    assert create_visual_encoder("bovw-sift", files=files).key == codebook.spec.key
