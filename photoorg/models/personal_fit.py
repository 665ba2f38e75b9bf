"""Learning the personal model: closed forms, so that a library of 50,000 photos takes seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from photoorg.models.personal import (
    LEAST_EXAMPLES,
    PersonalModel,
    Witnesses,
    company_scores,
    word_scores,
)
from photoorg.models.personal_answers import calibrate_answers, given_by_hand
from photoorg.models.starter_parts import Spread, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

YES, NO, UNSAID = 1, -1, 0

_SPREAD_RIDGE = 3.0
"""What is added to the traits' covariance, in mean variances; chosen on held-out COCO photos."""

_PRIOR_PHOTOS = 400.0
"""How many photos of the library the shipped spread of traits counts for."""

_REJECTED = 0.2
"""How much a rejected photo weighs, in photos of the library per example of the tag."""

_COMPANY_RIDGE = 8.0
_COMPANY_LIMIT = 4.0
_COMPANY_SHARE = 0.7
"""Of what the company seems to say; it overlaps with what is seen."""

_USUAL_WORD, _USUAL_LOOK, _USUAL_COMPANY = 2.5, 2.0, 0.5
"""How far, in standard deviations, each witness sets photos with a tag apart where no example says
more: typical of COCO's labels."""

_CAUTION = 4.0
"""Examples that these count for."""

_LOOK_GROWS = 10.0
"""Examples with which a look is half as telling as with very many."""

_WITNESS_RIDGE = 0.05
_OFFSET_DEVIATION = 0.7
_SLOPE_CAUTION = 20.0
_USUAL_SLOPE = 0.6
_LEAST_SCALE = 1e-6
_STEPS = 30
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the person has said, and what the library looks like.

    Attributes:
        names: k tags.
        words: float32 [k, e], their names' embeddings.
        traits: float32 [n, d] of photos of which something is said.
        said: int8 [n, k], `YES`, `NO` or `UNSAID`.
        library: float32 [b, d], traits of any photos of the library, tagged or not.
        examples: int64 [k], photos of the whole library that carry each tag, of which `traits` may
            be a sample.
        tagged: photos of the whole library that carry any tag.
    """

    names: tuple[str, ...]
    words: Floats
    traits: Floats
    said: NDArray[np.int8]
    library: Floats
    examples: NDArray[np.int64]
    tagged: int


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and what it says of each photo that it learned from when that one is left out.

    Attributes:
        model: without thresholds: all are infinite.
        held_out: float32 [n, k] probabilities.
        library: float32 [b, k] probabilities, without regard to tags.
    """

    model: PersonalModel
    held_out: Floats
    library: Floats


def fit_personal(evidence: Evidence, prior: Spread) -> Learned:
    """Learn all tags from what was said.

    Args:
        evidence: at least one tag and one photo; of none of them need a yes be known.
        prior: the shipped spread of traits.
    """
    spread = _with_library(prior, evidence.library)
    yes = evidence.said == YES
    word = word_scores(evidence.traits, evidence.words)
    around_word = word_scores(evidence.library, evidence.words)
    word_mean, word_scale = _standard(around_word, word)
    look, held_out_look = _fit_look(evidence, spread)
    company = _Company.fit(yes)
    heard = Witnesses(
        np.asarray((word - word_mean) * word_scale, dtype=np.float32),
        held_out_look,
        company.held_out,
    )
    around = Witnesses(
        np.asarray((around_word - word_mean) * word_scale, dtype=np.float32),
        np.asarray((evidence.library - spread.mean) @ look.T, dtype=np.float32),
        np.zeros_like(around_word),
    )
    weights, middle = _weigh(heard, yes, around)
    total = _total(heard, weights) - middle
    slope, shift = _calibrate(total, evidence.said)
    usual = ((evidence.examples + 0.5) / (evidence.tagged + 1)).astype(np.float32)
    base = _logit(usual) + shift
    by_hand = given_by_hand(evidence.said)
    if by_hand < 1:
        asked_slope, asked_base = calibrate_answers(total, evidence.said)
        slope = by_hand * slope + (1 - by_hand) * asked_slope
        base = by_hand * base + (1 - by_hand) * asked_base
    model = PersonalModel(
        names=evidence.names,
        words=evidence.words,
        word_mean=word_mean,
        word_scale=word_scale,
        mean=spread.mean,
        look=look,
        company=company.matrix,
        company_mean=company.mean,
        company_scale=company.scale,
        usual=yes.mean(axis=0, dtype=np.float32),
        weights=weights,
        offset=np.asarray(base - slope * middle, dtype=np.float32),
        slope=slope,
        examples=evidence.examples,
        thresholds=np.full(len(evidence.names), np.inf, dtype=np.float32),
    )
    return Learned(model, model.probabilities(heard), model.probabilities(around))


