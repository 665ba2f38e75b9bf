"""The tags of a report as rows that are sorted and filtered."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from photoorg.core.quality import QualityReport, TagQuality, TagTrust
from photoorg.gui.quality import words

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the delegate asks for besides Qt's own roles."""

    QUALITY = Qt.ItemDataRole.UserRole
    HELP = Qt.ItemDataRole.UserRole + 1


class Order(StrEnum):
    """How the tags are sorted."""

    GAIN = "gain"
    BEST = "best"
    WORST = "worst"
    EXAMPLES = "examples"
    NAME = "name"


ORDER_NAMES: Final = {
    Order.GAIN: "Would help most",
    Order.BEST: "Best first",
    Order.WORST: "Worst first",
    Order.EXAMPLES: "Most examples",
    Order.NAME: "Name",
}

_RANKS: Final = {TagTrust.TRUSTED: 0, TagTrust.DOUBTFUL: 1, TagTrust.TOO_FEW: 2}


def _by_quality(quality: TagQuality) -> tuple[float, ...]:
    """Best first: what is suggested, by how much of it is right; unknown quality comes last."""
    precision = 0.0 if quality.precision is None else quality.precision.value
    recall = 0.0 if quality.recall is None else quality.recall.value
    return (_RANKS[quality.trust], -precision, -recall, quality.needed)


def _by_weakness(quality: TagQuality) -> tuple[float, ...]:
    """Worst first among those that are known, for they are what can be mended."""
    rank, precision, recall, needed = _by_quality(quality)
    known = quality.precision is not None
    return (not known, -rank, -precision, -recall, needed)


_KEYS: Final[dict[Order, Callable[[TagQuality], tuple[float, ...]]]] = {
    Order.GAIN: lambda quality: (-quality.gain,),
    Order.BEST: _by_quality,
    Order.WORST: _by_weakness,
    Order.EXAMPLES: lambda quality: (-(quality.confirmed + quality.rejected),),
    Order.NAME: lambda _: (),
}


def sorted_tags(report: QualityReport, order: Order, part: str = "") -> list[TagQuality]:
    """Return the tags whose name holds a text, in an order; equal ones by name."""
    wanted = part.casefold().strip()
    found = [quality for quality in report.tags if wanted in quality.tag.casefold()]
    key = _KEYS[order]
    return sorted(found, key=lambda quality: (key(quality), quality.tag.casefold()))


class TagModel(QAbstractListModel):
    """One row for each tag. A report that has the same tags changes rows in place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = QualityReport()
        self._order = Order.GAIN
        self._part = ""
        self._rows: list[TagQuality] = []
        self._largest_gain = 0.0

    @property
    def tags(self) -> tuple[TagQuality, ...]:
        """The rows, in order."""
        return tuple(self._rows)

    @property
    def target(self) -> float:
        return self._report.target

    @property
    def order(self) -> Order:
        return self._order

    def set_report(self, report: QualityReport) -> None:
        """Show another report."""
        self._report = report
        self._largest_gain = max((quality.gain for quality in report.tags), default=0.0)
        self._arrange()

    def set_order(self, order: Order) -> None:
        """Sort anew."""
        self._order = order
        self._arrange()

    def set_filter(self, part: str) -> None:
        """Show only tags whose name holds this text."""
        self._part = part
        self._arrange()

    def place_of(self, tag: str) -> QModelIndex:
        """Return the row of a tag, an invalid index where it is not shown."""
        for row, quality in enumerate(self._rows):
            if quality.tag == tag:
                return self.index(row)
        return QModelIndex()

    def _arrange(self) -> None:
        rows = sorted_tags(self._report, self._order, self._part)
        if [row.tag for row in rows] == [row.tag for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    # -- QAbstractListModel --------------------------------------------------------------------
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        quality = self._rows[index.row()]
        if role == Role.QUALITY:
            return quality
        if role == Role.HELP:
            return words.help_of(quality.gain, self._largest_gain)
        if role == Qt.ItemDataRole.DisplayRole:
            return quality.tag
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return words.spoken(quality)
        if role == Qt.ItemDataRole.ToolTipRole:
            return words.tooltip(quality, self._report.target)
        return None
