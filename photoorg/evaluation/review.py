"""Protocol `review`: how many presses of yes and no teach the default model a set of tags?

A simulated person has photos without any tag, knows which tags are right, and answers one question
after the other. After each batch the model learns anew, and is judged on photos that it is never
asked about. The library itself is judged too: there answers stand, and the model answers the rest.

Judged is which photos have a tag, by the answer of highest expected F1 for each (`expected_f1`):
nothing of the judges' labels is used for it. What a flat bar of .5 gives stands beside it, and what
the best bar of all would, which nobody can know. Of tags with a dozen photos it is lucky: where
probabilities are exactly right it still is some .07 better. What is more than that is the fault of
thresholds, and the rest that of the order of the photos, which no threshold mends.

Compared are rules by which questions are chosen. "photoorg" is the function that the review calls.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from photoorg.core.errors import UsageProblem
from photoorg.core.quality import DEFAULT_TARGET
from photoorg.evaluation.photo_sets import LABELLED, dataset_of
from photoorg.evaluation.plots import new_figure, save_figure
from photoorg.evaluation.report import Report, Row, Table
from photoorg.models.expected_f1 import best_answers
from photoorg.models.foretold import foretold_shares
from photoorg.models.holdout import Part, part_of
from photoorg.models.metrics import (
    best_macro_f1,
    macro_f1,
    mean_average_precision,
    precision_above,
)
from photoorg.models.personal_fit import NO, YES, Evidence, Learned, fit_personal
from photoorg.models.personal_quality import judge
from photoorg.models.questions import choose_questions
from photoorg.models.vocabulary import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from photoorg.evaluation.report import Setting
    from photoorg.features.text import TextEncoder
    from photoorg.models.starter import StarterModel
    from photoorg.models.starter_parts import Spread

    Floats = NDArray[np.float32]
    Bools = NDArray[np.bool_]
    Said = NDArray[np.int8]
    Questions: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
    Rule: TypeAlias = Callable[[Floats, Said, int, np.random.Generator], Questions]

PROTOCOL = "review"

HALF = 0.5
"""The flat bar: a tag that is more likely right than wrong."""

WANTED = 0.6
"""Macro-F1 to which presses are counted."""

BATCH = 50
"""Questions between two times of learning; the window asks for as many at once."""

EARLY = 500
"""Presses of a first evening, after which it is judged too."""

CAP = 3000
"""Presses after which the person has had enough."""

POOL = 50
"""How many photos of a tag "the most probable" are."""


@dataclass(frozen=True, slots=True)
class Task:
    """A library to teach, and photos to judge by.

    Attributes:
        names: k tags.
        words: float32 [k, e], their names' embeddings.
        spread: the shipped spread of traits.
        library: float32 [b, d], traits of the person's photos.
        truth: bool [b, k], which tags are right.
        judges: float32 [n, d], traits of photos that are not asked about.
        right: bool [n, k].
        foretold: float32 [k], part of the library that the starter model expects to carry each
            tag; NaN for words that it does not know.
    """

    names: tuple[str, ...]
    words: Floats
    spread: Spread
    library: Floats
    truth: Bools
    judges: Floats
    right: Bools
    foretold: Floats


@dataclass(frozen=True, slots=True)
class Sitting:
    """How a review went.

    Attributes:
        presses: [p], answers given when the model was judged.
        judged: [p], macro-F1 on the photos that are not asked about.
        library: [p], macro-F1 of the library's tags.
        end: more figures of the photos that are not asked about, after the last answer, by name.
        yes: part of the answers that were yes.
    """

    presses: tuple[int, ...]
    judged: tuple[float, ...]
    library: tuple[float, ...]
    end: Mapping[str, float]
    yes: float

    def figures(self) -> dict[str, float]:
        """Return the row's figures; NaN where the wanted F1 was not reached."""
        return {
            "f1": self.judged[-1],
            "f1_start": self.judged[0],
            f"f1_at_{EARLY}": self._early(self.judged),
            "presses": self._needed(self.judged),
            **self.end,
            "f1_library": self.library[-1],
            "f1_library_start": self.library[0],
            f"f1_library_at_{EARLY}": self._early(self.library),
            "presses_library": self._needed(self.library),
            "yes": self.yes,
        }

    def _early(self, reached: Sequence[float]) -> float:
        upto = (f1 for n, f1 in zip(self.presses, reached, strict=True) if n <= EARLY)
        return tuple(upto)[-1]

    def _needed(self, reached: Sequence[float]) -> float:
        enough = (n for n, f1 in zip(self.presses, reached, strict=True) if f1 >= WANTED)
        return float(next(enough, np.nan))


