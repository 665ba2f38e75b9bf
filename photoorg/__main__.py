"""The `photoorg` command: a subcommand without a window, or the window.

Worker processes import this module anew, so it imports nothing before it knows what is asked for.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line, by default this process's; return the exit code.

    Raises:
        SystemExit: the arguments cannot be read (2), or help or the version was asked for (0).
    """
    from photoorg.cli.arguments import COMMANDS

    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        from photoorg.cli.main import main as run_command

        return run_command(arguments)
    return _open_window(arguments)


def _open_window(arguments: Sequence[str]) -> int:
    from photoorg.cli.parser import parse_window
    from photoorg.core.errors import PhotoorgError

    request = parse_window(arguments)
    try:
        _demand_display()
        from photoorg.app import run_window

        return run_window(request.folder, request.paths)
    except PhotoorgError as error:
        sys.stderr.write(f"photoorg: {error}\n")
        return 1


def _demand_display() -> None:
    """Raise EnvironmentProblem where Qt would abort the process for want of a screen."""
    from photoorg.core.errors import EnvironmentProblem

    known = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in known):
        raise EnvironmentProblem(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can "
            "open.",
            "Start it in a desktop session, or use the commands: photoorg --help",
        )


if __name__ == "__main__":
    sys.exit(main())
