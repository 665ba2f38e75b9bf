"""Learning the person's own tags in the background, and what is known of how well it went."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photoorg.catalog.catalog import Catalog
from photoorg.core.changes import ChangeKind, ChangeSet
from photoorg.core.errors import PhotoorgError, UsageProblem
from photoorg.core.ids import PhotoId
from photoorg.core.progress import CancelToken
from photoorg.core.quality import (
    HIGHEST_TARGET,
    LOWEST_TARGET,
    Doubt,
    QualityChanged,
    QualityReport,
    ReviewItem,
    TagQuality,
    TagTrust,
)
from photoorg.features.text import TextEncoder
from photoorg.index import VectorIndex
from photoorg.jobs.personal_evidence import LIBRARY_PHOTOS, EvidenceReader, Gathered
from photoorg.jobs.personal_questions import find_doubts, find_questions
from photoorg.jobs.personal_shelf import Generation, PersonalShelf, Seen
from photoorg.jobs.quiet import Pace, QuietWorker
from photoorg.models.personal import KIND, LEAST_EXAMPLES, PersonalModel, column_of
from photoorg.models.personal_fit import YES, Learned, fit_personal
from photoorg.models.personal_quality import judge, reliability, told
from photoorg.models.starter import StarterModel

logger = logging.getLogger(__name__)

_TEACHES = frozenset({ChangeKind.TAGS, ChangeKind.VECTORS, ChangeKind.PHOTOS_REMOVED})
"""What may bring something new to learn; whether it did is looked up when it is quiet."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What looks at photos for the personal model.

    Attributes:
        model: embeds photos and names.
        encoder: encodes names.
        index: photos by their embeddings.
    """

    model: StarterModel
    encoder: TextEncoder
    index: VectorIndex


class PersonalLearning:
    """Keeps `QualityPort`: learns, remembers what it learned, judges it, and asks questions.

    Args:
        catalog: of the library.
        parts: returns what looks at photos; None while it cannot be used.
        emit: hears that there is news.
        pace: when to learn after changes.
    """

    def __init__(
        self,
        catalog: Catalog,
        parts: Callable[[], Looks | None],
        emit: Callable[[QualityChanged], None],
        pace: Pace = Pace(),  # noqa: B008 - immutable
    ) -> None:
        self._catalog = catalog
        self._parts = parts
        self._emit = emit
        self._lock = threading.Lock()
        self._learning = threading.Lock()
        self._busy = False
        self._reader: EvidenceReader | None = None
        self._shelf: PersonalShelf | None = None
        self._sight = ("", (0, 0))
        self._token = CancelToken()
        self._pace = pace
        self._worker: QuietWorker | None = None
        self._unsubscribe: Callable[[], None] | None = None

    # -- learning ---------------------------------------------------------------------------
    def follow(self) -> None:
        """Learn by itself from now on, a little after each change."""
        self._worker = QuietWorker("tag-learner", self._learn_quietly, self._pace)
        self._unsubscribe = self._catalog.subscribe(self.notice)

    def notice(self, change: ChangeSet) -> None:
        """Hear of a change in the catalog, whoever made it."""
        if self._worker is not None and change.kinds & _TEACHES:
            self._worker.notice()

    def close(self) -> None:
        """Stop and wait for the thread; what is being learned is dropped."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._token.cancel()
        if self._worker is not None:
            self._worker.close()

    def learn(self, token: CancelToken, *, anew: bool = True) -> Generation | None:
        """Learn from all that was said, now.

        Args:
            token: to stop.
            anew: even where nothing was said since.

        Returns:
            What was learned, or None where there is nothing to learn from, or nothing new.

        Raises:
            Cancelled: through the token.
            PhotoorgError: the model under it cannot be used, or the disk is full.
        """
        shelf = self._shelf_now()
        if shelf is None or self._reader is None:
            return None
        with self._learning:
            if not anew and not self._behind():
                return None
            started = time.monotonic()
            revision = int(self._catalog.revision())
            snapshot = self._reader.look()
            seen = Seen(revision, snapshot.digest)
            before = self._current()
            if before is not None:
                if not anew and shelf.seen.digest == seen.digest:
                    shelf.set_seen(seen)
                    return None
                self._reader.remember(before.model)
            if not len(snapshot.said.tags):
                return None
            self._set_busy(busy=True)
            try:
                gathered = self._reader.gather(snapshot, token)
                del snapshot  # of a large library some 20 MB
                if gathered is None:
                    return None
                generation = shelf.keep(self._fit(gathered, shelf.target, seen, token))
                logger.info(
                    "learned %d tags from %d photos in %.1f s",
                    len(generation.model.names),
                    generation.held_out,
                    time.monotonic() - started,
                )
                return generation
            finally:
                self._set_busy(busy=False)

    def catch_up(self) -> None:
        """Learn, where something was said since this was last done; a problem is logged."""
        try:
            self.learn(self._token, anew=False)
        except PhotoorgError as problem:
            logger.warning("nothing was learned from the newest answers: %s", problem)

    def model(self) -> PersonalModel | None:
        """Return the model that suggests now, or None where nothing was learned."""
        generation = self._current()
        return None if generation is None else generation.model

    # -- QualityPort ------------------------------------------------------------------------
    def report(self) -> QualityReport:
        self._catch_up_unasked()
        generation = self._current()
        said = self._catalog.said_of_tags()
        yes = np.bincount(said.tags[said.confirmed], minlength=len(said.names))
        no = np.bincount(said.tags[~said.confirmed], minlength=len(said.names))
        column = {} if generation is None else column_of(generation.model.names)
        tags = []
        for number, name in enumerate(said.names):
            place = column.get(name.casefold())
            count, rejected = int(yes[number]), int(no[number])
            if generation is None or place is None:
                tags.append(_unjudged(name, count, rejected))
                continue
            figures = generation.figures[place]
            tags.append(
                TagQuality(
                    tag=name,
                    confirmed=count,
                    rejected=rejected,
                    trust=figures.trust,
                    precision=figures.precision,
                    recall=figures.recall,
                    threshold=figures.threshold if np.isfinite(figures.threshold) else None,
                    gain=figures.gain,
                    waiting=generation.waiting[place],
                    needed=max(0, LEAST_EXAMPLES - count)
                    if figures.trust is TagTrust.TOO_FEW
                    else 0,
                )
            )
        shelf = self._shelf_now()
        return QualityReport(
            tags=tuple(tags),
            **({} if shelf is None else {"target": shelf.target}),
            held_out=0 if generation is None else generation.held_out,
            model="" if generation is None else KIND,
            learned_at="" if generation is None else generation.learned_at,
            learning=self._busy,
            reliability=() if generation is None else generation.reliability,
            note=""
            if generation is None
            else "Each photo was judged by what was learned from the others.",
        )

    def review(
        self, tag: str | None, limit: int = 50, skip: Collection[tuple[PhotoId, str]] = ()
    ) -> Sequence[ReviewItem]:
        self._catch_up_unasked()
        generation, parts = self._current(), self._parts()
        if generation is None or parts is None:
            return ()

        def nearest(embedding: NDArray[np.float32], count: int) -> list[PhotoId]:
            return [PhotoId(i) for i in parts.index.search(embedding, count)[0].tolist()]

        return find_questions(
            self._catalog,
            parts.model,
            generation.model,
            nearest,
            self._sample(parts.model),
            tag,
            limit,
            skip,
            np.random.default_rng(),
        )

    def doubts(self, tag: str | None, limit: int = 200) -> Sequence[Doubt]:
        self._catch_up_unasked()
        generation, parts = self._current(), self._parts()
        if generation is None or parts is None:
            return ()

        def alike(photo_id: PhotoId, count: int) -> list[PhotoId]:
            _, vectors = self._catalog.vectors(parts.model.visual_key, [photo_id])
            if not len(vectors):
                return []
            embedded = parts.model.embed_images(vectors)[0]
            return [PhotoId(i) for i in parts.index.search(embedded, count)[0].tolist()]

        return find_doubts(self._catalog, generation, parts.model.visual_key, alike, tag, limit)

    def set_target(self, target: float) -> None:
        if not LOWEST_TARGET <= target <= HIGHEST_TARGET:
            raise UsageProblem(
                f"Of the suggestions {target:.0%} cannot be asked to be right.",
                f"Choose {LOWEST_TARGET:.0%} to {HIGHEST_TARGET:.0%}.",
            )
        shelf = self._shelf_now()
        if shelf is None:
            raise UsageProblem("No model is ready to learn from your answers.")
        shelf.set_target(target)
        self.learn_now()

    def learn_now(self) -> None:
        if self._worker is None:
            self.learn(self._token)
        else:
            self._worker.hurry()

    def go_back(self) -> bool:
        shelf = self._shelf_now()
        if shelf is None or not shelf.go_back():
            return False
        self._emit(QualityChanged())
        return True

    # -- inside -----------------------------------------------------------------------------
    def _current(self) -> Generation | None:
        """Return the generation in use, where it was learned on the model that looks now."""
        shelf = self._shelf_now()
        generation = None if shelf is None else shelf.current()
        if generation is None or (generation.sight, generation.model.sizes) != self._sight:
            return None
        return generation

    def _shelf_now(self) -> PersonalShelf | None:
        with self._lock:
            if self._shelf is None:
                parts = self._parts()
                if parts is None:
                    return None
                model = parts.model
                self._reader = EvidenceReader(self._catalog, model, parts.encoder)
                self._shelf = PersonalShelf(self._catalog.paths.personal, model.visual_key)
                self._sight = (model.digest, (model.dimension, len(model.spread.mean)))
            return self._shelf

    def _sample(self, model: StarterModel) -> list[PhotoId]:
        """Return photos of the library, drawn anew each time."""
        ids = self._catalog.vector_ids(model.visual_key)
        drawn = np.random.default_rng().permutation(ids)[:LIBRARY_PHOTOS]
        return [PhotoId(photo_id) for photo_id in drawn.tolist()]

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self._emit(QualityChanged())

    def _learn_quietly(self, asked: bool) -> None:
        self.learn(self._token, anew=asked)

    def _catch_up_unasked(self) -> None:
        """Learn before answering, where nothing learns in the background."""
        if self._worker is None:
            self.catch_up()

    def _behind(self) -> bool:
        """Return whether the catalog has changed since there was last nothing new in it."""
        if self._current() is None:
            return True
        shelf = self._shelf_now()
        return shelf is not None and shelf.seen.revision != int(self._catalog.revision())

    def _fit(self, gathered: Gathered, target: float, seen: Seen, token: CancelToken) -> Generation:
        """Learn from evidence and judge what came of it."""
        evidence = gathered.evidence
        learned = fit_personal(evidence, _require(self._parts()).model.spread, token.check)
        figures = judge(learned, evidence.said, target)
        token.check()
        thresholds = np.array([each.threshold for each in figures], dtype=np.float32)
        counted = told(evidence.said) & (evidence.examples >= LEAST_EXAMPLES)
        return Generation(
            number=0,
            model=replace(learned.model, thresholds=thresholds),
            figures=figures,
            reliability=reliability(learned.held_out[counted], evidence.said[counted] == YES),
            held_out=len(evidence.said),
            learned_at=datetime.now().astimezone().isoformat(timespec="milliseconds"),
            revision=seen.revision,
            taught=seen.digest,
            sight=self._sight[0],
            waiting=_count_waiting(gathered, learned, thresholds),
            held_out_rows=gathered.photo_ids,
            held_out_probability=learned.held_out.astype(np.float16),
        )


def _count_waiting(
    gathered: Gathered, learned: Learned, thresholds: NDArray[np.float32]
) -> tuple[int, ...]:
    """Return how many undecided photos of the library are above each tag's threshold, about.

    Counted among the photos that tell what the library looks like, and scaled up to all of them.
    """
    above = (learned.library >= thresholds) & ~gathered.decided
    scale = gathered.library_size / max(len(above), 1)
    return tuple(round(scale * int(count)) for count in above.sum(axis=0).tolist())


def _require(parts: Looks | None) -> Looks:
    if parts is None:
        raise UsageProblem("No model is ready to learn from your answers.")
    return parts


def _unjudged(name: str, yes: int, no: int) -> TagQuality:
    return TagQuality(
        tag=name,
        confirmed=yes,
        rejected=no,
        trust=TagTrust.TOO_FEW,
        precision=None,
        recall=None,
        threshold=None,
        gain=0.0,
        waiting=0,
        needed=max(0, LEAST_EXAMPLES - yes),
    )
