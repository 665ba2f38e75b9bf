"""Offscreen windows: set before anything imports Qt."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Without one Qt writes a warning, and warnings fail tests.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
