"""What a person does to tags and ratings, and exactly how to take it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, assert_never

from photoorg.catalog import albums, assertions, joins
from photoorg.catalog.assertions import (
    BY_PERSON,
    CONFIRMED,
    DENIED,
    KEPT_BY_PERSON,
    PERSON,
    SOURCES,
    STATES,
    Assertion,
    Tag,
)
from photoorg.catalog.encoding import clean_tag, encode_ids, tag_key
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import (
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    ConfirmTags,
    DeleteAlbum,
    KeepTag,
    MergeTags,
    MoveAlbum,
    Operation,
    RejectTag,
    RemoveTag,
    RenameAlbum,
    RenameTag,
    RestoreAssertions,
    RestoreRatings,
    SaveAlbum,
    SetRating,
    TagAssertion,
)
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId

MAX_RATING = 5

_TAG_KINDS = (ChangeKind.TAGS, ChangeKind.PHOTOS_CHANGED)


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
        case MergeTags(tag, into):
            return _merge_tags(tx, tag, into)
        case RestoreAssertions():
            return _restore_assertions(tx, operation)
        case SetRating(rating, photo_ids):
            return _set_rating(tx, rating, photo_ids)
        case RestoreRatings(ratings):
            return _set_ratings(tx, dict(ratings), f"Restore the rating of {_photos(ratings)}")
        case SaveAlbum() | RenameAlbum() | MoveAlbum() | DeleteAlbum():
            return albums.apply(tx, operation)
    assert_never(operation)


class _Wording(NamedTuple):
    """How the undo menu names a change of a tag: verb “tag” preposition photos."""

    verb: str
    preposition: str

    def label(self, tag: Tag, photos: str) -> str:
        return f"{self.verb} “{tag.name}” {self.preposition} {photos}"


class _TagEdit:
    """Changes tags on photos, and keeps what is needed to take all of it back."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._before: list[TagAssertion] = []
        self._names_before: dict[str, str | None] = {}
        self._changed = False

    @property
    def changes(self) -> int:
        """How many statements on tags of photos are others now."""
        return len(self._before)

    def touch(self, name: str) -> Tag | None:
        """Return a tag that is about to be changed, having noted how it was."""
        tag = assertions.find_tag(self._tx.db, name)
        self._names_before.setdefault(tag_key(name), None if tag is None else tag.name)
        return tag

    def ensure(self, name: str) -> Tag:
        """Return a tag, made where there is none."""
        tag = self.touch(name)
        if tag is None:
            self._changed = True
            tag = assertions.ensure_tag(self._tx, clean_tag(name))
        return tag

    def spell(self, name: str) -> None:
        """See to it that a tag is there, and written just so."""
        tag = self.ensure(name)
        if tag.name != name:
            self._tx.db.execute("UPDATE tags SET name = ? WHERE id = ?", (name, tag.tag_id))
            self._changed = True

    def set(self, tag: Tag, wanted: Mapping[PhotoId, Assertion | None]) -> None:
        """Set what is known of a tag on photos."""
        current = assertions.of_tag(self._tx.db, tag.tag_id, wanted.keys())
        differing = {
            photo_id: assertion
            for photo_id, assertion in wanted.items()
            if current.get(photo_id) != assertion
        }
        self._before += [
            _describe(photo_id, tag.name, current.get(photo_id)) for photo_id in differing
        ]
        assertions.put(self._tx, tag.tag_id, differing)

    def finish(self, label: Callable[[str], str], keep: Iterable[str] = ()) -> ChangeSet:
        """Forget tags that nothing is known of any more, and sum up.

        Args:
            label: names the change, given the number of photos in words.
            keep: names of tags not to forget.
        """
        kept = {tag_key(name) for name in keep}
        for key in self._names_before.keys() - kept:
            tag = assertions.find_tag(self._tx.db, key)
            was_there = self._names_before[key] is not None
            if tag is not None and assertions.forget_unused(self._tx, tag) and was_there:
                self._changed = True
        if not self._before and not self._changed:
            return self._tx.unchanged()
        photo_ids = {each.photo_id for each in self._before}
        words = label(_photos(photo_ids))
        existed = [name for name in self._names_before.values() if name is not None]
        made = [key for key, name in self._names_before.items() if name is None]
        inverse = RestoreAssertions(tuple(self._before), tuple(existed), tuple(made), words)
        return self._tx.changed(_TAG_KINDS, photo_ids, label=words, inverse=inverse)


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
    edit = _TagEdit(tx)
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
    edit = _TagEdit(tx)
    for name, photo_ids in pairs:
        known = {current[photo_id] for photo_id in photo_ids if photo_id in current}
        if known:
            edit.set(edit.ensure(clean_tag(name)), dict.fromkeys(sorted(known), BY_PERSON))
    accepted = "1 suggestion" if edit.changes == 1 else f"{edit.changes:,} suggestions"
    return edit.finish(lambda photos: f"Accept {accepted} on {photos}")


