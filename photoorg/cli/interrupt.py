"""Ctrl+C as a request to stop in an orderly way."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from photoorg.core.errors import Cancelled
from photoorg.core.progress import CancelToken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

GOES_ON = "What is done is kept; the same command goes on where it was."


@contextmanager
def cancelled_by_interrupt(consequence: str = GOES_ON) -> Iterator[CancelToken]:
    """Give a token that Ctrl+C cancels; a second Ctrl+C does not wait for the work to end.

    Args:
        consequence: what becomes of the work, told to the person.

    Raises:
        Cancelled: what ran was cancelled.
    """
    token = CancelToken()
    before = signal.getsignal(signal.SIGINT)

    def cancel(_signal: int, _frame: FrameType | None) -> None:
        # Not `before`: where the program was started with interrupts ignored, that would be deaf.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        token.cancel()

    in_charge = threading.current_thread() is threading.main_thread()  # others get no signals
    if in_charge:
        signal.signal(signal.SIGINT, cancel)
    try:
        yield token
    except Cancelled as cancelled:
        raise Cancelled("Interrupted.", consequence) from cancelled
    finally:
        if in_charge:
            signal.signal(signal.SIGINT, before)
