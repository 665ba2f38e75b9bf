"""A change of tags in progress, which keeps what is needed to take it back exactly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from photoorg.catalog import assertions, tag_tree
from photoorg.catalog.assertions import SOURCES, STATES, Assertion, Tag
from photoorg.catalog.encoding import clean_tag, tag_key
from photoorg.catalog.writer import Transaction
from photoorg.core.changes import (
    ChangeKind,
    ChangeSet,
    RestoreAssertions,
    TagAssertion,
    TagPlace,
)
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId

TAG_KINDS = (ChangeKind.TAGS, ChangeKind.PHOTOS_CHANGED)


class TagEdit:
    """Changes tags on photos and in their tree, and keeps what is needed to take all of it back."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._before: list[TagAssertion] = []
        self._names_before: dict[str, str | None] = {}
        self._places_before: dict[str, TagPlace] = {}
        self._may_go: set[str] = set()
        self._changed = False

    @property
    def changes(self) -> int:
        """How many statements on tags of photos are others now."""
        return len(self._before)

    # -- tags ---------------------------------------------------------------------------------
    def touch(self, name: str) -> Tag | None:
        """Return a tag, by any of its names, that is about to be changed, noting how it was."""
        tag = assertions.find_tag(self._tx.db, name)
        key = tag_key(name if tag is None else tag.name)
        self._names_before.setdefault(key, None if tag is None else tag.name)
        self._may_go.add(key)
        return tag

    def require(self, name: str) -> Tag:
        """Return a tag that is about to be changed.

        Raises:
            UsageProblem: there is none.
        """
        tag = self.touch(name)
        if tag is None:
            raise UsageProblem(f"There is no tag “{clean_tag(name)}”.")
        return tag

    def ensure(self, name: str) -> Tag:
        """Return a tag, made where there is none."""
        tag = self.touch(name)
        if tag is None:
            tag = assertions.ensure_tag(self._tx, clean_tag(name))
        return tag

    def spell(self, name: str) -> None:
        """See to it that a tag is there, and written just so."""
        tag = self.ensure(name)
        if tag.name != name and tag_key(tag.name) == tag_key(name):
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

    # -- the tree -----------------------------------------------------------------------------
    def move(self, tag: Tag, above: Tag | None) -> None:
        """Put a tag below another, or at the top; the caller sees to it that there is no circle."""
        self._note_place(tag)
        left = tag_tree.parent_of(self._tx.db, tag.tag_id)
        if left is not None:
            self._may_go.add(tag_key(left.name))  # where nothing is below it any more
        tag_tree.set_parent(self._tx, tag.tag_id, None if above is None else above.tag_id)

    def add_alias(self, tag: Tag, name: str) -> None:
        """Give a tag another name, which no other tag has."""
        self._note_place(tag)
        tag_tree.add_alias(self._tx, tag.tag_id, name)

    def remove_alias(self, tag: Tag, name: str) -> None:
        """Take one of its other names off a tag."""
        self._note_place(tag)
        tag_tree.remove_alias(self._tx, name)

    def move_aliases(self, tag: Tag, into: Tag) -> None:
        """Give all other names of a tag to another."""
        self._note_place(tag)
        self._note_place(into)
        tag_tree.move_aliases(self._tx, tag.tag_id, into.tag_id)

    def free_places(self, places: Collection[TagPlace]) -> None:
        """Make room for places: no tag is below another, no name is that of another tag."""
        for place in places:
            tag = assertions.find_exact(self._tx.db, place.tag)
            if tag is not None:
                self._note_place(tag)
        tag_tree.free_names(self._tx, places)

    def restore_place(self, place: TagPlace) -> None:
        """Put a tag exactly where it is to stand."""
        tag = assertions.find_exact(self._tx.db, place.tag)
        if tag is not None:
            self._note_place(tag)
            tag_tree.put_at(self._tx, place)

    def _note_place(self, tag: Tag) -> None:
        self._names_before.setdefault(tag_key(tag.name), tag.name)
        place = tag_tree.place_of(self._tx.db, tag)
        self._places_before.setdefault(tag_key(tag.name), place)
        if place.parent is not None:
            self._names_before.setdefault(tag_key(place.parent), place.parent)

    def forget(self, names: Iterable[str], keep: Iterable[str]) -> None:
        """Forget tags of which nothing is known any more."""
        kept = {tag_key(name) for name in keep}
        for name in names:
            tag = assertions.find_exact(self._tx.db, name)
            if tag is not None and tag_key(tag.name) not in kept:
                assertions.forget_unused(self._tx, tag)

    # -- the end ------------------------------------------------------------------------------
    def finish(self, label: Callable[[str], str], keep: Iterable[str] = ()) -> ChangeSet:
        """Forget tags that nothing is known of any more, and sum up.

        Args:
            label: names the change, given the number of photos in words.
            keep: names of tags not to forget.
        """
        self.forget(self._may_go, keep)
        for key, name in self._names_before.items():
            tag = assertions.find_exact(self._tx.db, key)
            self._changed |= (tag is None) != (name is None)
        places = tuple(place for place in self._places_before.values() if self._moved(place))
        if not self._before and not self._changed and not places:
            return self._tx.unchanged()
        photo_ids = {each.photo_id for each in self._before}
        words = label(photos_in_words(photo_ids))
        existed = [name for name in self._names_before.values() if name is not None]
        made = [key for key, name in self._names_before.items() if name is None]
        inverse = RestoreAssertions(tuple(self._before), tuple(existed), tuple(made), words, places)
        return self._tx.changed(
            TAG_KINDS, photo_ids, everything=bool(places), label=words, inverse=inverse
        )

    def _moved(self, before: TagPlace) -> bool:
        """Return whether a tag stands elsewhere now, or has other names."""
        tag = assertions.find_exact(self._tx.db, before.tag)
        now = TagPlace(before.tag) if tag is None else tag_tree.place_of(self._tx.db, tag)
        return (now.parent, now.aliases) != (before.parent, before.aliases)


def photos_in_words(photo_ids: Collection[object]) -> str:
    """Return a number of photos for the undo menu."""
    return "1 photo" if len(photo_ids) == 1 else f"{len(photo_ids):,} photos"


def _describe(photo_id: PhotoId, tag: str, assertion: Assertion | None) -> TagAssertion:
    if assertion is None:
        return TagAssertion(photo_id, tag, None)
    return TagAssertion(photo_id, tag, STATES[assertion.state], SOURCES[assertion.source])