# -- rules ----------------------------------------------------------------------------------------
def by_photoorg(p: Floats, said: Said, count: int, rng: np.random.Generator) -> Questions:
    """Choose as the product does."""
    examples = (said == YES).sum(axis=0)
    asked = choose_questions(with_answers(p, said), said == 0, examples, count, rng)
    pairs = np.array([(each.row, each.column) for each in asked], dtype=np.int64)
    rows, columns = pairs.reshape(-1, 2).T
    return rows, columns


def at_random(p: Floats, said: Said, count: int, rng: np.random.Generator) -> Questions:
    """Choose any photo and any tag."""
    open_pairs = np.flatnonzero(said == 0)
    rows, columns = np.unravel_index(rng.permutation(open_pairs)[:count], p.shape)
    return rows, columns


def of_the_probable(p: Floats, said: Said, count: int, rng: np.random.Generator) -> Questions:
    """Choose any tag, and any of its most probable photos."""
    depth = min(POOL, len(p))
    ranked = np.argsort(-np.where(said == 0, p, -1), axis=0, kind="stable")[:depth]
    columns = np.broadcast_to(np.arange(p.shape[1]), ranked.shape)
    open_pairs = np.flatnonzero(said[ranked, columns] == 0)
    places = rng.permutation(open_pairs)[:count]
    return ranked.ravel()[places], columns.ravel()[places]


def by_doubt(p: Floats, said: Said, count: int, rng: np.random.Generator) -> Questions:
    """Choose what the model is least sure of."""
    doubt = np.where(said == 0, p * (1 - p), -1).ravel()
    places = np.argsort(-doubt, kind="stable")[: min(count, int((said == 0).sum()))]
    rows, columns = np.unravel_index(places, p.shape)
    return rows, columns


RULES: Mapping[str, Rule] = {
    "photoorg": by_photoorg,
    "random": at_random,
    f"random of the {POOL} most probable": of_the_probable,
    "most doubtful": by_doubt,
}


def with_answers(p: Floats, said: Said) -> Floats:
    """Return probabilities [n, k], 1 and 0 where an answer says so."""
    return np.where(said == 0, p, said == YES).astype(np.float32)


# -- simulation -----------------------------------------------------------------------------------
def simulate(
    task: Task, rule: Rule, *, examples: int, seed: int, cap: int = CAP, batch: int = BATCH
) -> Sitting:
    """Let a person answer questions until it is enough, or nothing is left to ask.

    Args:
        task: what is taught.
        rule: chooses the questions.
        examples: photos of each tag that are tagged before; they are no presses.
        seed: of all that is drawn.
        cap: presses at most.
        batch: presses between two times of learning.
    """
    rng = np.random.default_rng(seed)
    said = np.zeros(task.truth.shape, dtype=np.int8)
    for tag in range(len(task.names)):
        said[rng.permutation(np.flatnonzero(task.truth[:, tag]))[:examples], tag] = YES
    given = said != 0
    presses, judged, library = [0], list[float](), list[float]()
    while True:
        learned, evidence_said = _learn(task, said)
        guessed = _judged(task, learned)
        judged.append(macro_f1(best_answers(guessed).given, task.right))
        p = learned.model.probabilities(learned.model.witnesses(task.library, said == YES))
        library.append(macro_f1(best_answers(with_answers(p, said)).given, task.truth))
        count = min(batch, cap - presses[-1])
        rows, columns = rule(p, said, count, rng) if count > 0 else ((), ())
        if not len(rows):
            break
        said[rows, columns] = np.where(task.truth[rows, columns], YES, NO)
        presses.append(presses[-1] + len(rows))
    figures = judge(learned, evidence_said, DEFAULT_TARGET)
    thresholds = np.array([each.threshold for each in figures], dtype=np.float32)
    precision, recall = precision_above(guessed, task.right, thresholds)
    end = {
        "f1_at_half": macro_f1(guessed >= HALF, task.right),
        "f1_best_bars": best_macro_f1(guessed, task.right),
        "map": mean_average_precision(guessed, task.right)[0],
        "f1_learned_thresholds": macro_f1(guessed >= thresholds, task.right),
        "precision_learned_thresholds": precision,
        "recall_learned_thresholds": recall,
    }
    answered = (said != 0) & ~given
    yes = float((said[answered] == YES).mean()) if answered.any() else float("nan")
    return Sitting(tuple(presses), tuple(judged), tuple(library), end, yes)


