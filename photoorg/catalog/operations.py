"""What a person does to tags and ratings, and exactly how to take it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, assert_never

from photoorg.catalog import albums, assertions, joins, tag_tree, tree_operations
from photoorg.catalog.assertions import (
    BY_PERSON,
    CONFIRMED,
    DENIED,
    KEPT_BY_PERSON,
    SOURCES,
    STATES,
    Assertion,
    Tag,
)
from photoorg.catalog.encoding import clean_tag, encode_ids, tag_key
from photoorg.catalog.tag_edit import TAG_KINDS, TagEdit, photos_in_words
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    ConfirmTags,
    DeleteAlbum,
    JudgeProposal,
    KeepTag,
    MergeTags,
    MoveAlbum,
    Operation,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameAlbum,
    RenameTag,
    RestoreAssertions,
    RestoreRatings,
    SaveAlbum,
    SetParent,
    SetRating,
    Several,
    TagAssertion,
)
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId

MAX_RATING = 5


def apply_operation(tx: Transaction, operation: Operation) -> ChangeSet:
    """Carry out an operation; see `Catalog.apply`."""
    match operation:
        case AddTag(tag, photo_ids):
            return _assert_tag(tx, tag, photo_ids, BY_PERSON, _Wording("Add tag", "to"))
        case ConfirmTag(tag, photo_ids):
            return _assert_tag(tx, tag, photo_ids, BY_PERSON, _Wording("Accept tag", "for"))
        case ConfirmTags(pairs):
            return _confirm_tags(tx, pairs)
        case KeepTag(tag, photo_ids):
            return _keep_tag(tx, tag, photo_ids)
        case RejectTag(tag, photo_ids):
            return _assert_tag(tx, tag, photo_ids, DENIED, _Wording("Reject tag", "for"))
        case RemoveTag(tag, photo_ids):
            return _remove_tag(tx, tag, photo_ids)
        case RenameTag(tag, new_name):
            return _rename_tag(tx, tag, new_name)
        case MergeTags():
            return tree_operations.merge_tags(tx, operation)
        case SetParent(tag, parent):
            return tree_operations.set_parent(tx, tag, parent)
        case AddAlias(tag, alias):
            return tree_operations.add_alias(tx, tag, alias)
        case RemoveAlias(tag, alias):
            return tree_operations.remove_alias(tx, tag, alias)
        case JudgeProposal():
            return tree_operations.judge_proposal(tx, operation)
        case Several():
            return _several(tx, operation)
        case RestoreAssertions():
            return _restore_assertions(tx, operation)
        case SetRating(rating, photo_ids):
            return _set_rating(tx, rating, photo_ids)
        case RestoreRatings(ratings):
            return _set_ratings(
                tx, dict(ratings), f"Restore the rating of {photos_in_words(ratings)}"
            )
        case SaveAlbum() | RenameAlbum() | MoveAlbum() | DeleteAlbum():
            return albums.apply(tx, operation)
    assert_never(operation)


class _Wording(NamedTuple):
    """How the undo menu names a change of a tag: verb “tag” preposition photos."""

    verb: str
    preposition: str

    def label(self, tag: Tag, photos: str) -> str:
        return f"{self.verb} “{tag.name}” {self.preposition} {photos}"


def _assert_tag(
    tx: Transaction,
    name: str,
    photo_ids: Collection[PhotoId],
    assertion: Assertion,
    wording: _Wording,
) -> ChangeSet:
    cleaned = clean_tag(name)
    current = set(joins.resolve(tx.db, photo_ids).values())
    if not current:
        return tx.unchanged()
    edit = TagEdit(tx)
    tag = edit.ensure(cleaned)
    wanted = dict.fromkeys(sorted(current), assertion)
    if assertion == BY_PERSON:
        # To give once more what the person stands by already takes nothing of that away.
        known = assertions.of_tag(tx.db, tag.tag_id, wanted.keys())
        wanted.update(each for each in known.items() if each[1] == KEPT_BY_PERSON)
    edit.set(tag, wanted)
    return edit.finish(lambda photos: wording.label(tag, photos))


def _confirm_tags(tx: Transaction, pairs: Sequence[tuple[str, tuple[PhotoId, ...]]]) -> ChangeSet:
    current = joins.resolve(tx.db, {photo_id for _, photo_ids in pairs for photo_id in photo_ids})
    edit = TagEdit(tx)
    for name, photo_ids in pairs:
        known = {current[photo_id] for photo_id in photo_ids if photo_id in current}
        if known:
            edit.set(edit.ensure(clean_tag(name)), dict.fromkeys(sorted(known), BY_PERSON))
    accepted = "1 suggestion" if edit.changes == 1 else f"{edit.changes:,} suggestions"
    return edit.finish(lambda photos: f"Accept {accepted} on {photos}")


def _keep_tag(tx: Transaction, name: str, photo_ids: Collection[PhotoId]) -> ChangeSet:
    edit = TagEdit(tx)
    tag = edit.require(name)
    current = set(joins.resolve(tx.db, photo_ids).values())
    known = assertions.of_tag(tx.db, tag.tag_id, current)
    carried = sorted(photo_id for photo_id, each in known.items() if each.state == CONFIRMED)
    edit.set(tag, dict.fromkeys(carried, KEPT_BY_PERSON))
    return edit.finish(lambda photos: _Wording("Keep tag", "on").label(tag, photos))


def _remove_tag(tx: Transaction, name: str, photo_ids: Collection[PhotoId]) -> ChangeSet:
    edit = TagEdit(tx)
    tag = edit.require(name)
    current = set(joins.resolve(tx.db, photo_ids).values())
    edit.set(tag, dict.fromkeys(sorted(current)))
    return edit.finish(lambda photos: _Wording("Remove tag", "from").label(tag, photos))


def _rename_tag(tx: Transaction, name: str, new_name: str) -> ChangeSet:
    cleaned = clean_tag(new_name)
    tag = TagEdit(tx).require(name)
    if tag.name == cleaned:
        return tx.unchanged()
    taken = assertions.find_tag(tx.db, cleaned)
    if taken is not None and taken.tag_id != tag.tag_id:
        raise UsageProblem(
            f"There is a tag “{taken.name}” already.", "Merge the two, or choose another name."
        )
    label = f"Rename tag “{tag.name}” to “{cleaned}”"
    inverse: Operation = RenameTag(cleaned, tag.name)
    if tag_key(cleaned) != tag_key(tag.name) and taken is not None:
        # It was one of its other names.
        (alias,) = (
            alias
            for alias in tag_tree.place_of(tx.db, tag).aliases
            if tag_key(alias) == tag_key(cleaned)
        )
        tag_tree.remove_alias(tx, cleaned)
        inverse = Several((inverse, AddAlias(tag.name, alias)), label)
    tx.db.execute(
        "UPDATE tags SET key = ?, name = ? WHERE id = ?", (tag_key(cleaned), cleaned, tag.tag_id)
    )
    carriers = assertions.of_tag(tx.db, tag.tag_id)
    return tx.changed(TAG_KINDS, carriers, label=label, inverse=inverse)


def _several(tx: Transaction, operation: Several) -> ChangeSet:
    told_before = len(tx.changes)
    parts = [apply_operation(tx, each) for each in operation.operations]
    # Listeners hear of the whole, not of its parts.
    del tx.changes[told_before:]
    inverses = [part.inverse for part in reversed(parts) if part.inverse is not None]
    if not inverses:
        return tx.unchanged()
    return tx.changed(
        frozenset[ChangeKind]().union(*(part.kinds for part in parts)),
        frozenset[PhotoId]().union(*(part.photo_ids for part in parts)),
        everything=any(part.everything for part in parts),
        label=operation.label,
        inverse=Several(tuple(inverses), operation.label),
    )


def _restore_assertions(tx: Transaction, operation: RestoreAssertions) -> ChangeSet:
    edit = TagEdit(tx)
    edit.free_places(operation.places)
    for name in operation.keep_tags:
        edit.spell(clean_tag(name))
    for name in operation.drop_tags:
        edit.touch(name)
    current = joins.resolve(tx.db, {each.photo_id for each in operation.assertions})
    wanted: defaultdict[str, dict[PhotoId, Assertion | None]] = defaultdict(dict)
    names: dict[str, str] = {}
    for each in operation.assertions:
        if each.photo_id in current:
            known = edit.touch(each.tag)  # two names may be those of one tag
            name = each.tag if known is None else known.name
            names.setdefault(tag_key(name), name)
            wanted[tag_key(name)][current[each.photo_id]] = _decode(each)
    for key, states in wanted.items():
        asserts_any = any(state is not None for state in states.values())
        tag = edit.ensure(names[key]) if asserts_any else edit.touch(names[key])
        if tag is not None:
            edit.set(tag, states)
    # A name is free to be another tag's once its tag is gone.
    edit.forget(operation.drop_tags, operation.keep_tags)
    for place in operation.places:
        edit.restore_place(place)
    return edit.finish(
        lambda photos: operation.label or f"Restore the tags of {photos}", keep=operation.keep_tags
    )


def _set_rating(tx: Transaction, rating: int, photo_ids: Sequence[PhotoId]) -> ChangeSet:
    if not 0 <= rating <= MAX_RATING:
        raise UsageProblem(f"A rating is 0 to {MAX_RATING}, not {rating}.")
    stars = "1 star" if rating == 1 else f"{rating} stars"
    label = f"Rate {{}} with {stars}" if rating else "Take the rating off {}"
    return _set_ratings(tx, dict.fromkeys(photo_ids, rating), label)


def _set_ratings(tx: Transaction, ratings: Mapping[PhotoId, int | None], label: str) -> ChangeSet:
    current = joins.resolve(tx.db, ratings.keys())
    wanted = {current[photo_id]: r for photo_id, r in ratings.items() if photo_id in current}
    before: dict[PhotoId, int | None] = dict(
        tx.db.execute(
            "SELECT id, rating FROM photos WHERE id IN (SELECT value FROM json_each(?))",
            (encode_ids(wanted),),
        ).fetchall()
    )
    differing = {photo_id: r for photo_id, r in wanted.items() if before[photo_id] != r}
    if not differing:
        return tx.unchanged()
    by_rating: defaultdict[int | None, list[PhotoId]] = defaultdict(list)
    for photo_id, rating in differing.items():
        by_rating[rating].append(photo_id)
    for rating, ids in by_rating.items():
        tx.db.execute(
            "UPDATE photos SET rating = ? WHERE id IN (SELECT value FROM json_each(?))",
            (rating, encode_ids(ids)),
        )
    return tx.changed(
        [ChangeKind.PHOTOS_CHANGED],
        differing,
        label=label.replace("{}", photos_in_words(differing)),
        inverse=RestoreRatings(tuple((photo_id, before[photo_id]) for photo_id in differing)),
    )


def _decode(described: TagAssertion) -> Assertion | None:
    if described.state is None:
        return None
    return Assertion(STATES.index(described.state), SOURCES.index(described.source))
