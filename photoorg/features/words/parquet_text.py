"""Reading the strings of a one-column Parquet file, without a library of 100 MB to do it.

Only what such a file needs is here: data pages of version 1, Snappy, plain encoding, and a
dictionary whose entries are used once each and in order, as a column of distinct strings has it.
Formats: https://parquet.apache.org/docs/file-format/ and
https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from typing import Any

_MAGIC = b"PAR1"
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_PLAIN = 0


def read_distinct_strings(data: bytes) -> list[bytes]:
    """Return the strings of the file's one column of distinct strings.

    Raises:
        ValueError: the file is none of that kind.
    """
    if data[:4] != _MAGIC or data[-4:] != _MAGIC:
        raise ValueError("not a Parquet file")
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    strings: list[bytes] = []
    rows = 0
    position = 4
    try:
        while position < footer:
            header, body = _read_struct(data, position)
            if 1 not in header or 3 not in header:
                break  # the column's end: what follows are indexes
            position = body + header[3]
            page = unpack_snappy(data[body:position])
            if header[1] == _DICTIONARY_PAGE:
                strings += _plain_strings(page, 0)
            elif header[1] == _DATA_PAGE:
                about = header[5]
                rows += about[1]
                if about[2] == _PLAIN:
                    # A length of 4 bytes, then which values are null: none are.
                    strings += _plain_strings(page, 4 + int.from_bytes(page[:4], "little"))
            else:
                raise ValueError(f"a page of the type {header[1]}")
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError("a page makes no sense") from error
    if len(strings) != rows or len(set(strings)) != rows:
        raise ValueError("the strings are not distinct")
    return strings


def unpack_snappy(data: bytes) -> bytes:
    """Return what Snappy packed (the raw format).

    Raises:
        ValueError: the data do not have the length that they claim.
    """
    length, position = _read_varint(data, 0)
    out = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        kind, size = tag & 3, tag >> 2
        if kind == 0:
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(data[position : position + extra], "little")
                position += extra
            out += data[position : position + size + 1]
            position += size + 1
            continue
        if kind == 1:
            size, offset = (size & 7) + 4, (tag >> 5) << 8 | data[position]
            position += 1
        else:
            width = 2 if kind == 2 else 4
            size, offset = size + 1, int.from_bytes(data[position : position + width], "little")
            position += width
        start = len(out) - offset
        if offset == 0 or start < 0:
            raise ValueError("a copy from before the start")
        # A copy may reach into itself: then it repeats.
        piece = out[start : start + size]
        out += (piece * (size // len(piece) + 1))[:size]
    if len(out) != length:
        raise ValueError(f"{len(out)} bytes instead of {length}")
    return bytes(out)


def _plain_strings(page: bytes, position: int) -> list[bytes]:
    """Return strings that each come after their length in 4 bytes."""
    strings = []
    while position < len(page):
        start = position + 4
        position = start + int.from_bytes(page[position:start], "little")
        strings.append(page[start:position])
    return strings


def _read_struct(data: bytes, position: int) -> tuple[dict[int, Any], int]:
    """Return the fields of a struct in Thrift's compact protocol, and where it ends."""
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head = data[position]
        position += 1
        if head == 0:
            return fields, position
        if head >> 4:
            number += head >> 4
        else:
            number, position = _read_integer(data, position)
        fields[number], position = _read_value(data, position, head & 15)


def _read_value(data: bytes, position: int, kind: int) -> tuple[Any, int]:
    if kind in {1, 2}:
        return kind == 1, position
    if kind in {4, 5, 6}:
        return _read_integer(data, position)
    if kind == 8:
        length, position = _read_varint(data, position)
        return data[position : position + length], position + length
    if kind == 12:
        return _read_struct(data, position)
    raise ValueError(f"a field of the type {kind}")


def _read_integer(data: bytes, position: int) -> tuple[int, int]:
    """Read a signed number in zigzag coding."""
    value, position = _read_varint(data, position)
    return value >> 1 ^ -(value & 1), position


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position
