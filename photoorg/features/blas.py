"""Keeping numpy's matrix products on one thread each.

OpenBLAS splits every product among threads that wait for each other. While other processes keep the
cores busy, and a search during indexing is just that, such a wait costs a time slice: on two busy
cores a query took 418 ms with two threads and 62 ms with one.
"""

from __future__ import annotations

import threading
from types import TracebackType

from threadpoolctl import ThreadpoolController


class SingleThreadedBlas:
    """A context in which BLAS uses one thread, for any number of threads at once.

    The setting is the whole process's, so those inside are counted: the first to come changes it
    and the last to leave puts back what was there before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._libraries = [(library, library.num_threads) for library in libraries]

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._libraries = [(library, library.num_threads) for library, _ in self._libraries]
                for library, _ in self._libraries:
                    library.set_num_threads(1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                for library, threads in self._libraries:
                    library.set_num_threads(threads)
