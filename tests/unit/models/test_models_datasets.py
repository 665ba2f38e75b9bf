from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets import (
    dataset_folder,
    read_captions,
    read_categories,
    read_labels,
)


def make_folder(folder, table, lines, photos, *, inside="images"):
    place = folder / inside if inside else folder
    place.mkdir(parents=True, exist_ok=True)
    for name in photos:
        (place / name).write_bytes(b"x")
    (folder / table).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_captions_are_grouped_by_photo_in_order(tmp_path):
    lines = ["file\tsplit\tcaption", "b.jpg\ttrain\tone", "a.jpg\tdev\ttwo", "b.jpg\ttrain\tthree"]
    photos = read_captions(make_folder(tmp_path, "captions.tsv", lines, ["a.jpg", "b.jpg"]))
    assert [path.name for path in photos.paths] == ["b.jpg", "a.jpg"]
    assert photos.captions == (("one", "three"), ("two",))
    assert photos.part("dev").captions == (("two",),)


def test_a_table_without_splits_and_photos_beside_it(tmp_path):
    lines = ["file\tcaption", 'a.jpg\ta “quoted" sentence']
    photos = read_captions(make_folder(tmp_path, "captions.tsv", lines, ["a.jpg"], inside=""))
    assert photos.splits == ("",)
    assert photos.captions == (('a “quoted" sentence',),)
    with pytest.raises(UsageProblem, match="dev"):
        photos.part("dev")


def test_labels_become_a_matrix(tmp_path):
    lines = ["file\tlabels", "a.jpg\tdog;cat", "b.jpg\t"]
    photos = read_labels(make_folder(tmp_path, "labels.tsv", lines, ["a.jpg", "b.jpg"]))
    assert photos.names == ("cat", "dog")
    assert photos.matrix(("dog", "horse", "cat")).tolist() == [
        [True, False, True],
        [False, False, False],
    ]
    assert photos.subset([1]).labels == ((),)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    make_folder(tmp_path, "labels.tsv", ["x"], ["a.jpg"])
    (tmp_path / "labels.tsv").write_bytes("\ufefffile\tlabels\r\na.jpg\tdog\r\n".encode())
    assert read_labels(tmp_path).labels == (("dog",),)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["photo\tlabels", "a.jpg\tdog"], "column “file”"),
        (["file\tlabels", "a.jpg"], "Line 2"),
        (["file\tlabels", "gone.jpg\tdog"], "gone.jpg"),
        (["file\tlabels"], "no photos"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, lines, message):
    make_folder(tmp_path, "labels.tsv", lines, ["a.jpg"])
    with pytest.raises(UsageProblem, match=message):
        read_labels(tmp_path)


def test_a_table_cannot_reach_out_of_its_folder(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"x")
    lines = ["file\tlabels", "../../secret.jpg\tdog"]
    folder = make_folder(tmp_path / "set", "labels.tsv", lines, [])
    with pytest.raises(UsageProblem, match="outside"):
        read_labels(folder)


def test_the_folder_itself_or_the_known_one_in_it(tmp_path):
    inner = make_folder(tmp_path / "coco", "labels.tsv", ["file\tlabels", "a.jpg\tdog"], ["a.jpg"])
    assert dataset_folder(tmp_path, "labels.tsv", "coco") == inner
    assert dataset_folder(inner, "labels.tsv", "coco") == inner
    with pytest.raises(UsageProblem):
        dataset_folder(tmp_path, "captions.tsv", "flickr8k")


def test_one_folder_per_category(tmp_path):
    for name in ("cat/1.jpg", "dog/2.JPG", "dog/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert read_categories(tmp_path).labels == (("cat",), ("dog",))


@given(st.text(st.characters(exclude_characters="\t\n\r", codec="utf-8"), min_size=1))
def test_any_caption_comes_back_as_it_was(tmp_path_factory, caption):
    folder = tmp_path_factory.mktemp("captions")
    make_folder(folder, "captions.tsv", ["file\tcaption", f"a.jpg\t{caption}"], ["a.jpg"])
    if caption.strip():
        assert read_captions(folder).captions == ((caption.strip(),),)
    else:
        with pytest.raises(UsageProblem):
            read_captions(folder)