def _keep_tag(tx: Transaction, name: str, photo_ids: Collection[PhotoId]) -> ChangeSet:
    edit = _TagEdit(tx)
    tag = _require_tag(edit, name)
    current = set(joins.resolve(tx.db, photo_ids).values())
    known = assertions.of_tag(tx.db, tag.tag_id, current)
    carried = sorted(photo_id for photo_id, each in known.items() if each.state == CONFIRMED)
    edit.set(tag, dict.fromkeys(carried, KEPT_BY_PERSON))
    return edit.finish(lambda photos: _Wording("Keep tag", "on").label(tag, photos))


def _remove_tag(tx: Transaction, name: str, photo_ids: Collection[PhotoId]) -> ChangeSet:
    edit = _TagEdit(tx)
    tag = _require_tag(edit, name)
    current = set(joins.resolve(tx.db, photo_ids).values())
    edit.set(tag, dict.fromkeys(sorted(current)))
    return edit.finish(lambda photos: _Wording("Remove tag", "from").label(tag, photos))


def _merge_tags(tx: Transaction, name: str, into_name: str) -> ChangeSet:
    edit = _TagEdit(tx)
    tag, into = _require_tag(edit, name), _require_tag(edit, into_name)
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
    label = f"Merge tag “{tag.name}” into “{into.name}”"
    return edit.finish(lambda _: label, keep=[into.name])


def _rename_tag(tx: Transaction, name: str, new_name: str) -> ChangeSet:
    cleaned = clean_tag(new_name)
    tag = _require_tag(_TagEdit(tx), name)
    if tag.name == cleaned:
        return tx.unchanged()
    taken = assertions.find_tag(tx.db, cleaned)
    if taken is not None and taken.tag_id != tag.tag_id:
        raise UsageProblem(
            f"There is a tag “{taken.name}” already.", "Merge the two, or choose another name."
        )
    tx.db.execute(
        "UPDATE tags SET key = ?, name = ? WHERE id = ?", (tag_key(cleaned), cleaned, tag.tag_id)
    )
    return tx.changed(
        _TAG_KINDS,
        assertions.of_tag(tx.db, tag.tag_id),
        label=f"Rename tag “{tag.name}” to “{cleaned}”",
        inverse=RenameTag(cleaned, tag.name),
    )


def _restore_assertions(tx: Transaction, operation: RestoreAssertions) -> ChangeSet:
    current = joins.resolve(tx.db, {each.photo_id for each in operation.assertions})
    wanted: defaultdict[str, dict[PhotoId, Assertion | None]] = defaultdict(dict)
    names: dict[str, str] = {}
    for each in operation.assertions:
        if each.photo_id in current:
            key = tag_key(each.tag)
            names.setdefault(key, each.tag)
            wanted[key][current[each.photo_id]] = _decode(each)
    edit = _TagEdit(tx)
    for name in operation.keep_tags:
        edit.spell(clean_tag(name))
    for name in operation.drop_tags:
        edit.touch(name)
    for key, states in wanted.items():
        asserts_any = any(state is not None for state in states.values())
        tag = edit.ensure(names[key]) if asserts_any else edit.touch(names[key])
        if tag is not None:
            edit.set(tag, states)
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
        label=label.replace("{}", _photos(differing)),
        inverse=RestoreRatings(tuple((photo_id, before[photo_id]) for photo_id in differing)),
    )


def _require_tag(edit: _TagEdit, name: str) -> Tag:
    tag = edit.touch(name)
    if tag is None:
        raise UsageProblem(f"There is no tag “{clean_tag(name)}”.")
    return tag


def _stronger(one: Assertion, other: Assertion | None) -> Assertion:
    """Return which of two statements holds: the person's before the file's, then yes before no."""
    if other is None:
        return one
    return max(one, other, key=lambda each: (each.source >= PERSON, each.state, each.source))


def _describe(photo_id: PhotoId, tag: str, assertion: Assertion | None) -> TagAssertion:
    if assertion is None:
        return TagAssertion(photo_id, tag, None)
    return TagAssertion(photo_id, tag, STATES[assertion.state], SOURCES[assertion.source])


def _decode(described: TagAssertion) -> Assertion | None:
    if described.state is None:
        return None
    return Assertion(STATES.index(described.state), SOURCES.index(described.source))


def _photos(photo_ids: Collection[object]) -> str:
    return "1 photo" if len(photo_ids) == 1 else f"{len(photo_ids):,} photos"
