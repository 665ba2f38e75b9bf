"""Keeps an open window in step with its catalog, whoever writes to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import Cancelled, PhotoorgError
from photoorg.core.progress import CancelToken
from photoorg.jobs.search_service import SearchService

logger = logging.getLogger(__name__)

GLANCE_SECONDS = 1.0
SAVE_EVERY_SECONDS = 120.0

_INDEXED = frozenset(
    {ChangeKind.VECTORS, ChangeKind.PHOTOS_REMOVED, ChangeKind.FOLDERS, ChangeKind.PHOTOS_CHANGED}
)
_ALL = frozenset(ChangeKind)


class Follower:
    """A thread that takes new vectors into the indexes and notices what other processes do.

    A commit of another process (the command line beside the window) is emitted as a change of
    everything, since only the catalog knows what it was. A model that another process chose is used
    here too.

    Args:
        catalog: what to follow.
        search: whose indexes are kept up.
        emit: hears of foreign commits.
        follow_choice: uses the model that another process chose, if one did.
    """

    def __init__(
        self,
        catalog: Catalog,
        search: SearchService,
        emit: Callable[[ChangeSet], None],
        follow_choice: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._search = search
        self._emit = emit
        self._follow_choice = follow_choice
        self._wake = threading.Event()
        self._token = CancelToken()
        self._unsubscribe = catalog.subscribe(self._on_change)
        self._version = catalog.data_version()
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop and wait for the thread."""
        self._unsubscribe()
        self._token.cancel()
        self._wake.set()
        self._thread.join()

    def _on_change(self, change: ChangeSet) -> None:
        if change.kinds & _INDEXED:
            self._wake.set()

    def _work(self) -> None:
        stale = True
        saved = time.monotonic()
        while not self._token.cancelled:
            try:
                stale = self._notice_others() or stale
                self._follow_choice()
                if stale:
                    self._search.catch_up(self._token)
                    self._search.build(self._token)
                    stale = False
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    saved = time.monotonic()
                    self._search.save()
            except Cancelled:
                return
            except PhotoorgError as problem:
                logger.warning("the search index does not follow the catalog: %s", problem)
            stale = self._wake.wait(GLANCE_SECONDS) or stale
            self._wake.clear()

    def _notice_others(self) -> bool:
        version = self._catalog.data_version()
        if version == self._version:
            return False
        self._version = version
        self._emit(ChangeSet(_ALL, self._catalog.revision(), everything=True))
        return True
