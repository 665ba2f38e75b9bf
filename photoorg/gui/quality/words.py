"""What is said of the quality of tags, in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from photoorg.core.quality import Estimate, QualityReport, TagQuality, TagTrust
from photoorg.gui.widgets import wording

_OF: Final = 20
"""Suggestions that the wanted precision is explained by: five percent of them are one."""

_MOST, _SOME = 0.7, 0.3
"""Parts of the largest gain from which on an answer is said to help most, or to help."""

_LONGEST_NAME: Final = 44
_RIGHT: Final = " right"

SIGNS: Final = {
    TagTrust.TRUSTED: ("check", "success"),
    TagTrust.DOUBTFUL: ("warning", "warning"),
    TagTrust.TOO_FEW: ("clock", "dimmed"),
}
"""Icon and colour of each state."""


def percent(share: float) -> str:
    """Return "84 %"; unlike a probability a count may well come to 0 or 100 %."""
    return f"{round(100 * share)} %"


def interval(estimate: Estimate) -> str:
    """Return "78-89", with a dash as between figures."""
    return f"{round(100 * estimate.low)}\N{EN DASH}{round(100 * estimate.high)}"


def right(estimate: Estimate | None) -> str:
    """Return "84 % right (78-89)"."""
    return "" if estimate is None else f"{percent(estimate.value)} right ({interval(estimate)})"


def found(estimate: Estimate | None) -> str:
    """Return "finds 61 % (52-70)"."""
    return "" if estimate is None else f"finds {percent(estimate.value)} ({interval(estimate)})"


def state(quality: TagQuality) -> str:
    """Return whether a tag is suggested, and from where on or why not."""
    if quality.trust is TagTrust.TOO_FEW:
        if not quality.needed:
            return "Enough examples, not learned yet"
        return f"Not enough examples yet: {quality.needed:,} more"
    if quality.trust is TagTrust.DOUBTFUL:
        return "Not suggested: too often wrong"
    if quality.threshold is None:
        return "Suggested"
    return f"Suggested when {wording.percent(quality.threshold)} sure or more"


def examples(quality: TagQuality) -> str:
    """Return "34 yes · 12 no"."""
    return f"{quality.confirmed:,} yes · {quality.rejected:,} no"


def waiting(quality: TagQuality) -> str:
    """Return "18 photos waiting"."""
    return f"{quality.waiting:,} waiting" if quality.waiting else "none waiting"


def help_of(gain: float, largest: float) -> str:
    """Return how much one more answer helps, beside the tag that it helps most.

    Args:
        gain: of this tag.
        largest: the largest of all tags.
    """
    if gain <= 0 or largest <= 0:
        return ""
    share = gain / largest
    return "helps most" if share >= _MOST else "helps" if share >= _SOME else "helps little"


def spoken(quality: TagQuality) -> str:
    """Return all of a row for a screen reader."""
    parts = (
        quality.tag,
        state(quality),
        right(quality.precision),
        found(quality.recall),
        examples(quality),
        waiting(quality),
    )
    return ", ".join(filter(None, parts))


def tooltip(quality: TagQuality, target: float) -> str:
    """Return what the figures of a row mean."""
    lines = [quality.tag, state(quality)]
    if quality.precision is not None:
        lines.append(
            f"Of its suggestions {percent(quality.precision.value)} are right; it may be"
            f" {interval(quality.precision)} %. The line marks the {percent(target)} that you want."
        )
    if quality.recall is not None:
        lines.append(
            f"It is suggested for {percent(quality.recall.value)} of the photos that deserve it;"
            f" it may be {interval(quality.recall)} %."
        )
    return "\n".join(lines)


def meaning(target: float) -> str:
    """Return what a wanted precision means: "Of 20 suggestions about 4 may be wrong"."""
    wrong = (1 - target) * _OF
    about = max(1, round(wrong))
    return f"Of {_OF} suggestions about {about} may be wrong."


def learned(report: QualityReport) -> str:
    """Return when the model learned and what it was judged on."""
    if not report.model:
        return "Learning for the first time…" if report.learning else "Nothing was learned yet"
    parts = []
    if report.learned_at:
        parts.append(f"Learned {wording.moment(datetime.fromisoformat(report.learned_at))}")
    if report.held_out:
        parts.append(f"judged on {wording.photos(report.held_out)} that it had not seen")
    if report.learning:
        parts.append("learning again now…")
    return " · ".join(parts) or report.model


def summary(report: QualityReport) -> str:
    """Return "42 tags: 30 suggested, 5 too often wrong, 7 with too few examples"."""
    few = [quality for quality in report.tags if quality.trust is TagTrust.TOO_FEW]
    lacking = sum(quality.needed > 0 for quality in few)
    named = (
        (_suggested(report), "suggested"),
        (sum(q.trust is TagTrust.DOUBTFUL for q in report.tags), "too often wrong"),
        (lacking, "with too few examples"),
        (len(few) - lacking, "not learned yet"),
    )
    tags = "1 tag" if len(report.tags) == 1 else f"{len(report.tags):,} tags"
    return f"{tags}: " + ", ".join(f"{count:,} {what}" for count, what in named if count)


def calibration(report: QualityReport) -> str:
    """Return how far off the percentages are on average, in points."""
    total = sum(each.count for each in report.reliability)
    if not total:
        return "Nothing was measured yet."
    off = sum(abs(e.predicted - e.observed.value) * e.count for e in report.reliability) / total
    points = round(100 * off)
    if points < 1:
        return "The percentages are right to within 1 point on average."
    return f"On average a percentage is {points} {'point' if points == 1 else 'points'} off."


def shortened(tag: str, longest: int = _LONGEST_NAME) -> str:
    """Return a tag with its middle left out where it is too long, for a headline by default.

    Args:
        tag: its name.
        longest: characters at most.
    """
    if len(tag) <= longest:
        return tag
    half = longest // 2
    return f"{tag[:half].rstrip()}…{tag[-half:].lstrip()}"


# -- what came of answers ------------------------------------------------------------------------
def short_state(quality: TagQuality) -> str:
    """Return how good a tag is, in three words."""
    if quality.trust is TagTrust.TOO_FEW:
        more = quality.needed
        return f"{more:,} more needed" if more else "enough examples"
    if quality.precision is None:
        return "suggested" if quality.trust is TagTrust.TRUSTED else "not suggested"
    return f"{percent(quality.precision.value)}{_RIGHT}"


def change(before: TagQuality | None, after: TagQuality | None) -> str:
    """Return what came of the answers to one tag: "76 % → 84 % right, suggested now"."""
    if after is None:
        return ""
    new = short_state(after)
    old = new if before is None else short_state(before)
    if old != new and old.endswith(_RIGHT) and new.endswith(_RIGHT):
        old = old.removesuffix(_RIGHT)
    parts = [new if old == new else f"{old} → {new}"]
    if before is not None and before.trust is not after.trust:
        if after.trust is TagTrust.TRUSTED:
            parts.append("suggested now")
        elif before.trust is TagTrust.TRUSTED:
            parts.append("no longer suggested")
    return ", ".join(parts)


def changes(before: QualityReport, after: QualityReport, tag: str | None) -> str:
    """Return what came of a sitting: of its tag, or of all together.

    Args:
        before: when the sitting began.
        after: now.
        tag: the only one asked about, or None for all.
    """
    if tag is not None:
        old, new = of_tag(before, tag), of_tag(after, tag)
        counts = () if old is None or new is None else (("Waiting", old.waiting, new.waiting),)
        lines = [change(old, new), *(_counted(*count) for count in counts)]
    else:
        lines = [
            _counted("Tags suggested", _suggested(before), _suggested(after)),
            _counted("Photos waiting", _waiting(before), _waiting(after)),
        ]
    return "\n".join(filter(None, lines))


def of_tag(report: QualityReport, tag: str) -> TagQuality | None:
    """Return what a report says of a tag, or None."""
    return next((quality for quality in report.tags if quality.tag == tag), None)


def _suggested(report: QualityReport) -> int:
    return sum(quality.trust is TagTrust.TRUSTED for quality in report.tags)


def _waiting(report: QualityReport) -> int:
    return sum(quality.waiting for quality in report.tags)


def _counted(what: str, before: int, after: int) -> str:
    return f"{what}: {after:,}" if before == after else f"{what}: {before:,} → {after:,}"
