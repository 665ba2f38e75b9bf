"""`photoorg suggest`: likely tags for photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute, demand_photos
from photoorg.cli.output import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from photoorg.cli.session import Session


def suggest(session: Session, *, photos: Sequence[Path], limit: int) -> None:
    """Suggest tags that are neither confirmed nor rejected yet.

    Args:
        session: the run.
        photos: files in the catalog.
        limit: tags for each.

    Raises:
        EnvironmentProblem: there is no such file.
        UsageProblem: a file is not in the catalog.
    """
    with session.library() as library:
        known = demand_photos(library, photos)
        suggestions = library.suggest(list(dict.fromkeys(known.values())), limit)
    for path, photo_id in known.items():
        if photo_id not in suggestions:
            session.output.note(
                f"{path} was not looked at yet; photoorg index {absolute(path).parent} does that."
            )
    session.output.answer(
        [
            {
                "path": str(absolute(path)),
                "suggestions": [
                    {
                        "tag": each.tag,
                        "probability": round(float(each.probability), 4),
                        "source": each.source,
                    }
                    for each in suggestions.get(photo_id, ())
                ],
            }
            for path, photo_id in known.items()
        ],
        table(
            ("photo", "tag", "probability", "source"),
            [
                (str(path), each.tag, f"{each.probability:.0%}", each.source)
                for path, photo_id in known.items()
                for each in suggestions.get(photo_id, ())
            ],
        ),
    )
