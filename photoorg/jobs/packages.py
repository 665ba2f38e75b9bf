"""Installing a Python package that an engine needs, into the environment that photoorg runs in."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence

from photoorg.core.errors import Cancelled, EnvironmentProblem
from photoorg.core.progress import CancelToken

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SHOWN_LINES = 3


def missing_packages(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return those of some requirements whose package is not installed, in any version."""
    return tuple(need for need in wanted if not _installed(need))


def _installed(requirement: str) -> bool:
    name = _NAME.match(requirement)
    try:
        importlib.metadata.version(name[0] if name else requirement)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def install(
    requirements: Sequence[str],
    *,
    token: CancelToken,
    on_line: Callable[[str], None],
    options: Sequence[str] = (),
) -> None:
    """Install packages with pip in a process of its own; pip's own settings hold.

    Args:
        requirements: as pip takes them.
        token: ends pip.
        on_line: hears what pip says.
        options: more of pip's options.

    Raises:
        Cancelled: through the token.
        EnvironmentProblem: pip failed; its last words are given.
    """
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    last: deque[str] = deque(maxlen=_SHOWN_LINES)
    with subprocess.Popen(
        [*command, *options, *requirements],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout or ():
            if token.cancelled:
                pip.terminate()
                break
            if said := line.strip():
                last.append(said)
                on_line(said)
    if token.cancelled:
        raise Cancelled
    if pip.returncode:
        raise EnvironmentProblem(
            f"{' and '.join(requirements)} could not be installed: {' '.join(last)}",
            "Connect to the internet and try again, or install it by hand with pip.",
        )
    importlib.invalidate_caches()
