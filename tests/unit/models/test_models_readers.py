"""Public sets, written here in exactly the layouts in which they are published."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.core.errors import UsageProblem
from photoorg.models.datasets import DEV, TEST, TRAIN, open_dataset
from photoorg.models.datasets import files as list_files


def write(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_photos(root, *names):
    for name in names:
        write(root, name, b"x")


def by_name(dataset, field):
    return {
        path.name: value for path, value in zip(dataset.paths, getattr(dataset, field), strict=True)
    }


# -- MIRFlickr-25k --------------------------------------------------------------------------------
@pytest.fixture
def mirflickr(tmp_path):
    write_photos(tmp_path, *(f"mirflickr/im{n}.jpg" for n in (1, 2, 3, 10)))
    write(tmp_path, "mirflickr/meta/tags/tags1.txt", "cigarette\r\ntattoos\r\nsmoke\r\n")
    write(tmp_path, "mirflickr/meta/tags/tags2.txt", "")
    write(tmp_path, "mirflickr/meta/tags/tags10.txt", "köln\n\nköln\nrhein")
    write(tmp_path, "mirflickr/meta/exif/exif1.txt", "-Camera\nCanon\n")
    write(tmp_path, "mirflickr/doc/common_tags.txt", "sky 845\n")
    annotations = {
        "baby": "2\n10\n",
        "baby_r1": "10\n",
        "plant_life": "1\n",
        "sea": "",
        "README": "x",
    }
    for name, content in annotations.items():
        write(tmp_path, f"mirflickr25k_annotations_v080/{name}.txt", content)
    return tmp_path


def test_mirflickr(mirflickr):
    photos = open_dataset(mirflickr)
    assert photos.name == "mirflickr25k"
    assert [path.name for path in photos.paths] == ["im1.jpg", "im2.jpg", "im3.jpg", "im10.jpg"]
    assert by_name(photos, "tags") == {
        "im1.jpg": ("cigarette", "tattoos", "smoke"),
        "im2.jpg": (),
        "im3.jpg": (),
        "im10.jpg": ("köln", "rhein"),
    }
    assert by_name(photos, "labels")["im10.jpg"] == ("baby", "baby*")
    assert photos.concepts == ("baby", "baby*", "plant_life")
    assert photos.matrix(("baby*",)).T.tolist() == [[False, False, False, True]]


def test_mirflickr_as_other_unpackers_leave_it(mirflickr):
    (mirflickr / "mirflickr25k_annotations_v080").rename(mirflickr / "mirflickr" / "annotations")
    assert open_dataset(mirflickr).concepts == ("baby", "baby*", "plant_life")
    assert open_dataset(mirflickr / "mirflickr").concepts == ("baby", "baby*", "plant_life")


def test_mirflickr_counts_photos_that_are_annotated_but_absent(mirflickr):
    (mirflickr / "mirflickr" / "im2.jpg").unlink()
    photos = open_dataset(mirflickr)
    assert (len(photos), photos.missing) == (3, 1)


@pytest.mark.parametrize("line", ["two", "-3", "1.5", "²", "1" * 30])
def test_mirflickr_names_the_line_that_is_no_number(mirflickr, line):
    write(mirflickr, "mirflickr25k_annotations_v080/baby.txt", f"2\n{line}\n")
    with pytest.raises(UsageProblem, match=r"Line 2 of .*baby\.txt"):
        open_dataset(mirflickr)


# -- NUS-WIDE -------------------------------------------------------------------------------------
NUS_PHOTOS = ("actor\\0001_2124494179.jpg", "zebra\\0009_42.jpg", "zebra\\0010_7.jpg")


@pytest.fixture
def nuswide(tmp_path):
    for name in NUS_PHOTOS:
        write_photos(tmp_path, "Flickr/" + name.replace("\\", "/"))
    write(tmp_path, "ImageList/Imagelist.txt", "".join(f"{name}\r\n" for name in NUS_PHOTOS))
    write(tmp_path, "ImageList/TrainImagelist.txt", f"{NUS_PHOTOS[0]}\n{NUS_PHOTOS[2]}\n")
    write(tmp_path, "ImageList/TestImagelist.txt", f"{NUS_PHOTOS[1]}\n")
    write(tmp_path, "Groundtruth/AllLabels/Labels_sky.txt", "1\n0\n1\n")
    write(tmp_path, "Groundtruth/AllLabels/Labels_zebra.txt", "0\n1\n1\n")
    # As it was published: a value that is no label.
    write(tmp_path, "Groundtruth/TrainTestLabels/Labels_lake_Train.txt", "0\n-1130179\n")
    tags = "2124494179      man actor  2007\n42 \n7\tzebra africa zebra\n"
    write(tmp_path, "NUS_WID_Tags/All_Tags.txt", tags)
    write(tmp_path, "NUS_WID_Tags/Final_Tag_List.txt", "nature\nzebra\nman\nactor\n")
    write(tmp_path, "NUS_WID_Tags/AllTags1k.txt", "1\t0\t1\t\n0\t0\t0\t\n0\t1\t0\t\n")
    write(tmp_path, "NUS_WID_Tags/TagList1k.txt", "man\nzebra\nactor\n")
    return tmp_path


def test_nuswide(nuswide):
    photos = open_dataset(nuswide)
    assert photos.name == "nus-wide"
    assert photos.splits == (TRAIN, TEST, TRAIN)
    assert photos.labels == (("sky",), ("zebra",), ("sky", "zebra"))
    assert photos.tags == (("man", "actor"), (), ("zebra",))
    assert photos.part(TEST).labels == (("zebra",),)


def test_nuswide_with_the_thousand_tags_only(nuswide):
    (nuswide / "NUS_WID_Tags" / "All_Tags.txt").unlink()
    assert open_dataset(nuswide).tags == (("man", "actor"), (), ("zebra",))


def test_nuswide_leaves_out_photos_that_nobody_kept(nuswide):
    (nuswide / "Flickr" / "actor" / "0001_2124494179.jpg").unlink()
    photos = open_dataset(nuswide)
    assert photos.missing == 1
    assert photos.labels == (("zebra",), ("sky", "zebra"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Groundtruth/AllLabels/Labels_sky.txt", "1\n0\n", "Line 2 of .*Labels_sky"),
        ("Groundtruth/AllLabels/Labels_sky.txt", "1\n0\n1\n1\n", "Line 4 of .*Labels_sky"),
        ("Groundtruth/AllLabels/Labels_sky.txt", "1\nyes\n1\n", "Line 2 of .*Labels_sky"),
        ("NUS_WID_Tags/All_Tags.txt", "2124494179 man\n7 zebra\n42\n", "Line 2 .*photo 7"),
        ("NUS_WID_Tags/All_Tags.txt", "2124494179 man\n42", "Line 2 .*3 photos"),
        ("ImageList/Imagelist.txt", "actor\\1.jpg\nactor\\2.jp", "Line 2 of .*Imagelist"),
        ("ImageList/Imagelist.txt", "", "empty"),
        ("ImageList/Imagelist.txt", "a\\1.jpg\nb\\2.jpg\na\\1.jpg\n", "Line 3 .*second time"),
        (
            "ImageList/Imagelist.txt",
            "a\\1_2124494179.jpg\n..\\..\\2_42.jpg\nb\\3_7.jpg\n",
            "outside",
        ),
    ],
)
def test_nuswide_names_the_line_that_is_wrong(nuswide, name, content, message):
    write(nuswide, name, content)
    with pytest.raises(UsageProblem, match=message):
        open_dataset(nuswide)


@pytest.mark.parametrize("row", ["0\t0", "0\t2\t0", "0\t0\t0\t0", "0,1,0", "0\tx\t0", ""])
def test_nuswide_names_the_row_of_tags_that_is_wrong(nuswide, row):
    (nuswide / "NUS_WID_Tags" / "All_Tags.txt").unlink()
    write(nuswide, "NUS_WID_Tags/AllTags1k.txt", f"1\t0\t1\n{row}\n0\t1\t0\n")
    with pytest.raises(UsageProblem, match=r"Line 2 of .*AllTags1k"):
        open_dataset(nuswide)


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=3, max_size=3))
def test_nuswide_tag_tables_come_back_as_written(tmp_path_factory, table):
    root = tmp_path_factory.mktemp("nus")
    names = ["a/1_1.jpg", "a/2_2.jpg", "a/3_3.jpg"]
    write_photos(root, *(f"Flickr/{name}" for name in names))
    write(root, "ImageList/ImageList.txt", "\n".join(names))
    write(root, "NUS_WID_Tags/TagList1k.txt", "a\nb\nc\nd\n")
    rows = ("".join(f"{int(cell)}\t" for cell in row) + "\r\n" for row in table)
    write(root, "NUS_WID_Tags/AllTags1k.txt", "".join(rows))
    wanted = tuple(tuple(tag for tag, has in zip("abcd", row, strict=True) if has) for row in table)
    assert open_dataset(root).tags == wanted


# -- Flickr8k and Flickr30k -----------------------------------------------------------------------
TOKENS = (
    "1000268201_693b08cb0e.jpg#0\tA child in a pink dress .\n"
    "1000268201_693b08cb0e.jpg#1\tA girl # 1 going\tinto a building .\n"
    "2258277193_586949ec62.jpg.1#0\tpeople waiting for the subway\n"
    "3.jpg#0\tA dog\u2028runs .\n"
)


def test_flickr8k(tmp_path):
    write(tmp_path, "Flickr8k_text/Flickr8k.token.txt", TOKENS)
    write(tmp_path, "Flickr8k_text/Flickr_8k.trainImages.txt", "1000268201_693b08cb0e.jpg\n")
    write(tmp_path, "Flickr8k_text/Flickr_8k.devImages.txt", "3.jpg\n")
    photos = ("1000268201_693b08cb0e.jpg", "3.jpg")
    write_photos(tmp_path, *(f"Flicker8k_Dataset/{name}" for name in photos))
    dataset = open_dataset(tmp_path)
    assert dataset.name == "flickr8k"
    assert by_name(dataset, "captions") == {
        photos[0]: ("A child in a pink dress .", "A girl # 1 going\tinto a building ."),
        photos[1]: ("A dog\u2028runs .",),
    }
    assert dataset.splits == (TRAIN, DEV)
    assert dataset.missing == 1  # the set captions a photo that it does not have
    assert dataset.part(DEV).captioned().captions == (("A dog\u2028runs .",),)
    with pytest.raises(UsageProblem, match="no split"):
        dataset.part(TEST)


def test_flickr8k_as_a_table_with_commas(tmp_path):
    lines = ["image,caption", 'a.jpg,"A dog , running ""fast"" ."', "a.jpg,A dog .", "b.jpg,A cat"]
    write(tmp_path, "captions.txt", "\n".join(lines))
    write_photos(tmp_path, "Images/a.jpg", "Images/b.jpg")
    assert open_dataset(tmp_path).captions == (('A dog , running "fast" .', "A dog ."), ("A cat",))


def test_flickr30k_tokens(tmp_path):
    write(tmp_path, "results_20130124.token", "1.jpg#0\tTwo men\n1.jpg#1\tMen\n")
    write_photos(tmp_path, "flickr30k-images/1.jpg")
    dataset = open_dataset(tmp_path)
    assert (dataset.name, dataset.captions) == ("flickr30k", (("Two men", "Men"),))


def test_flickr30k_table_with_its_published_fault(tmp_path):
    lines = [
        "image_name| comment_number| comment",
        "1.jpg| 0| Two young guys | with hair .",
        "2199200615.jpg| 4   A dog runs across the grass .",
    ]
    write(tmp_path, "results.csv", "\n".join(lines))
    write_photos(tmp_path, "flickr30k_images/1.jpg", "flickr30k_images/2199200615.jpg")
    assert open_dataset(tmp_path).captions == (
        ("Two young guys | with hair .",),
        ("A dog runs across the grass .",),
    )


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("Flickr8k.token.txt", TOKENS + "4.jpg#0", 5),
        ("Flickr8k.token.txt", "1.jpg\tA dog\n", 1),
        ("results_20130124.token", "1.jpg#0\tA dog\n\x00\x00\x00\n", 2),
        ("results.csv", "image_name| comment_number| comment\n1.jpg| 0| a\n1.jpg| 1", 3),
        ("captions.txt", "image,caption\na.jpg,A dog\na.jpg", 3),
        ("captions.txt", "picture,caption\na.jpg,A dog\n", 1),
    ],
)
def test_a_cut_or_foreign_list_names_the_line(tmp_path, name, content, line):
    write(tmp_path, name, content)
    write_photos(tmp_path, "images/1.jpg", "images/a.jpg")
    with pytest.raises(UsageProblem, match=f"Line {line} of .*{name}"):
        open_dataset(tmp_path)


@given(st.text(st.characters(exclude_characters="\n\r", codec="utf-8")))
def test_any_caption_in_a_token_file_comes_back(tmp_path_factory, caption):
    root = tmp_path_factory.mktemp("tokens")
    write(root, "Flickr8k.token.txt", f"a.jpg#0\t{caption}\n")
    write_photos(root, "images/a.jpg")
    captions = open_dataset(root).captions[0]
    assert captions == ((caption.strip(),) if caption.strip() else ())


@given(st.binary(max_size=200))
def test_whatever_bytes_a_list_holds_the_answer_is_a_set_or_a_clear_problem(tmp_path_factory, raw):
    root = tmp_path_factory.mktemp("hostile")
    write(root, "Flickr8k.token.txt", raw)
    try:
        size = len(open_dataset(root))
    except UsageProblem:
        return
    assert size > 0


# -- Karpathy's splits ----------------------------------------------------------------------------
def karpathy(**changes):
    image = {
        "sentids": [0],
        "imgid": 0,
        "sentences": [{"tokens": ["a", "dog"], "raw": "A dog .", "imgid": 0, "sentid": 0}],
        "split": "train",
        "filename": "a.jpg",
    }
    return {**image, **changes}


def test_karpathy_flickr(tmp_path):
    images = [karpathy(), karpathy(filename="b.jpg", split="val")]
    write(tmp_path, "dataset_flickr8k.json", json.dumps({"images": images, "dataset": "flickr8k"}))
    write_photos(tmp_path, "images/a.jpg", "images/b.jpg")
    dataset = open_dataset(tmp_path)
    assert dataset.splits == (TRAIN, DEV)
    assert dataset.captions == (("A dog .",), ("A dog .",))


def test_karpathy_coco(tmp_path):
    name = "COCO_val2014_000000000042.jpg"
    image = karpathy(filename=name, filepath="val2014", split="restval", cocoid=42)
    write(tmp_path, "dataset_coco.json", json.dumps({"images": [image], "dataset": "coco"}))
    write_photos(tmp_path, f"val2014/{name}")
    dataset = open_dataset(tmp_path)
    assert (dataset.name, dataset.splits) == ("coco", (TRAIN,))


@pytest.mark.parametrize(
    "image",
    [
        "a.jpg",
        karpathy(split="elsewhere"),
        karpathy(split=["train"]),
        karpathy(sentences=[{"tokens": []}]),
        karpathy(sentences=7),
    ],
)
def test_karpathy_names_the_photo_that_is_malformed(tmp_path, image):
    write(tmp_path, "dataset_flickr8k.json", json.dumps({"images": [karpathy(), image]}))
    write_photos(tmp_path, "images/a.jpg")
    with pytest.raises(UsageProblem, match="Photo 1 of"):
        open_dataset(tmp_path)


# -- COCO -----------------------------------------------------------------------------------------
def coco_captions(part, *, photo=9):
    name = f"COCO_{part}_{photo:012}.jpg" if "2014" in part else f"{photo:012}.jpg"
    return {
        "info": {"year": 2014},
        "images": [{"license": 3, "file_name": name, "height": 4, "width": 5, "id": photo}],
        "licenses": [{"id": 1, "name": "x", "url": "y"}],
        "annotations": [
            {"image_id": photo, "id": 1, "caption": "A bowl .\n"},
            {"image_id": photo, "id": 2, "caption": "Oranges"},
        ],
    }


def coco_instances(part, *, photo=9):
    objects = [
        {
            "segmentation": [[1.5, 2.5]],
            "area": 1.0,
            "iscrowd": 0,
            "image_id": photo,
            "bbox": [0] * 4,
        }
        | {"category_id": category, "id": number}
        for number, category in enumerate((51, 55, 51))
    ]
    categories = [
        {"supercategory": "kitchen", "id": 51, "name": "bowl"},
        {"supercategory": "food", "id": 55, "name": "orange"},
        {"supercategory": "food", "id": 56, "name": "broccoli"},
    ]
    return {**coco_captions(part, photo=photo), "annotations": objects, "categories": categories}


def write_coco(root, part, *, captions=True, instances=True, photo=9):
    for kind, wanted, make in (
        ("captions", captions, coco_captions),
        ("instances", instances, coco_instances),
    ):
        if wanted:
            document = json.dumps(make(part, photo=photo))
            write(root, f"annotations/{kind}_{part}.json", document)
    write_photos(root, f"{part}/{coco_captions(part, photo=photo)['images'][0]['file_name']}")


def test_coco_of_both_kinds_and_parts(tmp_path):
    write_coco(tmp_path, "train2014")
    write_coco(tmp_path, "val2014", instances=False, photo=7)
    write(tmp_path, "annotations/person_keypoints_val2014.json", "{}")
    dataset = open_dataset(tmp_path)
    assert dataset.name == "coco"
    assert dataset.splits == (TRAIN, DEV)
    assert dataset.captions == (("A bowl .", "Oranges"), ("A bowl .", "Oranges"))
    assert dataset.labels == (("bowl", "orange"), ())


def test_coco_reads_the_year_whose_photos_are_there(tmp_path):
    write_coco(tmp_path, "val2014")
    write(tmp_path, "annotations/captions_val2017.json", json.dumps(coco_captions("val2017")))
    assert open_dataset(tmp_path).paths[0].parent.name == "val2014"
    write_photos(tmp_path, "val2017/000000000009.jpg")
    dataset = open_dataset(tmp_path)
    assert (len(dataset), dataset.paths[0].parent.name) == (1, "val2017")


def test_coco_that_is_cut_names_the_line(tmp_path):
    write_coco(tmp_path, "val2014", instances=False)
    path = tmp_path / "annotations" / "captions_val2014.json"
    path.write_text(json.dumps(coco_captions("val2014"), indent=1)[:200])
    with pytest.raises(UsageProblem, match=r"Line \d+ of .*is not JSON"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": 3}, "no list of objects “images”"),
        ({"annotations": [3]}, "no list of objects “annotations”"),
        ({"images": [{"id": "nine", "file_name": "a.jpg"}]}, "usable “id”"),
        ({"annotations": [{"image_id": 10, "caption": "A"}]}, "does not list: 10"),
        ({"annotations": [{"image_id": 9}]}, "usable “caption”"),
        ({"images": [{"id": 9, "file_name": "../../../secret.jpg"}]}, "outside"),
    ],
)
def test_coco_that_is_malformed_is_told(tmp_path, change, message):
    write_coco(tmp_path, "val2014", instances=False)
    document = {**coco_captions("val2014"), **change}
    write(tmp_path, "annotations/captions_val2014.json", json.dumps(document))
    with pytest.raises(UsageProblem, match=message):
        open_dataset(tmp_path)


def test_json_that_is_no_object_or_too_deep(tmp_path):
    write_coco(tmp_path, "val2014", instances=False)
    for content, message in (("[]", "no JSON object"), ("[" * 200_000, "cannot be read")):
        write(tmp_path, "annotations/captions_val2014.json", content)
        with pytest.raises(UsageProblem, match=message):
            open_dataset(tmp_path)


# -- the own tables, and all of them together -----------------------------------------------------
def test_own_tables_are_joined_by_photo(tmp_path):
    write_photos(tmp_path, "images/a.jpg", "images/b.jpg")
    write(tmp_path, "captions.tsv", "file\tsplit\tcaption\na.jpg\ttrain\tA dog\n")
    write(tmp_path, "labels.tsv", "file\tlabels\nb.jpg\tcat\na.jpg\tdog;grass\n")
    dataset = open_dataset(tmp_path)
    assert by_name(dataset, "captions") == {"a.jpg": ("A dog",), "b.jpg": ()}
    assert by_name(dataset, "labels") == {"a.jpg": ("dog", "grass"), "b.jpg": ("cat",)}
    assert [path.name for path in dataset.captioned().paths] == ["a.jpg"]
    assert len(dataset.labelled().paths) == 2


def test_a_folder_that_is_nothing_known_lists_what_is(tmp_path):
    with pytest.raises(UsageProblem, match="NUS-WIDE"):
        open_dataset(tmp_path)
    with pytest.raises(UsageProblem, match="no folder"):
        open_dataset(tmp_path / "gone")


def test_lists_without_photos_say_so(nuswide):
    for path in (nuswide / "Flickr").rglob("*.jpg"):
        path.unlink()
    with pytest.raises(UsageProblem, match="none of its photos"):
        open_dataset(nuswide)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    write_photos(tmp_path, "secret.jpg")
    root = tmp_path / "set"
    write(root, "Flickr8k.token.txt", "a.jpg#0\tA dog\n")
    (root / "images").mkdir()
    (root / "images" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(UsageProblem, match="outside"):
        open_dataset(root)


def test_names_that_no_file_can_have_are_a_clear_problem(tmp_path):
    write(tmp_path, "Flickr8k.token.txt", f"{'a' * 5000}.jpg#0\tA dog\n")
    with pytest.raises(UsageProblem, match="can be no photo"):
        open_dataset(tmp_path)


def test_lists_have_bounds(tmp_path, monkeypatch):
    path = write(tmp_path, "list.txt", "short\n" + "x" * 200)
    monkeypatch.setattr(list_files, "_MAX_LINE", 100)
    with pytest.raises(UsageProblem, match="Line 2"):
        list(list_files.read_lines(path))
    monkeypatch.setattr(list_files, "_MAX_LIST_BYTES", 100)
    with pytest.raises(UsageProblem, match="too large"):
        list(list_files.read_lines(path))
