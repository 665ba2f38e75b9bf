"""How names, texts and times are written, for any input."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoorg.catalog import encoding
from photoorg.core.errors import UsageProblem

COMPONENTS = st.binary(min_size=1, max_size=8).filter(lambda name: not {0, ord("/")} & set(name))


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
@given(COMPONENTS)
def test_any_name_of_bytes_survives(name: bytes) -> None:
    text = os.fsdecode(name)
    assert encoding.decode_path(encoding.encode_path(text)) == text
    assert encoding.encode_path(text) == name


@pytest.mark.skipif(os.name == "nt", reason="written with slashes")
@given(st.lists(COMPONENTS, max_size=3), st.lists(COMPONENTS, min_size=1, max_size=3))
def test_the_range_below_a_folder_holds_just_what_lies_below(
    folder: list[bytes], other: list[bytes]
) -> None:
    parent = "/" + "/".join(os.fsdecode(name) for name in folder)
    path = "/" + "/".join(os.fsdecode(name) for name in other)
    first, end = encoding.range_below(parent)
    is_below = first <= encoding.encode_path(path) < end
    assert is_below == path.startswith(encoding.prefix_of(parent))
    assert encoding.lies_below(path, parent) == (is_below or path == parent)


def test_the_parent_of_a_path_is_that_of_pathlib() -> None:
    for path in (Path.cwd() / "a" / "b", Path(Path.cwd().anchor) / "a", Path(Path.cwd().anchor)):
        assert encoding.parent_of(str(path)) == str(path.parent)


@given(st.text(st.characters(exclude_categories=())))
def test_folding_is_stable_and_storable(text: str) -> None:
    folded = encoding.fold(text)
    assert encoding.fold(folded) == folded
    folded.encode()


@given(st.text())
def test_letter_case_does_not_count(text: str) -> None:
    assert encoding.fold(text.casefold()) == encoding.fold(text)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_a_tag_is_one_clean_line_or_refused(text: str) -> None:
    try:
        name = encoding.clean_tag(text)
    except UsageProblem:
        return
    assert encoding.clean_tag(name) == name
    assert encoding.tag_key(encoding.tag_key(name)) == encoding.tag_key(name)
    assert name == name.strip()
    assert "\n" not in name
    assert 0 < len(name) <= encoding.MAX_TAG_LENGTH


@given(st.datetimes())
def test_times_survive(moment: datetime) -> None:
    assert encoding.decode_time(encoding.encode_time(moment)) == moment


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_modification_time_is_a_date(modified_ns: int) -> None:
    encoding.decode_time(encoding.encode_modified(modified_ns))
