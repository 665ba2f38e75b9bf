"""Reasons as the command line tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from photoorg.cli.session import CommandLibrary
    from photoorg.core.ids import PhotoId
    from photoorg.core.reasons import FoundReasons, NearPhoto, TagReasons

_NEAR_SHOWN = 2
"""Photos named to people; a program gets all of them."""


def tag_document(library: CommandLibrary, reasons: TagReasons) -> dict[str, object]:
    """Return why a tag is suggested, as a program reads it."""
    paths = library.paths_of([each.photo_id for each in (*reasons.near, *reasons.against)])
    return {
        "near": _paths(reasons.near, paths),
        "against": _paths(reasons.against, paths),
        "tags": [
            {"tag": pull.tag, "both": pull.both, "total": pull.total} for pull in reasons.pulls
        ],
        "missing": list(reasons.notes),
    }


def tag_words(library: CommandLibrary, reasons: TagReasons) -> str:
    """Return why a tag is suggested, in a line for a person."""
    near = reasons.near[:_NEAR_SHOWN]
    paths = library.paths_of([each.photo_id for each in near])
    names = [paths[each.photo_id].name for each in near if each.photo_id in paths]
    facts = [f"like {' and '.join(names)}"] if names else []
    facts += [f"{pull.both} of {pull.total} with “{pull.tag}” have it" for pull in reasons.pulls]
    return "; ".join(facts) or " ".join(reasons.notes)


def found_document(reasons: FoundReasons) -> list[dict[str, object]]:
    """Return what each part of a search makes of a photo, as a program reads it."""
    return [
        {
            "part": each.part,
            "effect": each.effect.value,
            "strength": round(each.strength, 4),
            "words": each.words,
        }
        for each in reasons.parts
    ]


def found_words(reasons: FoundReasons) -> str:
    """Return what each part of a search makes of a photo, in a line for a person."""
    return "; ".join(f"{each.part}: {each.words}" for each in reasons.parts)


def _paths(photos: tuple[NearPhoto, ...], paths: Mapping[PhotoId, Path]) -> list[str]:
    return [str(paths[each.photo_id]) for each in photos if each.photo_id in paths]