def f1_of_all_answers(task: Task) -> float:
    """Return macro-F1 on the photos that are not asked about, once all that can be asked is."""
    learned, _ = _learn(task, np.where(task.truth, YES, NO).astype(np.int8))
    return macro_f1(best_answers(_judged(task, learned)).given, task.right)


def _judged(task: Task, learned: Learned) -> Floats:
    """Return the probabilities [n, k] of the photos that are not asked about."""
    nothing = np.zeros(task.right.shape, dtype=np.bool_)
    return learned.model.probabilities(learned.model.witnesses(task.judges, nothing))


def _learn(task: Task, said: Said) -> tuple[Learned, Said]:
    """Learn as the library does; before the first answer, of one photo nothing is said."""
    rows = np.flatnonzero((said != 0).any(axis=1))
    rows = rows if len(rows) else np.array([0])
    yes = said == YES
    evidence = Evidence(
        names=task.names,
        words=task.words,
        traits=task.library[rows],
        said=said[rows],
        library=task.library,
        examples=yes.sum(axis=0),
        tagged=int(yes.any(axis=1).sum()),
        foretold=task.foretold,
    )
    return fit_personal(evidence, task.spread), evidence.said


# -- protocol -------------------------------------------------------------------------------------
def evaluate_review(
    setting: Setting,
    *,
    model: StarterModel | None = None,
    text: TextEncoder | None = None,
    cap: int = CAP,
) -> Report:
    """Run the protocol.

    Args:
        setting: the root of the project's data, or a folder of labelled photos.
        model: looks at photos and reads embedded names; by default what photoorg is shipped with.
        text: encodes names.
        cap: presses at most.

    Raises:
        UsageProblem: the folder holds no labelled photos, or too few to judge by.
        MediaProblem: a photo cannot be read.
        Cancelled: the caller cancelled.
    """
    from photoorg.features.text import create_text_encoder
    from photoorg.models.starter import StarterModel

    started = time.monotonic()
    model, text = model or StarterModel.load(), text or create_text_encoder()
    dataset = dataset_of(setting.data, LABELLED)
    if dataset is None:
        raise UsageProblem(f"There are no labelled photos in {setting.data}.")
    photos = dataset.labelled()
    visual, encoder = setting.vectors_of(photos.paths, model.visual_key)
    parts = np.array([part_of(path.name) for path in photos.paths])
    rows = {part: np.flatnonzero(parts == part) for part in Part}
    if not all(len(each) for each in rows.values()):
        raise UsageProblem(
            f"There are too few labelled photos in {setting.data}.", "Choose a larger folder."
        )
    sentences = [sentence for name in photos.names for sentence in phrases(name)]
    encoded = text.encode(sentences).reshape(len(photos.names), -1, text.dimension)
    words, traits = model.embed_tags(encoded), model.traits(visual)
    truth = photos.matrix(photos.names)

    def task(own: NDArray[np.int64], others: NDArray[np.int64]) -> Task:
        return Task(
            photos.names,
            words,
            model.spread,
            traits[own],
            truth[own],
            traits[others],
            truth[others],
            foretold_shares(model, photos.names, traits[own]),
        )

    known = [task(rows[Part.TRAINING], rows[Part.EVALUATION])]
    one, other = rows[Part.EVALUATION][::2], rows[Part.EVALUATION][1::2]
    unknown = [task(one, other), task(other, one)]
    seen = (
        "The starter model's training saw labels of this library's photos, not of the judges: it"
        " seems surer of them than it is, so what answers say of it does not hold for the judges."
    )
    fair = (
        "Neither the library nor the judges were seen by any training or calibration. Each half is"
        " asked about by one seed, and judges by the next."
    )
    tables, plots = [], []
    for title, plot, tasks, examples, note in (
        ("Review, from the names alone", "review-names", known, 0, seen),
        ("Review, from one photo a tag", "review-one-photo", known, 1, seen),
        (
            "Review of photos that the starter model never saw",
            "review-unseen",
            unknown,
            0,
            fair,
        ),
    ):
        sittings = _compare(setting, tasks, title, examples, cap)
        tables.append(_table(title, tasks, sittings, note, cap))
        if setting.plots is not None:
            plots.append(_plot(setting, title, plot, sittings))
    return Report.of(
        PROTOCOL,
        setting,
        started,
        tables,
        photos=len(visual),
        features=(encoder.key,),
        text=(text.key,),
        models=("default",),
        more={"wanted_f1": WANTED, "threshold": HALF, "cap": cap},
        plots=plots,
    )


