"""The grammar of `photoorg tag`."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING

from photoorg.cli.arguments import COMMANDS, add_photos, command, count, tag_name
from photoorg.cli.commands.tag import (
    Judgement,
    alias_tag,
    list_tags,
    merge_tags,
    place_tag,
    propose_tags,
    related_tags,
    rename_tag,
    tag_doubts,
    tag_photos,
    tag_quality,
)
from photoorg.core.changes import AddTag, ConfirmTag, KeepTag, RejectTag, RemoveTag

if TYPE_CHECKING:
    from collections.abc import Callable

    from photoorg.cli.arguments import Action, Subparsers


def add_tag_group(subparsers: Subparsers) -> None:
    """Add the verbs of `photoorg tag`."""
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
        judge = command(
            verbs,
            verb,
            _judgement(operation),
            help_,
        )
        judge.add_argument("tag", type=tag_name, metavar="TAG")
        add_photos(judge)
    command(verbs, "list", lambda _: list_tags, "list the tags, most used first")
    command(verbs, "quality", lambda _: tag_quality, "say how often the suggestions are right")
    doubts = command(
        verbs,
        "doubts",
        lambda given: partial(tag_doubts, tag=given.tag, limit=given.limit),
        "list tags on photos that are probably mistakes",
    )
    doubts.add_argument("tag", type=tag_name, nargs="?", metavar="TAG", help="this tag alone")
    doubts.add_argument(
        "--limit", type=count, default=200, metavar="N", help="mistakes (default: %(default)s)"
    )
    rename = command(
        verbs,
        "rename",
        lambda given: partial(rename_tag, tag=given.tag, new_name=given.new_name),
        "give a tag a new name",
    )
    rename.add_argument("tag", type=tag_name, metavar="OLD")
    rename.add_argument("new_name", type=tag_name, metavar="NEW")
    merge = command(
        verbs,
        "merge",
        lambda given: partial(
            merge_tags, tag=given.tag, into=given.into, keep_alias=given.keep_alias
        ),
        "move all that is known of a tag to another",
    )
    merge.add_argument("tag", type=tag_name, metavar="TAG")
    merge.add_argument("into", type=tag_name, metavar="INTO")
    merge.add_argument(
        "--keep-alias", action="store_true", help="keep the old name as another name of INTO"
    )
    parent = command(
        verbs,
        "parent",
        lambda given: partial(place_tag, tag=given.tag, parent=given.parent),
        "put a tag under another, or without PARENT at the top",
    )
    parent.add_argument("tag", type=tag_name, metavar="TAG")
    parent.add_argument("parent", type=tag_name, nargs="?", metavar="PARENT")
    alias = command(
        verbs,
        "alias",
        lambda given: partial(alias_tag, tag=given.tag, alias=given.alias, remove=given.remove),
        "give a tag another name",
    )
    alias.add_argument("tag", type=tag_name, metavar="TAG")
    alias.add_argument("alias", type=tag_name, metavar="ALIAS")
    alias.add_argument("--remove", action="store_true", help="take the name off the tag")
    related = command(
        verbs,
        "related",
        lambda given: partial(related_tags, tag=given.tag, limit=given.limit),
        "list the tags that have most to do with one",
    )
    related.add_argument("tag", type=tag_name, metavar="TAG")
    related.add_argument(
        "--limit", type=count, default=10, metavar="N", help="tags (default: %(default)s)"
    )
    command(verbs, "proposals", lambda _: propose_tags, "list what could be tidied up")


def _judgement(operation: type[Judgement]) -> Callable[[Namespace], Action]:
    return lambda given: partial(
        tag_photos, operation=operation, tag=given.tag, photos=given.photos
    )
