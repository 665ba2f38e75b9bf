"""Operations and their inverses, singly and in any sequence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from catalog_builders import Shelf, photo
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import (
    AddAlias,
    AddTag,
    ChangeKind,
    ChangeSet,
    ConfirmTag,
    ConfirmTags,
    JudgeProposal,
    KeepTag,
    MergeTags,
    Operation,
    RejectTag,
    RemoveAlias,
    RemoveTag,
    RenameTag,
    RestoreAssertions,
    SetParent,
    SetRating,
    Several,
    TagAssertion,
    TagPlace,
)
from photoorg.core.errors import UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.paths import CatalogPaths
from photoorg.core.records import PhotoDetails, ProposalKind, TagSource, TagState


@pytest.fixture
def three(shelf: Shelf) -> tuple[PhotoId, ...]:
    return tuple(shelf.read(f"{name}.jpg", photo(name)).photo_id for name in "abc")


def names(shelf: Shelf) -> list[tuple[str, int]]:
    return [(tag.name, tag.count) for tag in shelf.catalog.tags()]


def undo(shelf: Shelf, changes: ChangeSet) -> ChangeSet:
    assert changes.inverse is not None
    return shelf.catalog.apply(changes.inverse)


def test_add_tag_says_what_it_did(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    changes = shelf.catalog.apply(AddTag("beach", three))
    assert changes.kinds == {ChangeKind.TAGS, ChangeKind.PHOTOS_CHANGED}
    assert changes.photo_ids == set(three)
    assert changes.label == "Add tag “beach” to 3 photos"
    assert changes.revision == shelf.catalog.revision()


@pytest.mark.parametrize(
    ("operation", "label"),
    [
        (RemoveTag("{x}", (PhotoId(1),)), "Remove tag “{x}” from 1 photo"),
        (ConfirmTag("y", (PhotoId(1),)), "Accept tag “y” for 1 photo"),
        (ConfirmTags((("y", (PhotoId(1),)),)), "Accept 1 suggestion on 1 photo"),
        (RejectTag("y", (PhotoId(1),)), "Reject tag “y” for 1 photo"),
        (RenameTag("{x}", "z"), "Rename tag “{x}” to “z”"),
        (SetRating(1, (PhotoId(1),)), "Rate 1 photo with 1 star"),
        (SetRating(5, (PhotoId(1), PhotoId(2))), "Rate 2 photos with 5 stars"),
        (SetRating(0, (PhotoId(1),)), "Take the rating off 1 photo"),
    ],
)
def test_labels_are_plain_words(
    shelf: Shelf, three: tuple[PhotoId, ...], operation: Operation, label: str
) -> None:
    shelf.catalog.apply(AddTag("{x}", three))
    changes = shelf.catalog.apply(operation)
    assert changes.label == label
    if not isinstance(operation, RenameTag | SetRating):
        assert undo(shelf, changes).label == label


def test_many_suggestions_are_one_step(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    first, second, third = three
    shelf.catalog.apply(AddTag("sea", (first,)))
    shelf.catalog.apply(RejectTag("boat", (second,)))
    before = [shelf.catalog.details(photo_id) for photo_id in three]
    pairs = (("sea", three), ("Boat", (second, third)), ("SEA", (second,)), ("sky", ()))
    changes = shelf.catalog.apply(ConfirmTags(pairs))
    assert changes.label == "Accept 4 suggestions on 2 photos"
    assert changes.photo_ids == {second, third}
    assert names(shelf) == [("sea", 3), ("boat", 2)]
    back = undo(shelf, changes)
    assert back.label == changes.label
    assert [shelf.catalog.details(photo_id) for photo_id in three] == before
    assert names(shelf) == [("sea", 1)]
    undo(shelf, back)
    assert names(shelf) == [("sea", 3), ("boat", 2)]


def test_of_many_suggestions_all_are_accepted_or_none(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    with pytest.raises(UsageProblem):
        shelf.catalog.apply(ConfirmTags((("sea", three), ("  ", three))))
    assert names(shelf) == []
    changes = shelf.catalog.apply(ConfirmTags((("sea", (PhotoId(999),)),)))
    assert changes.inverse is None
    assert names(shelf) == []


def test_merge_keeps_the_stronger_word_and_can_be_taken_back(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    one, two, three_ = three
    shelf.catalog.apply(AddTag("sea", (one, two)))
    shelf.catalog.apply(RejectTag("ocean", (one,)))
    shelf.catalog.apply(AddTag("ocean", (three_,)))
    changes = shelf.catalog.apply(MergeTags("sea", "ocean"))
    assert changes.label == "Merge tag “sea” into “ocean”"
    assert names(shelf) == [("ocean", 3)]
    undo(shelf, changes)
    assert names(shelf) == [("sea", 2), ("ocean", 1)]
    details = shelf.catalog.details(one)
    assert details is not None
    assert details.rejected == ("ocean",)


def test_in_a_merge_the_persons_no_holds_over_the_files_yes(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes", keywords=["sea"])).photo_id
    shelf.catalog.apply(RejectTag("ocean", (photo_id,)))
    shelf.catalog.apply(MergeTags("sea", "ocean"))
    details = shelf.catalog.details(photo_id)
    assert details is not None
    assert (details.confirmed, details.rejected) == ((), ("ocean",))


def test_a_tag_is_found_in_any_letter_case_and_keeps_its_spelling(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("Straße", three[:1]))
    shelf.catalog.apply(AddTag(" STRASSE ", three[1:]))
    assert names(shelf) == [("Straße", 3)]
    shelf.catalog.apply(RenameTag("strasse", "STRASSE"))
    assert names(shelf) == [("STRASSE", 3)]


def test_a_tag_that_no_photo_has_any_more_is_forgotten(
    shelf: Shelf, three: tuple[PhotoId, ...]
) -> None:
    shelf.catalog.apply(AddTag("beach", three))
    removed = shelf.catalog.apply(RemoveTag("beach", three))
    assert shelf.catalog.complete_tag("bea") == []
    shelf.catalog.apply(AddTag("Beach", three[:1]))
    undo(shelf, removed)
    assert names(shelf) == [("beach", 3)]


def test_nothing_to_do_changes_nothing(shelf: Shelf, three: tuple[PhotoId, ...]) -> None:
    shelf.catalog.apply(AddTag("beach", three))
    before = shelf.catalog.revision()
    for operation in (
        AddTag("beach", three),
        AddTag("other", ()),
        AddTag("other", (PhotoId(999),)),
        RenameTag("beach", "beach"),
        SetRating(3, ()),
        RestoreAssertions((TagAssertion(three[0], "never heard of", None),)),
    ):
        changes = shelf.catalog.apply(operation)
        assert (changes.kinds, changes.inverse) == (frozenset(), None)
    assert shelf.catalog.revision() == before
    assert shelf.catalog.complete_tag("other") == []


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (AddTag("  \n", (PhotoId(1),)), "needs a name"),
        (AddTag("x" * 201, (PhotoId(1),)), "at most 200"),
        (RemoveTag("unheard of", (PhotoId(1),)), "no tag “unheard of”"),
        (RenameTag("beach", "SEA"), "already"),
        (RenameTag("unheard of", "sea"), "no tag"),
        (MergeTags("beach", "unheard of"), "no tag"),
        (MergeTags("beach", "BEACH"), "into itself"),
        (SetRating(6, (PhotoId(1),)), "0 to 5"),
        (SetRating(-1, (PhotoId(1),)), "0 to 5"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_trace(
    shelf: Shelf, three: tuple[PhotoId, ...], operation: Operation, message: str
) -> None:
    shelf.catalog.apply(AddTag("beach", three))
    shelf.catalog.apply(AddTag("sea", three))
    before = shelf.catalog.revision()
    with pytest.raises(UsageProblem, match=message):
        shelf.catalog.apply(operation)
    assert shelf.catalog.revision() == before
    assert names(shelf) == [("beach", 3), ("sea", 3)]


def test_undo_gives_a_tag_back_to_the_file_that_had_said_it(shelf: Shelf) -> None:
    photo_id = shelf.read("a.jpg", photo("bytes", keywords=["sea"])).photo_id
    changes = shelf.catalog.apply(ConfirmTag("sea", (photo_id,)))
    details = shelf.catalog.details(photo_id)
    assert details is not None
    assert details.confirmed == (("sea", TagSource.PERSON),)
    undo(shelf, changes)
    details = shelf.catalog.details(photo_id)
    assert details is not None
    assert details.confirmed == (("sea", TagSource.FILE),)


# -- any sequence -----------------------------------------------------------------------------
NAMES = st.sampled_from(["sea", "Sea", "SUN", "sun", "Straße", "STRASSE", "sand {} dune", "İ", "ﬁ"])
PHOTOS = st.lists(st.integers(1, 5).map(PhotoId), max_size=5).map(tuple)
STATES = st.sampled_from([None, *TagState])

OPERATIONS = st.one_of(
    *(
        st.builds(kind, NAMES, PHOTOS)
        for kind in (AddTag, RemoveTag, ConfirmTag, KeepTag, RejectTag)
    ),
    st.builds(ConfirmTags, st.lists(st.tuples(NAMES, PHOTOS), max_size=3).map(tuple)),
    st.builds(RenameTag, NAMES, NAMES),
    st.builds(MergeTags, NAMES, NAMES, st.booleans()),
    st.builds(SetParent, NAMES, st.none() | NAMES),
    st.builds(AddAlias, NAMES, NAMES),
    st.builds(RemoveAlias, NAMES, NAMES),
    st.builds(JudgeProposal, st.sampled_from(ProposalKind), NAMES, NAMES, st.booleans()),
    st.builds(SetRating, st.integers(0, 5), PHOTOS),
    st.builds(
        RestoreAssertions,
        st.lists(
            st.builds(TagAssertion, st.integers(1, 5).map(PhotoId), NAMES, STATES), max_size=4
        ).map(tuple),
        st.lists(NAMES, max_size=2).map(tuple),
        st.lists(NAMES, max_size=2).map(tuple),
        st.just(""),
        st.lists(
            st.builds(TagPlace, NAMES, st.none() | NAMES, st.lists(NAMES, max_size=2).map(tuple)),
            max_size=2,
        ).map(tuple),
    ),
)
SEVERAL = st.builds(Several, st.lists(OPERATIONS, min_size=2, max_size=4).map(tuple), st.just("x"))

State = tuple[list[PhotoDetails | None], list[list[tuple[object, ...]]]]

WATCHED = (
    "SELECT t.key, t.name, p.key FROM tags t LEFT JOIN tags p ON p.id = t.parent_id ORDER BY t.key",
    "SELECT a.key, a.name, t.key FROM tag_aliases a JOIN tags t ON t.id = a.tag_id ORDER BY a.key",
    "SELECT * FROM dismissed_proposals ORDER BY kind, tag_key, other_key",
    "SELECT id, rating FROM photos ORDER BY id",
)


class UndoMachine(RuleBasedStateMachine):
    """Does, undoes and redoes at random; each step back must restore the exact state."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.catalog = Catalog.open(CatalogPaths(Path(self.folder.name)))
        shelf = Shelf(self.catalog)
        for i in range(5):
            shelf.read(f"{i}.jpg", photo(str(i), keywords=["sea"] if i % 2 else [], rating=i))
        self.done: list[tuple[State, ChangeSet]] = []
        self.undone: list[tuple[State, ChangeSet]] = []

    @rule(operation=OPERATIONS)
    def do(self, operation: Operation) -> None:
        before = self.state()
        try:
            changes = self.catalog.apply(operation)
        except UsageProblem:
            assert self.state() == before
            return
        if changes.inverse is None:
            assert changes.kinds == frozenset()
            assert self.state() == before
            return
        assert self.state() != before
        self.done.append((before, changes))
        self.undone.clear()

    @rule(operation=SEVERAL)
    def do_several(self, operation: Several) -> None:
        before = self.state()
        try:
            changes = self.catalog.apply(operation)
        except UsageProblem:
            assert self.state() == before
            return
        if changes.inverse is None:
            assert self.state() == before
            return
        assert changes.label == "x"
        self.done.append((before, changes))
        self.undone.clear()

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        before, changes = self.done.pop()
        after = self.state()
        assert changes.inverse is not None
        redo = self.catalog.apply(changes.inverse)
        assert self.state() == before
        self.undone.append((after, redo))

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        after, changes = self.undone.pop()
        before = self.state()
        assert changes.inverse is not None
        again = self.catalog.apply(changes.inverse)
        assert self.state() == after
        self.done.append((before, again))

    def state(self) -> State:
        """Return all that operations can change, the persons' unsaid ratings included."""
        with self.catalog._readers.snapshot() as db:
            rows = [db.execute(watched).fetchall() for watched in WATCHED]
        return [self.catalog.details(PhotoId(i)) for i in range(1, 6)], rows

    @invariant()
    def the_tree_is_one(self) -> None:
        """No circles, and no name that is two tags'."""
        with self.catalog._readers.snapshot() as db:
            above = dict(db.execute("SELECT id, parent_id FROM tags"))
            twice = db.execute("SELECT key FROM tags INTERSECT SELECT key FROM tag_aliases")
            assert twice.fetchall() == []
        for tag in above:
            steps = [tag]
            while (up := above[steps[-1]]) is not None:
                assert up not in steps
                steps.append(up)

    def teardown(self) -> None:
        while self.done:
            self.undo()
        assert self.catalog.check() == []
        self.catalog.close()
        self.folder.cleanup()


TestUndo = UndoMachine.TestCase
TestUndo.settings = settings(
    max_examples=25,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
