"""Keeping numpy's matrix products on one thread each.

OpenBLAS splits every product among threads that wait for each other. While others keep the cores
busy, and a search during indexing is just that, such a wait costs a time slice: on two busy cores a
query took 418 ms with two threads and 62 ms with one. And after a product its threads go on waiting
for the next one at full speed for a tenth of a second: to someone who types, that is all the time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar

from threadpoolctl import ThreadpoolController


@dataclass(slots=True)
class _Users:
    """Those who want one thread.

    Attributes:
        lock: held while anything here changes.
        inside: how many there are.
        before: the libraries, and the threads that each had before the first came.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    inside: int = 0
    before: list[tuple[Any, int]] = field(default_factory=list)


class SingleThreadedBlas:
    """A context in which BLAS uses one thread, for any number of threads at once.

    The setting is the whole process's, so those inside are counted, whichever of these contexts
    they entered: the first to come changes it and the last to leave puts back what was before.
    """

    _users: ClassVar = _Users()

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers

    def __enter__(self) -> None:
        users = self._users
        with users.lock:
            users.inside += 1
            if users.inside == 1:
                users.before = [(library, library.num_threads) for library in self._libraries]
                for library in self._libraries:
                    library.set_num_threads(1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        users = self._users
        with users.lock:
            users.inside -= 1
            if users.inside == 0:
                for library, threads in users.before:
                    library.set_num_threads(threads)
