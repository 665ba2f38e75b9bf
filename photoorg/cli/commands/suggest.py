"""`photoorg suggest`: likely tags for photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.cli.commands.photos import absolute, demand_photos
from photoorg.cli.commands.why import tag_document, tag_words
from photoorg.cli.output import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from photoorg.cli.session import Session


def suggest(session: Session, *, photos: Sequence[Path], limit: int, why: bool = False) -> None:
    """Suggest tags that are neither confirmed nor rejected yet.

    Args:
        session: the run.
        photos: files in the catalog.
        limit: tags for each.
        why: say why, too.

    Raises:
        EnvironmentProblem: there is no such file.
        UsageProblem: a file is not in the catalog.
    """
    answers: list[dict[str, object]] = []
    lines: list[list[str]] = []
    with session.library() as library:
        known = demand_photos(library, photos)
        suggestions = library.suggest(list(dict.fromkeys(known.values())), limit)
        for path, photo_id in known.items():
            listed: list[dict[str, object]] = []
            for each in suggestions.get(photo_id, ()):
                figure = round(float(each.probability), 4)
                listed.append(
                    {
                        "tag": each.tag,
                        "probability": figure,
                        "source": each.source,
                        "sure": each.sure,
                    }
                )
                line = [str(path), each.tag, f"{each.probability:.0%}", each.source]
                if why:
                    reasons = library.why.of_tag(photo_id, each.tag)
                    listed[-1]["why"] = tag_document(library, reasons)
                    line.append(tag_words(library, reasons))
                lines.append(line)
            answers.append({"path": str(absolute(path)), "suggestions": listed})
    for path, photo_id in known.items():
        if photo_id not in suggestions:
            session.output.note(
                f"{path} was not looked at yet; photoorg index {absolute(path).parent} does that."
            )
    headers = ("photo", "tag", "probability", "source", *(["why"] if why else []))
    session.output.answer(answers, table(headers, lines))
