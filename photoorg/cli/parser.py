"""The command line's grammar. Namespaces of argparse end here: commands get plain arguments."""

from __future__ import annotations

from argparse import (
    ArgumentParser,
    Namespace,
    RawDescriptionHelpFormatter,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from photoorg import __version__
from photoorg.cli.arguments import (
    COMMANDS,
    add_catalog,
    add_data,
    add_limit,
    add_model,
    add_photos,
    command,
    count,
    whole_number,
)
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
from photoorg.cli.commands.train import train
from photoorg.cli.parser_tags import add_tag_group
from photoorg.core.modelling import DEFAULT_FEATURES, TrainingRequest
from photoorg.core.paths import CatalogPaths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from photoorg.cli.arguments import Action, Subparsers


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
        add_tag_group,
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
    add_catalog(parser)
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
    parser = command(
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
        "--workers", type=count, metavar="N", help="decoder processes (default: one a core)"
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
    parser = command(
        subparsers,
        "search",
        lambda given: partial(
            search,
            query=" ".join(given.query),
            limit=given.limit,
            why=given.why,
            engine=given.engine,
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
    add_limit(parser)
    parser.add_argument(
        "--why", action="store_true", help="say what each part of the query makes of each photo"
    )
    parser.add_argument(
        "--engine",
        default="",
        metavar="NAME",
        help="answer with an engine for better search that was got in the window, such as clip-b32;"
        " it knows the photos it has looked at (photoorg index FOLDER --features open_clip:NAME)",
    )


def _add_similar(subparsers: Subparsers) -> None:
    parser = command(
        subparsers, "similar", lambda given: partial(similar, photo=given.photo, limit=given.limit)
    )
    parser.add_argument(
        "photo", type=Path, metavar="PHOTO", help="a file, in the catalog or anywhere"
    )
    add_limit(parser)


def _add_suggest(subparsers: Subparsers) -> None:
    parser = command(
        subparsers,
        "suggest",
        lambda given: partial(suggest, photos=given.photos, limit=given.limit, why=given.why),
    )
    add_photos(parser)
    parser.add_argument(
        "--limit", type=count, default=10, metavar="N", help="tags a photo (default: %(default)s)"
    )
    parser.add_argument(
        "--why", action="store_true", help="say why: your nearest photos, tags that go together"
    )


def _add_train(subparsers: Subparsers) -> None:
    parser = command(
        subparsers,
        "train",
        lambda given: partial(train, request=_training_request(given), output=given.output),
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="kind of model; “photoorg models list” tells them. “default” learns your own tags,"
        " “starter” is the one that photoorg is shipped with",
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
        "--epochs", type=count, metavar="N", help="at most N passes (default: the kind's own)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with captions.tsv or labels.tsv (default: the library's own tags)",
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="of all that is drawn at random"
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
    command(verbs, "list", lambda _: list_models, "list the models, and the kinds to train")
    use = command(
        verbs,
        "use",
        lambda given: partial(use_model, key=given.key),
        "have search and suggestions use a model",
    )
    add_model(use)
    export = command(
        verbs,
        "export",
        lambda given: partial(export_model, key=given.key, file=given.file),
        "write a model as one file",
    )
    add_model(export)
    export.add_argument("file", type=Path, metavar="FILE", help="where to write it")
    import_ = command(
        verbs,
        "import",
        lambda given: partial(import_model, file=given.file),
        "take in a model that was exported",
    )
    import_.add_argument("file", type=Path, metavar="FILE", help="an exported model")
    delete = command(
        verbs,
        "delete",
        lambda given: partial(delete_model, key=given.key),
        "delete a model; where it was in use, the starter takes over",
    )
    add_model(delete)


def _add_evaluate(subparsers: Subparsers) -> None:
    parser = command(
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
    add_data(parser)
    parser.add_argument(
        "--seeds",
        type=count,
        default=3,
        metavar="N",
        help="how often what is drawn at random is repeated (default: %(default)s)",
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="also draw pictures into DIR")
    parser.add_argument(
        "--tables", type=Path, metavar="FILE", help="also write the tables as Markdown"
    )


def _add_doctor(subparsers: Subparsers) -> None:
    parser = command(subparsers, "doctor", lambda given: partial(doctor, repair=given.repair))
    parser.add_argument("--repair", action="store_true", help="mend what can be mended")


def _add_backup(subparsers: Subparsers) -> None:
    parser = command(subparsers, "backup", lambda given: partial(backup, file=given.file))
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write the copy")


def _protocols() -> str:
    return "; ".join(f"{name}: {help_}" for name, help_ in CHOICES.items())