def _compare(
    setting: Setting, tasks: Sequence[Task], title: str, examples: int, cap: int
) -> dict[str, list[Sitting]]:
    found: dict[str, list[Sitting]] = {name: [] for name in RULES}
    for name, rule in RULES.items():
        for seed in range(setting.seeds):
            setting.tell(f"{title}: {name}", seed, setting.seeds)
            task = tasks[seed % len(tasks)]
            found[name].append(simulate(task, rule, examples=examples, seed=seed, cap=cap))
    return found


def _table(
    title: str,
    tasks: Sequence[Task],
    sittings: Mapping[str, Sequence[Sitting]],
    note: str,
    cap: int,
) -> Table:
    task = tasks[0]
    most = float(np.mean([f1_of_all_answers(each) for each in tasks]))
    return Table(
        title,
        tuple(
            _row(name, [each.figures() for each in several]) for name, several in sittings.items()
        ),
        "",
        f"{len(task.names)} tags, {len(task.library)} photos to ask about, {len(task.judges)} to"
        f" judge by; at most {cap} presses. f1 is macro-F1 over the tags that occur, of the answers"
        " of highest expected F1, on photos that were not asked about: the figure that counts; with"
        f" all {task.truth.size} questions answered it is {most:.3f}. f1_best_bars is what the best"
        " bars would give. f1_library is that of the library with its answers. presses are those"
        f" to {WANTED}, empty where a seed did not get there. {note}",
    )


def _row(name: str, seeds: Sequence[Mapping[str, float]]) -> Row:
    """Summarise the seeds; what one of them did not reach is empty."""
    row = Row.of_seeds(name, seeds)
    figures = {key: None if np.isnan(each or 0.0) else each for key, each in row.figures.items()}
    std = {key: each for key, each in row.std.items() if figures[key] is not None}
    return Row(name, figures, std)


def _plot(
    setting: Setting, title: str, name: str, sittings: Mapping[str, Sequence[Sitting]]
) -> str:
    if setting.plots is None:
        raise AssertionError("the caller asked for no pictures")
    figure, axes = new_figure()
    for number, (rule, several) in enumerate(sittings.items()):
        points = min(len(each.presses) for each in several)
        x = np.array(several[0].presses[:points])
        for kind, style, label in (("judged", "-", rule), ("library", ":", f"{rule}, library")):
            y = np.array([getattr(each, kind)[:points] for each in several])
            axes.plot(x, y.mean(axis=0), style, color=f"C{number}", label=label)
            if kind == "judged":
                low, high = y.mean(axis=0) - y.std(axis=0), y.mean(axis=0) + y.std(axis=0)
                axes.fill_between(x, low, high, color=f"C{number}", alpha=0.15, linewidth=0)
    axes.axhline(WANTED, color="grey", linewidth=0.8)
    axes.set(title=title, xlabel="presses of yes and no", ylabel="macro-F1")
    axes.legend(fontsize="small")
    return save_figure(figure, setting.plots, name)
