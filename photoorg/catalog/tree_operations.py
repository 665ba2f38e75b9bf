"""What a person does to the tree of tags, to their other names, and to proposals about them."""

from __future__ import annotations

import sqlite3

from photoorg.catalog import assertions, tag_tree
from photoorg.catalog.assertions import PERSON, Assertion, Tag
from photoorg.catalog.encoding import clean_tag, tag_key
from photoorg.catalog.tag_edit import TagEdit
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import ChangeKind, ChangeSet, JudgeProposal, MergeTags
from photoorg.core.errors import UsageProblem
from photoorg.core.records import ProposalKind


def set_parent(tx: Transaction, name: str, above_name: str | None) -> ChangeSet:
    """Put a tag below another; see `SetParent`."""
    edit = TagEdit(tx)
    tag = edit.require(name) if above_name is None else edit.ensure(name)
    if above_name is None:
        edit.move(tag, None)
        return edit.finish(lambda _: f"Move tag “{tag.name}” to the top")
    above = edit.ensure(above_name)
    if tag_tree.stands_below(tx.db, above.tag_id, tag.tag_id):
        raise UsageProblem(
            f"“{tag.name}” cannot stand below itself."
            if above.tag_id == tag.tag_id
            else f"“{above.name}” stands below “{tag.name}” already.",
        )
    edit.move(tag, above)
    return edit.finish(lambda _: f"Put tag “{tag.name}” under “{above.name}”")


def add_alias(tx: Transaction, name: str, alias: str) -> ChangeSet:
    """Give a tag another name; see `AddAlias`."""
    cleaned = clean_tag(alias)
    edit = TagEdit(tx)
    tag = edit.require(name)
    taken = assertions.find_tag(tx.db, cleaned)
    if taken is not None and tag_key(taken.name) == tag_key(cleaned):
        if taken.tag_id == tag.tag_id:
            raise UsageProblem(f"“{cleaned}” is the tag's own name.")
        raise UsageProblem(f"There is a tag “{taken.name}” already.", "Merge the two.")
    if taken is not None and taken.tag_id != tag.tag_id:
        raise UsageProblem(
            f"“{cleaned}” is another name of “{taken.name}” already.", "Take it off there first."
        )
    edit.add_alias(tag, cleaned)
    return edit.finish(lambda _: f"Call tag “{tag.name}” also “{cleaned}”")


def remove_alias(tx: Transaction, name: str, alias: str) -> ChangeSet:
    """Take another name off a tag; see `RemoveAlias`."""
    edit = TagEdit(tx)
    tag = edit.require(name)
    if tag_tree.alias_owner(tx.db, alias) != tag:
        raise UsageProblem(f"“{clean_tag(alias)}” is not another name of “{tag.name}”.")
    edit.remove_alias(tag, alias)
    return edit.finish(lambda _: f"No longer call tag “{tag.name}” also “{clean_tag(alias)}”")


def merge_tags(tx: Transaction, operation: MergeTags) -> ChangeSet:
    """Make one tag of two; see `MergeTags`."""
    edit = TagEdit(tx)
    tag, into = edit.require(operation.tag), edit.require(operation.into)
    if tag.tag_id == into.tag_id:
        raise UsageProblem(f"“{tag.name}” cannot be merged into itself.")
    known = assertions.of_tag(tx.db, tag.tag_id)
    known_into = assertions.of_tag(tx.db, into.tag_id, known.keys())
    merged = {
        photo_id: _stronger(assertion, known_into.get(photo_id))
        for photo_id, assertion in known.items()
    }
    edit.set(into, merged)
    edit.set(tag, dict.fromkeys(known))
    _merge_places(tx, edit, tag, into)
    label = f"Merge tag “{tag.name}” into “{into.name}”"
    if not operation.keep_alias:
        return edit.finish(lambda _: label, keep=[into.name])
    # The name is free only once the tag is gone, and `edit` must see both.
    edit.forget([tag.name], ())
    edit.add_alias(into, tag.name)
    return edit.finish(lambda _: label, keep=[into.name])


def judge_proposal(tx: Transaction, operation: JudgeProposal) -> ChangeSet:
    """Remember that a proposal is not wanted, or forget that; see `JudgeProposal`."""
    row = (operation.kind.value, tag_key(operation.tag), tag_key(operation.other))
    known = row in dismissed(tx.db)
    if known == operation.dismissed:
        return tx.unchanged()
    if operation.dismissed:
        tx.db.execute("INSERT INTO dismissed_proposals VALUES (?, ?, ?)", row)
    else:
        tx.db.execute(
            "DELETE FROM dismissed_proposals WHERE (kind, tag_key, other_key) = (?, ?, ?)", row
        )
    inverse = JudgeProposal(operation.kind, operation.tag, operation.other, not operation.dismissed)
    label = f"Dismiss the proposal about “{operation.tag}” and “{operation.other}”"
    return tx.changed([ChangeKind.TAGS], label=label, inverse=inverse)


def dismissed(db: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Return the proposals that are not wanted: (kind, key of the tag, key of the other)."""
    return frozenset(db.execute("SELECT kind, tag_key, other_key FROM dismissed_proposals"))


def is_dismissed(
    known: frozenset[tuple[str, str, str]], kind: ProposalKind, tag: str, other: str
) -> bool:
    """Return whether a proposal is among those that are not wanted."""
    return (kind.value, tag_key(tag), tag_key(other)) in known


def _merge_places(tx: Transaction, edit: TagEdit, tag: Tag, into: Tag) -> None:
    """Move the tags below one, and its other names, to another, which may stand below it."""
    above = tag_tree.parent_of(tx.db, tag.tag_id)
    if tag_tree.stands_below(tx.db, into.tag_id, tag.tag_id):
        edit.move(into, above)
    for child in tag_tree.children_of(tx.db, tag.tag_id):
        edit.move(child, into)
    edit.move(tag, None)
    edit.move_aliases(tag, into)


def _stronger(one: Assertion, other: Assertion | None) -> Assertion:
    """Return which of two statements holds: the person's before the file's, then yes before no."""
    if other is None:
        return one
    return max(one, other, key=lambda each: (each.source >= PERSON, each.state, each.source))
