"""Runs one command and turns what goes wrong into words and an exit code."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from photoorg.cli.output import Output
from photoorg.cli.parser import parse_command
from photoorg.cli.session import Session, open_library
from photoorg.core.errors import Cancelled, PhotoorgError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from photoorg.cli.session import LibraryOpener

DONE, ENVIRONMENT, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str], opener: LibraryOpener = open_library) -> int:
    """Carry out a command.

    Args:
        arguments: the words after `photoorg`; the first names the command.
        opener: how the library is opened.

    Returns:
        The exit code: 0 done, 1 the machine is in the way, 2 a request that cannot be met as it
        was put, 130 interrupted.

    Raises:
        SystemExit: the arguments cannot be read (2), or help was asked for (0).
    """
    invocation = parse_command(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    output = Output(sys.stdout, sys.stderr, as_json=invocation.as_json)
    try:
        invocation.action(Session(invocation.paths, output, opener))
    except Cancelled as cancelled:
        output.note(str(cancelled))
        return INTERRUPTED
    except KeyboardInterrupt:
        output.note("Interrupted.")
        return INTERRUPTED
    except PhotoorgError as error:
        output.note(f"photoorg: {error}")
        return USAGE if isinstance(error, UsageProblem) else ENVIRONMENT
    except BrokenPipeError:
        # The reader has seen enough (`| head`); Python must not complain of it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENVIRONMENT
    return DONE
