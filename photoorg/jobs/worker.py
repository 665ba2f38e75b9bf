"""The loop that every worker process runs."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from photoorg.core.errors import MediaTooLarge, PhotoorgError
from photoorg.jobs.messages import Crash, Ready, Refusal, Success

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """Meets the requests of one kind of worker."""

    description: str

    def __call__(self, request: Any) -> object:
        """Meet one request; a `PhotoorgError` goes back to the asker as it is."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How to make a worker process.

    Attributes:
        name: for logs and process lists.
        create: makes the handler, inside the process.
        config: what `create` gets; plain and picklable.
        niceness: how far the process steps back behind the window, in `nice` units.
        address_space: bytes that the process may map, against hostile photos; None for no limit.
    """

    name: str
    create: Callable[[Any], Handler]
    config: object
    niceness: int = 0
    address_space: int | None = None


def serve(connection: Connection, spec: WorkerSpec) -> None:
    """Answer requests until the other end closes.

    A `PhotoorgError` and any bug become messages, so the asker always hears back; what kills the
    process outright is noticed by the pool as a closed pipe.
    """
    _settle(spec)
    # A closed pipe means that the program has gone: there is nobody left to tell.
    with contextlib.suppress(EOFError, OSError), connection:
        try:
            handler = spec.create(spec.config)
        except PhotoorgError as error:
            connection.send(Refusal(error))
            return
        except Exception as error:  # noqa: BLE001 - as in _answer
            connection.send(_report(error))
            return
        connection.send(Ready(handler.description))
        while True:
            connection.send(_answer(handler, connection.recv()))


def _answer(handler: Handler, request: object) -> Success | Refusal | Crash:
    try:
        return Success(handler(request))
    except PhotoorgError as error:
        return Refusal(error)
    except MemoryError:
        return Refusal(MediaTooLarge("It needs more memory than photoorg allows a single photo."))
    except Exception as error:  # noqa: BLE001 - the process boundary: every bug must be reported
        return _report(error)


def _report(error: Exception) -> Crash:
    return Crash(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))


def _settle(spec: WorkerSpec) -> None:
    """Become a polite background process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, which then tells us
    if hasattr(os, "nice") and spec.niceness:
        os.nice(spec.niceness)
    if os.name == "posix" and spec.address_space is not None:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        with contextlib.suppress(ValueError, OSError):  # a lower hard limit is in force already
            resource.setrlimit(resource.RLIMIT_AS, (spec.address_space, hard))
