"""The command line's grammar. Namespaces of argparse end here: commands get plain arguments."""

from __future__ import annotations

from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from photoorg import __version__
from photoorg.cli.commands.care import backup, doctor
from photoorg.cli.commands.evaluate import CHOICES, evaluate
from photoorg.cli.commands.find import search, similar
from photoorg.cli.commands.index import index
from photoorg.cli.commands.models import (
    delete_model,
    export_model,
    import_model,
    list_models,
    use_model,
)
from photoorg.cli.commands.suggest import suggest
from photoorg.cli.commands.tag import (
    Judgement,
    list_tags,
    merge_tags,
    rename_tag,
    tag_doubts,
    tag_photos,
    tag_quality,
)
from photoorg.cli.commands.train import train
from photoorg.cli.session import DEFAULT_FEATURES
from photoorg.core.changes import AddTag, ConfirmTag, KeepTag, RejectTag, RemoveTag
from photoorg.core.modelling import TrainingRequest
from photoorg.core.paths import CatalogPaths, user_data_folder

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable, Sequence

    from photoorg.cli.session import Session

    Action = Callable[[Session], None]
    Subparsers = _SubParsersAction[ArgumentParser]

COMMANDS = {
    "index": "scan folders and bring the catalog up to date",
    "search": "find photos by words",
    "similar": "find photos that look like one",
    "suggest": "suggest tags for photos",
    "tag": "add, remove, confirm, reject, list, rename, merge and judge tags",
    "train": "train a model on your tags, or on a folder of described photos",
    "models": "list, use, export, import and delete trained models",
    "evaluate": "measure how good search and suggestions are",
    "doctor": "check the catalog, and mend it",
    "backup": "copy the catalog",
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it was asked for, ready to run.

    Attributes:
        paths: the catalog.
        as_json: answer with one JSON document.
        action: carries the command out in a session.
    """

    paths: CatalogPaths
    as_json: bool
    action: Action


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """What the window is to open with.

    Attributes:
        folder: photos to index and show, or None for the catalog as it is.
        paths: the catalog.
    """

    folder: Path | None
    paths: CatalogPaths


def parse_command(arguments: Sequence[str]) -> Invocation:
    """Read a command line whose first word is one of `COMMANDS`.

    Raises:
        SystemExit: with 2 after telling what is wrong with it, or 0 after `--help`.
    """
    parser = ArgumentParser(prog="photoorg")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        _add_index,
        _add_search,
        _add_similar,
        _add_suggest,
        _add_tag,
        _add_train,
        _add_models,
        _add_evaluate,
        _add_doctor,
        _add_backup,
    ):
        add(subparsers)
    namespace = parser.parse_args(arguments)
    return Invocation(
        CatalogPaths(namespace.catalog), namespace.json, namespace.make_action(namespace)
    )


def parse_window(arguments: Sequence[str]) -> WindowRequest:
    """Read a command line that opens the window.

    Raises:
        SystemExit: with 2 after telling what is wrong with it, or 0 after `--help`, `--version`.
    """
    width = max(map(len, COMMANDS)) + 2
    parser = ArgumentParser(
        prog="photoorg",
        usage="photoorg [FOLDER] [--catalog DIR]\n       photoorg COMMAND ... [--json]",
        description="Show, search and tag photos. Without a command the window opens.",
        epilog="commands (photoorg COMMAND --help tells more):\n"
        + "".join(f"  {name:{width}}{help_}\n" for name, help_ in COMMANDS.items())
        + "\nA folder that is called like a command: ./index",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="photos to show")
    _add_catalog(parser)
    parser.add_argument("--version", action="version", version=f"photoorg {__version__}")
    namespace = parser.parse_args(arguments)
    folder: Path | None = namespace.folder
    if folder is not None and not folder.is_dir():
        _refuse_folder(parser, folder)
    return WindowRequest(folder, CatalogPaths(namespace.catalog))


def _refuse_folder(parser: ArgumentParser, folder: Path) -> NoReturn:
    if folder.exists():
        parser.error(f"{folder} is not a folder")
    import difflib

    message = f"there is no folder {folder}"
    meant = difflib.get_close_matches(str(folder), COMMANDS, n=1)
    parser.error(f"{message}, and no such command; did you mean {meant[0]}?" if meant else message)


# -- one function per command ---------------------------------------------------------------------


def _add_index(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers,
        "index",
        lambda given: partial(
            index,
            folders=given.folders,
            features=given.features,
            workers=given.workers,
            weights=given.weights,
        ),
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--features",
        default=DEFAULT_FEATURES,
        metavar="KEY",
        help="visual vector to compute (default: %(default)s)",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="the network's weights, where they are not in their usual place",
    )
    parser.add_argument(
        "--workers", type=_count, metavar="N", help="decoder processes (default: one a core)"
    )


QUERY_HELP = """\
what QUERY may hold, all of it together:
  children on a beach       words, found by meaning and in tags, captions, names and folders
  '"summer 2019"'           a phrase; also one word to be taken as it is spelt
  'beach -people'           without something; so are “beach - red car” and “beach not people”
  '2*snow dog'              one word counts more than another
  'like:/a/photo.jpg snow'  like a photo, and with snow; like:#12 is photo number 12
  'looks:dog'               looks as if it were tagged so, and is not
  'tag:dog folder:Rome name:IMG camera:"X-T4" type:heic album:"Best of"'
  'rating:>=3 date:2021..2023 has:gps is:untagged is:missing'
                            filters; “-” before one turns it round
  '(beach or mountain) and not (people or tag:dog)'
                            and, or, not and brackets; neighbours bind tighter than and, that
                            tighter than or
  'dog sort:date'           newest first; also sort:-date (oldest), sort:relevance

A query that begins with “-” goes after “--”: photoorg search -- '-people'
"""


def _add_search(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers,
        "search",
        lambda given: partial(
            search, query=" ".join(given.query), limit=given.limit, why=given.why
        ),
    )
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = QUERY_HELP
    parser.add_argument(
        "query",
        nargs="+",
        metavar="QUERY",
        help="what to look for, best in single quotes; see below",
    )
    _add_limit(parser)
    parser.add_argument(
        "--why", action="store_true", help="say what each part of the query makes of each photo"
    )


def _add_similar(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers, "similar", lambda given: partial(similar, photo=given.photo, limit=given.limit)
    )
    parser.add_argument(
        "photo", type=Path, metavar="PHOTO", help="a file, in the catalog or anywhere"
    )
    _add_limit(parser)


def _add_suggest(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers,
        "suggest",
        lambda given: partial(suggest, photos=given.photos, limit=given.limit, why=given.why),
    )
    _add_photos(parser)
    parser.add_argument(
        "--limit", type=_count, default=10, metavar="N", help="tags a photo (default: %(default)s)"
    )
    parser.add_argument(
        "--why", action="store_true", help="say why: your nearest photos, tags that go together"
    )


def _add_tag(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("tag", help=COMMANDS["tag"], description=COMMANDS["tag"])
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    judgements: dict[str, tuple[type[Judgement], str]] = {
        "add": (AddTag, "give photos a tag"),
        "remove": (RemoveTag, "take a tag off photos; it may be suggested again"),
        "confirm": (ConfirmTag, "accept a suggested tag"),
        "keep": (KeepTag, "stand by a tag that “tag doubts” lists"),
        "reject": (RejectTag, "say that a tag is wrong; it is not suggested there again"),
    }
    for verb, (operation, help_) in judgements.items():
        judge = _command(
            verbs,
            verb,
            _judgement(operation),
            help_,
        )
        judge.add_argument("tag", type=_tag, metavar="TAG")
        _add_photos(judge)
    _command(verbs, "list", lambda _: list_tags, "list the tags, most used first")
    _command(verbs, "quality", lambda _: tag_quality, "say how often the suggestions are right")
    doubts = _command(
        verbs,
        "doubts",
        lambda given: partial(tag_doubts, tag=given.tag, limit=given.limit),
        "list tags on photos that are probably mistakes",
    )
    doubts.add_argument("tag", type=_tag, nargs="?", metavar="TAG", help="this tag alone")
    doubts.add_argument(
        "--limit", type=_count, default=200, metavar="N", help="mistakes (default: %(default)s)"
    )
    rename = _command(
        verbs,
        "rename",
        lambda given: partial(rename_tag, tag=given.tag, new_name=given.new_name),
        "give a tag a new name",
    )
    rename.add_argument("tag", type=_tag, metavar="OLD")
    rename.add_argument("new_name", type=_tag, metavar="NEW")
    merge = _command(
        verbs,
        "merge",
        lambda given: partial(merge_tags, tag=given.tag, into=given.into),
        "move all that is known of a tag to another",
    )
    merge.add_argument("tag", type=_tag, metavar="TAG")
    merge.add_argument("into", type=_tag, metavar="INTO")


def _judgement(operation: type[Judgement]) -> Callable[[Namespace], Action]:
    return lambda given: partial(
        tag_photos, operation=operation, tag=given.tag, photos=given.photos
    )


def _add_train(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers,
        "train",
        lambda given: partial(train, request=_training_request(given), output=given.output),
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="kind of model; “photoorg models list” tells them. “starter” is the one that photoorg"
        " is shipped with",
    )
    parser.add_argument(
        "--text", default="", metavar="KEY", help="text vectors (default: the kind's own)"
    )
    parser.add_argument(
        "--features",
        default=DEFAULT_FEATURES,
        metavar="KEY",
        help="visual vectors (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs", type=_count, metavar="N", help="at most N passes (default: the kind's own)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with captions.tsv or labels.tsv (default: the library's own tags)",
    )
    parser.add_argument(
        "--seed", type=_whole_number, default=0, metavar="N", help="of all that is drawn at random"
    )
    parser.add_argument(
        "--finetune", action="store_true", help="train the network under the features too"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="of “starter”: where to write it (default: the resources)",
    )


def _training_request(given: Namespace) -> TrainingRequest:
    return TrainingRequest(
        given.model,
        given.features,
        given.text,
        given.data,
        given.epochs,
        given.seed,
        given.finetune,
    )


def _add_models(subparsers: Subparsers) -> None:
    help_ = COMMANDS["models"]
    parser = subparsers.add_parser("models", help=help_, description=help_)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _command(verbs, "list", lambda _: list_models, "list the models, and the kinds to train")
    use = _command(
        verbs,
        "use",
        lambda given: partial(use_model, key=given.key),
        "have search and suggestions use a model",
    )
    _add_model(use)
    export = _command(
        verbs,
        "export",
        lambda given: partial(export_model, key=given.key, file=given.file),
        "write a model as one file",
    )
    _add_model(export)
    export.add_argument("file", type=Path, metavar="FILE", help="where to write it")
    import_ = _command(
        verbs,
        "import",
        lambda given: partial(import_model, file=given.file),
        "take in a model that was exported",
    )
    import_.add_argument("file", type=Path, metavar="FILE", help="an exported model")
    delete = _command(
        verbs,
        "delete",
        lambda given: partial(delete_model, key=given.key),
        "delete a model; where it was in use, the starter takes over",
    )
    _add_model(delete)


def _add_evaluate(subparsers: Subparsers) -> None:
    parser = _command(
        subparsers,
        "evaluate",
        lambda given: partial(
            evaluate,
            protocol=given.protocol,
            data=given.data,
            seeds=given.seeds,
            plots=given.plots,
            tables=given.tables,
        ),
    )
    parser.add_argument("protocol", choices=list(CHOICES), metavar="PROTOCOL", help=_protocols())
    _add_data(parser)
    parser.add_argument(
        "--seeds",
        type=_count,
        default=3,
        metavar="N",
        help="how often what is drawn at random is repeated (default: %(default)s)",
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="also draw pictures into DIR")
    parser.add_argument(
        "--tables", type=Path, metavar="FILE", help="also write the tables as Markdown"
    )


def _add_doctor(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "doctor", lambda given: partial(doctor, repair=given.repair))
    parser.add_argument("--repair", action="store_true", help="mend what can be mended")


def _add_backup(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "backup", lambda given: partial(backup, file=given.file))
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write the copy")


# -- shared arguments -----------------------------------------------------------------------------


def _command(
    subparsers: Subparsers, name: str, make_action: Callable[[Namespace], Action], help_: str = ""
) -> ArgumentParser:
    """Add a command with what all of them share; `make_action` binds its arguments."""
    text = help_ or COMMANDS[name]
    parser = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(make_action=make_action)
    _add_catalog(parser)
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    return parser


def _add_catalog(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--catalog",
        type=Path,
        default=user_data_folder(),
        metavar="DIR",
        help="folder of the catalog (default: %(default)s)",
    )


def _add_photos(parser: ArgumentParser) -> None:
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="indexed files")


def _add_model(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="MODEL", help="its name, as “photoorg models list” tells it")


def _add_limit(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=_count,
        metavar="N",
        help="the N best, also those that are no longer relevant (default: the relevant ones)",
    )


def _add_data(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of photos")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _tag(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("a tag is not empty")
    return text.strip()


def _protocols() -> str:
    return "; ".join(f"{name}: {help_}" for name, help_ in CHOICES.items())
