"""What is said of the engines for better search between the layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

BUILT_IN = "built-in"
"""The engine that photoorg is shipped with; going back to it is instant."""


class EngineStatus(StrEnum):
    """How far an engine is."""

    ABSENT = "absent"
    """It is not on this computer."""

    FETCHING = "fetching"
    """It, or what it needs, is being fetched."""

    READY = "ready"
    """It is here, and not used."""

    LOOKING = "looking"
    """It looks at the photos; what was used before answers meanwhile."""

    IN_USE = "in use"


@dataclass(frozen=True, slots=True)
class EngineState:
    """An engine, and how far it is.

    Attributes:
        key: stable name.
        title: for a person.
        summary: what it is good for.
        size: bytes to fetch, about.
        licence: of its weights.
        languages: ISO codes, or ("*",) for very many. Words in languages beyond English are not
            to be corrected before the engine has seen them.
        published: its makers' figures with their source, or "".
        work: how much more there is to compute for a photo, or "".
        needs: what would be installed besides, for a person, or "".
        status: how far it is.
        label: what is going on, or "".
        done: bytes or photos so far, as the status has it.
        total: of them; 0 where that is not known.
        problem: why it could not go on and what to do, or "".
    """

    key: str
    title: str
    summary: str
    size: int
    licence: str
    languages: tuple[str, ...]
    published: str = ""
    work: str = ""
    needs: str = ""
    status: EngineStatus = EngineStatus.ABSENT
    label: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""


class EnginesPort(Protocol):
    """The engines of an open library. Methods may be called from any thread."""

    def engines(self) -> Sequence[EngineState]:
        """Return those that can be had, with how far each is."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the engine that answers now. Immediate."""

    def get(self, key: str) -> None:
        """Fetch an engine in the background, with what it needs; goes on where it stopped.

        Raises:
            UsageProblem: there is no such engine, or another is being worked on.
        """

    def use(self, key: str) -> None:
        """Have an engine look at all photos in the background, and answer once it has.

        `BUILT_IN` answers again at once; nothing is deleted.

        Raises:
            UsageProblem: it is not here, or another is being worked on.
        """

    def remove(self, key: str) -> None:
        """Delete an engine's files and what it made of the photos.

        Raises:
            UsageProblem: there is no such engine, or it is being worked on.
        """

    def cancel(self) -> None:
        """Stop what goes on; the same call goes on with it. Immediate."""

    def subscribe(self, listener: Callable[[EngineState], None]) -> Callable[[], None]:
        """Call `listener` with each new state, from any thread; returns what ends it."""
