"""How the inspector puts what it knows into words and chips."""

from __future__ import annotations

from collections.abc import Sequence

from photoorg.core.records import PhotoDetails, PhotoState, Suggestion
from photoorg.gui.inspector.data import Described
from photoorg.gui.widgets.chip import ChipData, ChipKind


def standing(details: PhotoDetails) -> str:
    """Return the line under the title: the state, where it is not the usual one."""
    if details.missing:
        return "File missing. Connect its drive, or rescan once it is back."
    if details.state is PhotoState.PENDING:
        return "Waiting to be read"
    if details.state is PhotoState.FAILED:
        return "Could not be read. It is tried again when the file changes."
    return ""


def tag_chips(described: Described) -> list[ChipData]:
    """Return the chips of the tags that all or some of the photos carry."""
    total = len(described.photo_ids)
    return [
        ChipData(tag)
        if count >= total
        else ChipData(tag, ChipKind.PARTIAL, count / total, f"{count:,}/{total:,}")
        for tag, count in described.tags
    ]


def fold_text(suggestions: Sequence[Suggestion], *, wanted: bool) -> str:
    """Return the words on the link to suggestions that are less sure, or "" where there are none.

    Args:
        suggestions: of a photo.
        wanted: the less sure ones are shown.
    """
    count = sum(not each.sure for each in suggestions)
    if not count:
        return ""
    return "Only sure suggestions" if wanted else f"{count} less sure"
