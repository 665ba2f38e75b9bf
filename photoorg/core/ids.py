"""Identifiers that must not be mixed up."""

from __future__ import annotations

from typing import NewType

PhotoId = NewType("PhotoId", int)
"""A photo, whatever its files are called and wherever they lie."""

FileId = NewType("FileId", int)
"""One path on disk."""

FolderId = NewType("FolderId", int)
"""A folder the person added, or one below it."""

TagId = NewType("TagId", int)

ContentHash = NewType("ContentHash", str)
"""Hex digest of a file's bytes: the exact identity."""

PixelHash = NewType("PixelHash", str)
"""Hex digest of what a file shows, unchanged by edits to its metadata."""

ModelKey = NewType("ModelKey", str)
"""What made a vector: encoder name, weights hash, preprocessing and dimension in one string."""

Revision = NewType("Revision", int)
"""The catalog's counter, one higher after each committed mutation."""