def _with_library(prior: Spread, traits: Floats) -> Spread:
    """Return the spread of a library [b, d]; the shipped one stands in while it is small."""
    n = len(traits)
    if not n:
        return prior
    own = Spread.of(traits)
    share = np.float32(n / (n + _PRIOR_PHOTOS))
    apart = own.mean - prior.mean
    within = share * own.covariance + (1 - share) * prior.covariance
    between = share * (1 - share) * np.outer(apart, apart)
    mean = share * own.mean + (1 - share) * prior.mean
    return Spread(
        np.asarray(mean, dtype=np.float32), np.asarray(within + between, dtype=np.float32)
    )


def _total(heard: Witnesses, weights: Floats) -> Floats:
    return np.asarray(
        heard.word * weights[:, 0] + heard.look * weights[:, 1] + heard.company * weights[:, 2],
        dtype=np.float32,
    )


def _standard(library: Floats, said: Floats) -> tuple[Floats, Floats]:
    """Return the mean and one over the deviation of scores [b, k] over the library."""
    rows = library if len(library) > 1 else np.concatenate([library, said])
    return rows.mean(axis=0), (1 / np.maximum(rows.std(axis=0), _LEAST_SCALE)).astype(np.float32)


def _fit_look(evidence: Evidence, spread: Spread) -> tuple[Floats, Floats]:
    """Return the directions [k, d], and the scores [n, k] of photos that are left out in turn.

    With A the inverse covariance and m the mean of a tag's n photos, a photo x has the score
    x A m; left out of m it has (n x A m - x A x) / (n - 1). A rejected photo is left out of a
    ridge regression on 0: its score is divided by one less its leverage.
    """
    covariance = spread.covariance
    ridge = _SPREAD_RIDGE * np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv(covariance.astype(np.float64) + ridge * np.eye(len(covariance)))
    inverse = inverse.astype(np.float32)
    centred = evidence.traits - spread.mean
    lengths = np.einsum("nd,nd->n", centred @ inverse, centred)
    yes, no = evidence.said == YES, evidence.said == NO
    counts = yes.sum(axis=0)
    shares = yes.T.astype(np.float32) / np.maximum(counts, 1)[:, None].astype(np.float32)
    means = shares @ centred
    look = means @ inverse
    leverage: dict[int, Floats] = {}
    for tag in np.flatnonzero(no.any(axis=0)).tolist():
        rejected = centred[no[:, tag]]
        reach = rejected @ inverse
        weight = _REJECTED / max(int(counts[tag]), 1)
        inner = np.linalg.inv(np.eye(len(rejected)) / weight + reach @ rejected.T)
        look[tag] -= (reach.T @ (inner @ (reach @ means[tag]))).astype(np.float32)
        left = reach @ rejected.T
        leverage[tag] = (weight * np.diag(left - left @ inner @ left)).astype(np.float32)
    scale = 1 / np.sqrt(np.maximum(np.einsum("kd,kd->k", look @ covariance, look), _LEAST_SCALE))
    scores = np.asarray(centred @ look.T, dtype=np.float32)
    held_out = scores.copy()
    for tag in range(len(counts)):
        rows, count = yes[:, tag], int(counts[tag])
        if count > 1:
            held_out[rows, tag] = (count * scores[rows, tag] - lengths[rows]) / (count - 1)
        else:
            held_out[rows, tag] = 0  # nothing is left to compare it with
        if tag in leverage:
            held_out[no[:, tag], tag] /= np.maximum(1 - leverage[tag], 0.1)
    return look * scale[:, None].astype(np.float32), held_out * scale.astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Company:
    """What tags say of other tags.

    Attributes:
        matrix: float32 [k, k], see `PersonalModel.company`.
        mean: float32 [k].
        scale: float32 [k].
        held_out: float32 [n, k], scores by what was learned from the other half of the photos.
    """

    matrix: Floats
    mean: Floats
    scale: Floats
    held_out: Floats

    @classmethod
    def fit(cls, tags: NDArray[np.bool_]) -> _Company:
        """Learn from the tags bool [n, k] of photos."""
        usual = tags.mean(axis=0, dtype=np.float32)
        whole = _company_matrix(tags, usual)
        scores = (tags.astype(np.float32) - usual) @ whole
        mean = scores.mean(axis=0)
        scale = (1 / np.maximum(scores.std(axis=0), 0.02)).astype(np.float32)
        held_out = np.zeros(tags.shape, dtype=np.float32)
        halves = np.arange(len(tags)) % 2 == 0
        for half in (halves, ~halves):
            if half.any() and (~half).any():
                learned = _company_matrix(tags[~half], usual)
                held_out[half] = company_scores(tags[half], learned, usual, mean, scale)
        limited = np.clip(held_out, -_COMPANY_LIMIT, _COMPANY_LIMIT)
        return cls(whole, mean.astype(np.float32), scale, limited)


