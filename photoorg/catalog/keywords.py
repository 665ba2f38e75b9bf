"""Tags that follow the keywords in files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from photoorg.catalog import tag_tree
from photoorg.catalog.assertions import (
    BY_FILE,
    Tag,
    ensure_tag,
    find_tag,
    forget_unused,
    of_tag,
    put,
)
from photoorg.catalog.encoding import clean_tag, tag_key
from photoorg.catalog.writer import Transaction
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId, TagId


def follow_keywords(
    tx: Transaction,
    photo_id: PhotoId,
    before: Sequence[str],
    after: Sequence[str],
    paths: Iterable[tuple[str, ...]] = (),
) -> bool:
    """Take over what changed in a file's keywords; return whether any tag did.

    Only differences count, so that a keyword whose tag the person took off does not come back with
    the next change of the file. What the person said of a tag stays. A keyword that is another name
    of a tag stands for that tag.

    Args:
        tx: the write.
        photo_id: the photo.
        before: keywords at the last reading.
        after: keywords now.
        paths: where the file has some of them in a tree; it counts for tags that are new.
    """
    old, new = _usable(before), _usable(after)
    fresh: dict[str, Tag] = {}
    kept: set[TagId] = set()
    changed = False
    for key, name in new.items():
        tag = find_tag(tx.db, name)
        if tag is not None:
            kept.add(tag.tag_id)
        if key in old:
            continue
        if tag is None:
            tag = fresh[key] = ensure_tag(tx, name)
        if photo_id not in of_tag(tx.db, tag.tag_id, [photo_id]):
            put(tx, tag.tag_id, {photo_id: BY_FILE})
            changed = True
    for key, name in old.items():
        known = None if key in new else find_tag(tx.db, name)
        if known is None or known.tag_id in kept:
            continue
        if of_tag(tx.db, known.tag_id, [photo_id]).get(photo_id) == BY_FILE:
            put(tx, known.tag_id, {photo_id: None})
            forget_unused(tx, known)
            changed = True
    if fresh:
        _follow_paths(tx, fresh, paths)
    return changed


def _follow_paths(tx: Transaction, fresh: dict[str, Tag], paths: Iterable[tuple[str, ...]]) -> None:
    """Put tags that a file just brought where the file has them.

    Tags that were there before stay where they are: their place is the person's business.
    """
    for path in paths:
        steps = list(_usable(path).values())
        if len(steps) < 2 or tag_key(steps[-1]) not in fresh:
            continue
        above = _step(tx, fresh, steps[0])
        for name in steps[1:]:
            tag = _step(tx, fresh, name)
            is_new = tag_key(tag.name) in fresh
            if (
                is_new
                and tag_tree.parent_of(tx.db, tag.tag_id) is None
                and not tag_tree.stands_below(tx.db, above.tag_id, tag.tag_id)
            ):
                tag_tree.set_parent(tx, tag.tag_id, above.tag_id)
            above = tag


def _step(tx: Transaction, fresh: dict[str, Tag], name: str) -> Tag:
    """Return a tag on a path, noted as new where it had to be made."""
    tag = find_tag(tx.db, name)
    if tag is None:
        tag = fresh[tag_key(name)] = ensure_tag(tx, name)
    return tag


def _usable(keywords: Sequence[str]) -> dict[str, str]:
    """Return the keywords that can be tags, by key; files hold all sorts of things."""
    usable: dict[str, str] = {}
    for keyword in keywords:
        try:
            name = clean_tag(keyword)
        except UsageProblem:
            continue  # empty or endless: no person would miss it as a tag
        usable.setdefault(tag_key(name), name)
    return usable
