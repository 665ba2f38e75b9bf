"""What commands share: their list, and the arguments that many of them take."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.core.paths import user_data_folder

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable

    from photoorg.cli.session import Session

    Subparsers = _SubParsersAction[ArgumentParser]
    Action = Callable[[Session], None]

COMMANDS = {
    "index": "scan folders and bring the catalog up to date",
    "search": "find photos by words",
    "similar": "find photos that look like one",
    "suggest": "suggest tags for photos",
    "tag": "give, judge, list, rename, merge, order and relate tags, and say how good they are",
    "train": "train a model on your tags, or on a folder of described photos",
    "models": "list, use, export, import and delete trained models",
    "evaluate": "measure how good search and suggestions are",
    "doctor": "check the catalog, and mend it",
    "backup": "copy the catalog",
}


def command(
    subparsers: Subparsers, name: str, make_action: Callable[[Namespace], Action], help_: str = ""
) -> ArgumentParser:
    """Add a command with what all of them share; `make_action` binds its arguments."""
    text = help_ or COMMANDS[name]
    parser = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(make_action=make_action)
    add_catalog(parser)
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    return parser


def add_catalog(parser: ArgumentParser) -> None:
    """Add where the catalog is."""
    parser.add_argument(
        "--catalog",
        type=Path,
        default=user_data_folder(),
        metavar="DIR",
        help="folder of the catalog (default: %(default)s)",
    )


def add_photos(parser: ArgumentParser) -> None:
    """Add the photos that a command is about."""
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="indexed files")


def add_model(parser: ArgumentParser) -> None:
    """Add the model that a command is about."""
    parser.add_argument("key", metavar="MODEL", help="its name, as “photoorg models list” tells it")


def add_limit(parser: ArgumentParser) -> None:
    """Add how many photos are found."""
    parser.add_argument(
        "--limit",
        type=count,
        metavar="N",
        help="the N best, also those that are no longer relevant (default: the relevant ones)",
    )


def add_data(parser: ArgumentParser) -> None:
    """Add the folder of photos that a measurement reads."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of photos")


def count(text: str) -> int:
    """Return a number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def whole_number(text: str) -> int:
    """Return a number that may be 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def tag_name(text: str) -> str:
    """Return the name of a tag."""
    if not text.strip():
        raise ArgumentTypeError("a tag is not empty")
    return text.strip()