def _company_matrix(tags: NDArray[np.bool_], usual: Floats) -> Floats:
    """Regress each tag on all others; the diagonal is zero."""
    centred = tags.astype(np.float64) - usual
    inverse = np.linalg.inv(centred.T @ centred + _COMPANY_RIDGE * np.eye(tags.shape[1]))
    matrix = -inverse / np.diag(inverse)
    np.fill_diagonal(matrix, 0)
    return matrix.astype(np.float32)


def _weigh(heard: Witnesses, yes: NDArray[np.bool_], around: Witnesses) -> tuple[Floats, Floats]:
    """Return the weights [k, 3] of the witnesses, and what their sum is half way, [k].

    For Gaussian witnesses with one covariance C, and means m apart, the log likelihood ratio of
    observations u is u C^-1 m - m C^-1 m / 2. Company is taken as independent of what is seen.
    """
    counts = yes.sum(axis=0)
    apart = np.stack(
        [
            _apart(heard.word, yes, np.full(len(counts), _USUAL_WORD)),
            _apart(heard.look, yes, _USUAL_LOOK * counts / (counts + _LOOK_GROWS)),
            _apart(heard.company, yes, np.full(len(counts), _USUAL_COMPANY)),
        ]
    )
    weights = np.zeros((len(counts), 3), dtype=np.float32)
    together = np.zeros(len(counts))
    if len(around.word) > 2:
        together = np.clip((around.word * around.look).mean(axis=0), -0.9, 0.9)
    for tag, correlation in enumerate(together.tolist()):
        covariance = np.array([[1, correlation], [correlation, 1]]) + _WITNESS_RIDGE * np.eye(2)
        found = np.linalg.solve(covariance, apart[:2, tag])
        if found.min() < 0:  # one that only seems to speak against the other is not heard
            keep = int(apart[:2, tag].argmax())
            found = np.zeros(2)
            found[keep] = apart[keep, tag] / covariance[keep, keep]
        weights[tag, :2] = found
    weights[:, 2] = _COMPANY_SHARE * apart[2]
    middle = 0.5 * (weights * apart.T).sum(axis=1)
    return weights, middle.astype(np.float32)


def _apart(scores: Floats, yes: NDArray[np.bool_], usual: NDArray[np.floating]) -> Floats:
    """Return how far photos with each tag stand out, [k], held to the usual where there are few."""
    counts = yes.sum(axis=0)
    total = np.where(yes, scores, 0).sum(axis=0)
    return np.asarray(
        np.maximum((total + _CAUTION * usual) / (counts + _CAUTION), 0), dtype=np.float32
    )


def _calibrate(total: Floats, said: NDArray[np.int8]) -> tuple[float, Floats]:
    """Return what log likelihood ratios are multiplied by, and what is added to each tag's, [k].

    Fitted to the photos of which something is said, each left out of what judges it: tagged photos
    without a tag count as photos that do not deserve it, since prevalence is measured on them.
    Newton's method in turn on the slope and on the offsets, which are held to 0.
    """
    target = (said == YES).astype(np.float32)
    counts = (said == YES).sum(axis=0)
    told = np.flatnonzero(counts >= LEAST_EXAMPLES)
    prior = _logit(((counts + 0.5) / (len(said) + 1)).astype(np.float32))
    slope = _USUAL_SLOPE
    shift = np.zeros(total.shape[1], dtype=np.float64)
    if not len(told):
        return slope, shift.astype(np.float32)
    x, y = total[:, told].astype(np.float64), target[:, told]
    for _ in range(_STEPS):
        p = sigmoid((slope * x + prior[told] + shift[told]).astype(np.float32)).astype(np.float64)
        curvature = p * (1 - p)
        step = ((p - y).sum(axis=0) + shift[told] / _OFFSET_DEVIATION**2) / (
            curvature.sum(axis=0) + _OFFSET_DEVIATION**-2
        )
        shift[told] -= np.clip(step, -1, 1)
        gradient = ((p - y) * x).sum() + _SLOPE_CAUTION * (slope - _USUAL_SLOPE)
        change = gradient / ((curvature * x * x).sum() + _SLOPE_CAUTION)
        slope = float(np.clip(slope - np.clip(change, -0.2, 0.2), 0.05, 3.0))
        if abs(change) < 1e-5 and np.abs(step).max(initial=0) < 1e-4:
            break
    return slope, shift.astype(np.float32)


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)), dtype=np.float32)
