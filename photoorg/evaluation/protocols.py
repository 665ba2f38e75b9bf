"""The protocols by name. Importing this is instant: each protocol brings its libraries itself."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from photoorg.core.errors import Cancelled, PhotoorgError, UsageProblem

if TYPE_CHECKING:
    from photoorg.evaluation.report import JsonValue, Report, Setting, Table

    Evaluation: TypeAlias = Callable[[Setting], Report]

ALL = "all"


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of measuring.

    Attributes:
        name: on the command line.
        description: what it asks, for a person.
        module: below `photoorg.evaluation`.
        function: in the module; takes a `Setting` and returns a `Report`.
    """

    name: str
    description: str
    module: str
    function: str

    def __call__(self, setting: Setting) -> Report:
        """Run it on one thread, encoders apart; see the function for what it raises.

        Its products are small and many. On two cores that others use too, threads that wait for
        each other made steps take minutes that take seconds on one.
        """
        import torch

        from photoorg.core.blas import SingleThreadedBlas

        module = importlib.import_module(f"photoorg.evaluation.{self.module}")
        evaluate = cast("Evaluation", getattr(module, self.function))
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with SingleThreadedBlas():
                return evaluate(setting)
        finally:
            torch.set_num_threads(threads)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "text-retrieval",
            "do captions and words find their photos, and photos their captions",
            "text_retrieval",
            "evaluate_text_retrieval",
        ),
        Protocol(
            "search",
            "are the right photos shown, and nothing where nothing is right",
            "search",
            "evaluate_search",
        ),
        Protocol(
            "suggest",
            "are the right tags suggested, without examples and with few",
            "suggest",
            "evaluate_suggest",
        ),
        Protocol(
            "review",
            "how many answers of yes and no teach tags, by the order of the questions",
            "review",
            "evaluate_review",
        ),
        Protocol("similar", "do look-alikes show the same things", "similar", "evaluate_similar"),
        Protocol(
            "tag-auc",
            "do features know a concept whose tag they never saw",
            "tag_auc",
            "evaluate_tag_auc",
        ),
        Protocol(
            "crossmodal-p10",
            "are the ten photos nearest to one related to it, by picture, tags or both",
            "crossmodal_p10",
            "evaluate_crossmodal_p10",
        ),
        Protocol(
            "embedding-plot",
            "do photos that look alike have descriptions that mean the same",
            "embedding_plot",
            "evaluate_embedding_plot",
        ),
        Protocol(
            "representation",
            "what can simple models read off 50 numbers a photo",
            "representation",
            "evaluate_representation",
        ),
        Protocol(
            "relatedness",
            "are words as near to each other as people find them",
            "relatedness",
            "evaluate_relatedness",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A protocol that gave no figures.

    Attributes:
        protocol: its name.
        reason: what was in the way.
    """

    protocol: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What several protocols gave.

    Attributes:
        reports: of those that came to an end, in the order in which they ran.
        failures: the others.
        seconds: wall time of all.
    """

    reports: tuple[Report, ...]
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for report in self.reports for table in report.tables)

    def to_json(self) -> dict[str, JsonValue]:
        """Return `{rows: [{protocol, table, name, ...}], protocols: {name: document}, failed}`."""
        from photoorg.evaluation.report import library_versions

        rows: list[JsonValue] = [
            {"protocol": report.conditions.protocol, **row}
            for report in self.reports
            for row in report.rows()
        ]
        return {
            "rows": rows,
            "protocols": {each.conditions.protocol: each.to_json() for each in self.reports},
            "failed": [
                {"protocol": failure.protocol, "reason": failure.reason}
                for failure in self.failures
            ],
            "seed": 0,
            "photos": max((each.conditions.photos for each in self.reports), default=0),
            "seconds": round(self.seconds, 2),
            "versions": dict(library_versions()),
        }


def find_protocol(name: str) -> Protocol:
    """Return a protocol.

    Raises:
        UsageProblem: there is none of that name.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        known = ", ".join([*PROTOCOLS, ALL])
        raise UsageProblem(f"There is no protocol {name!r}.", f"Choose one of: {known}.") from None


def run_all(setting: Setting, protocols: Sequence[Protocol] | None = None) -> Evaluations:
    """Run protocols one after the other; one that fails is reported and the others run.

    Args:
        setting: for each of them.
        protocols: by default all.

    Raises:
        Cancelled: through the setting's token.
    """
    started = time.monotonic()
    reports, failures = [], []
    for protocol in PROTOCOLS.values() if protocols is None else protocols:
        setting.tell(protocol.name)
        try:
            reports.append(protocol(setting))
        except Cancelled:
            raise
        except PhotoorgError as problem:
            failures.append(Failure(protocol.name, str(problem)))
        except Exception as error:
            # A bug in one must not cost what the others measured: it is in log and answer.
            logging.getLogger(__name__).exception("The protocol %s failed.", protocol.name)
            failures.append(Failure(protocol.name, f"{type(error).__name__}: {error}"))
    return Evaluations(tuple(reports), tuple(failures), time.monotonic() - started)
