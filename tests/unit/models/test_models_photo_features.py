from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from photoorg.core.errors import Cancelled, MediaProblem
from photoorg.core.ids import ModelKey
from photoorg.core.progress import CancelToken
from photoorg.models import photo_features
from photoorg.models.photo_features import encode_photos, encode_texts, load_images, mirrored


class LeftAndRight:
    """Encodes a photo as the mean brightness of its two halves."""

    key, input_size, dimension, runtime = ModelKey("halves"), 16, 2, "test"

    def __init__(self):
        self.seen = 0

    def encode(self, images):
        self.seen += len(images)
        return np.stack(
            [images[:, :, :8].mean(axis=(1, 2, 3)), images[:, :, 8:].mean(axis=(1, 2, 3))], axis=1
        ).astype(np.float32)


class Lengths:
    key, dimension = ModelKey("lengths"), 1

    def __init__(self):
        self.seen = 0

    def encode(self, texts):
        self.seen += len(texts)
        return np.array([[len(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def photos(tmp_path):
    paths = []
    for number in range(35):
        pixels = np.zeros((20, 40, 3), dtype=np.uint8)
        pixels[:, :20] = 7 * number
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels).save(path)
        paths.append(path)
    return paths


def test_rows_are_in_the_photos_order_across_batches(photos):
    vectors = encode_photos(photos, LeftAndRight())
    np.testing.assert_allclose(vectors[:, 0], 7 * np.arange(35), atol=2)
    np.testing.assert_allclose(vectors[:, 1], 0, atol=2)


def test_a_mirrored_photo_has_its_halves_exchanged(photos):
    plain = encode_photos(photos, LeftAndRight())
    other = encode_photos(photos, LeftAndRight(), view=mirrored)
    np.testing.assert_allclose(plain, other[:, ::-1], atol=1e-4)


def test_what_is_kept_is_not_computed_again_until_a_photo_changes(photos, tmp_path):
    encoder, cache = LeftAndRight(), tmp_path / "kept"
    first = encode_photos(photos, encoder, cache=cache)
    again = encode_photos(photos, encoder, cache=cache)
    np.testing.assert_array_equal(first, again)
    assert encoder.seen == 35
    encode_photos(photos, encoder, view=mirrored, cache=cache)
    assert encoder.seen == 70
    Image.fromarray(np.zeros((9, 9, 3), dtype=np.uint8)).save(photos[3])
    assert encode_photos(photos, encoder, cache=cache)[3].tolist() == [0, 0]


def test_two_runs_may_keep_the_same_vectors_at_once(photos, tmp_path, monkeypatch):
    """The other run is through between this one's writing and its renaming."""
    cache, save, saved = tmp_path / "cache", np.save, []

    def save_twice(path, vectors, **options):
        save(path, vectors, **options)
        saved.append(path)
        if len(saved) == 1:
            encode_photos(photos, LeftAndRight(), cache=cache)

    monkeypatch.setattr(photo_features.np, "save", save_twice)
    vectors = encode_photos(photos, LeftAndRight(), cache=cache)
    assert len(saved) == 2
    assert [path.suffix for path in cache.iterdir()] == [".npy"]
    again = LeftAndRight()
    np.testing.assert_array_equal(encode_photos(photos, again, cache=cache), vectors)
    assert again.seen == 0


def test_texts_are_kept_likewise(tmp_path):
    encoder = Lengths()
    for _ in range(2):
        assert encode_texts(["a", "bcd"], encoder, cache=tmp_path).tolist() == [[1], [3]]
    assert encoder.seen == 2
    # The same letters, cut elsewhere.
    assert encode_texts(["ab", "cd"], encoder, cache=tmp_path).tolist() == [[2], [2]]


def test_progress_and_cancelling(photos):
    token, heard = CancelToken(), []

    def listen(report):
        heard.append((report.done, report.total))
        token.cancel()

    with pytest.raises(Cancelled):
        encode_photos(photos, LeftAndRight(), progress=listen, token=token)
    assert heard == [(32, 35)]


def test_a_damaged_photo_is_named_by_its_error(photos):
    photos[5].write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(MediaProblem):
        encode_photos(photos, LeftAndRight())


def test_pixels_come_in_batches_and_in_order(photos):
    heard = []
    batches = list(load_images(photos, 16, batch=16, progress=heard.append))
    assert [batch.shape for batch in batches] == [(n, 16, 16, 3) for n in (16, 16, 3)]
    assert [(report.done, report.total) for report in heard] == [(16, 35), (32, 35), (35, 35)]
    (alone,) = load_images(photos[18:19], 16)
    np.testing.assert_array_equal(batches[1][2], alone[0])


def test_only_the_batch_asked_for_is_read(photos, tmp_path):
    images = load_images([*photos[:2], tmp_path / "not there.png"], 16, batch=2)
    assert next(images).shape == (2, 16, 16, 3)
    with pytest.raises(MediaProblem):
        next(images)


def test_mirrored_photos_have_left_and_right_exchanged():
    images = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    np.testing.assert_array_equal(mirrored(images)[1, 0, 0], images[1, 0, 2])
    assert mirrored(images).flags.c_contiguous
