"""Offscreen windows: set before anything imports Qt."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Without one Qt writes a warning, and warnings fail tests.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())


@pytest.fixture(autouse=True)
def garbage_is_collected_on_this_thread() -> Iterator[None]:
    """As in the window: what a test leaves behind must not be destroyed on a thread of the next."""
    from photoorg.gui.garbage import collect_due

    gc.disable()
    yield
    collect_due()
    gc.enable()
