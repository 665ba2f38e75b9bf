"""Learning the personal model: closed forms, so that a library of 50,000 photos takes seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from photoorg.models.personal import (
    LEAST_EXAMPLES,
    PersonalModel,
    Witnesses,
    accompanied_by,
    word_scores,
)
from photoorg.models.personal_answers import calibrate_answers, given_by_hand, usual_odds
from photoorg.models.personal_calibration import COMPANY, SEEN, SEEN_AGAIN, calibrate
from photoorg.models.personal_company import Company
from photoorg.models.starter_parts import Spread, sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

YES, NO, UNSAID = 1, -1, 0

_SPREAD_RIDGE = 3.0
"""What is added to the traits' covariance, in mean variances; chosen on held-out COCO photos."""

_PRIOR_PHOTOS = 400.0
"""How many photos of the library the shipped spread of traits counts for."""

_REJECTED = 0.2
"""How much a rejected photo weighs, in photos of the library per example of the tag."""

_COMPANY_SHARE = 0.7
"""Of what the company seems to say; it overlaps with what is seen."""

_USUAL_WORD, _USUAL_LOOK, _USUAL_COMPANY = 2.5, 2.0, 0.5
"""How far, in standard deviations, each witness sets photos with a tag apart where no example says
more: typical of COCO's labels."""

_CAUTION, _CAUTION_ASKED = 4.0, 16.0
"""Examples that these count for: those given by hand, and those that came of questions. Asked is
about photos that stand out already, so they tell little of how far others do."""

_LOOK_GROWS = 10.0
"""Examples with which a look is half as telling as with very many."""

_WITNESS_RIDGE = 0.05
_LEAST_SCALE = 1e-6
_PHOTOS_AT_ONCE = 1024
"""Of 8,000 photos, so that nothing takes more than a few MB."""


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
        foretold: float32 [k], part of the library that the starter model expects to carry each tag;
            NaN for words that it does not know. None where it knows none.
    """

    names: tuple[str, ...]
    words: Floats
    traits: Floats
    said: NDArray[np.int8]
    library: Floats
    examples: NDArray[np.int64]
    tagged: int
    foretold: Floats | None = None


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


def fit_personal(
    evidence: Evidence, prior: Spread, check: Callable[[], None] = lambda: None
) -> Learned:
    """Learn all tags from what was said.

    Args:
        evidence: at least one tag and one photo; of none of them need a yes be known.
        prior: the shipped spread of traits.
        check: called now and then; what it raises ends the work.
    """
    spread = _with_library(prior, evidence.library)
    yes = evidence.said == YES
    word = word_scores(evidence.traits, evidence.words)
    around_word = word_scores(evidence.library, evidence.words)
    word_mean, word_scale = _standard(around_word, word)
    check()
    look, held_out_look = _fit_look(evidence, spread, check)
    check()
    company = Company.fit(yes)
    check()
    word -= word_mean
    word *= word_scale
    around_word -= word_mean
    around_word *= word_scale
    accompanied = accompanied_by(yes)
    heard = Witnesses(word, held_out_look, company.held_out, accompanied)
    around_look = evidence.library @ look.T
    around_look -= look @ spread.mean
    alone = np.zeros((1, 1), dtype=np.bool_)
    around = Witnesses(
        around_word,
        around_look,
        np.broadcast_to(np.float32(0), around_word.shape),
        np.broadcast_to(alone, around_word.shape),
    )
    by_hand = given_by_hand(evidence.said)
    caution = by_hand * _CAUTION + (1 - by_hand) * _CAUTION_ASKED
    weights = _weigh(heard, yes, around, caution)
    seen, together, around_seen = weights.seen(heard), weights.company(heard), weights.seen(around)
    # Tens of MB that are not needed any more.
    del word, around_word, held_out_look, around_look, heard, around
    made = _calibrate(evidence, seen, together, accompanied, around_seen, check)
    seen *= made.seen_slope * (1 + accompanied * made.seen_again)
    seen += made.base
    together *= made.company_slope
    seen += together
    seen += accompanied * made.company_base
    around_seen *= made.seen_slope
    around_seen += made.base
    slopes = np.stack([made.seen_slope, made.seen_slope, made.company_slope], axis=1)
    middle = made.seen_slope * weights.seen_middle
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
        company_offset=made.company_base
        - made.company_slope * weights.company_middle
        - made.seen_again * middle,
        seen_again=made.seen_again,
        usual=yes.mean(axis=0, dtype=np.float32),
        weights=weights.each * slopes,
        offset=made.base - middle,
        examples=evidence.examples,
        thresholds=np.full(len(evidence.names), np.inf, dtype=np.float32),
    )
    return Learned(model, sigmoid(seen), sigmoid(around_seen))


class _Calibrated(NamedTuple):
    """What makes log odds of log likelihood ratios, each [k].

    Attributes:
        seen_slope: what that of word and look is multiplied by.
        base: what is added to it.
        seen_again: what part of it is added once more on photos that have company.
        company_slope: what that of company is multiplied by.
        company_base: what is added to it, on photos that have company.
    """

    seen_slope: Floats
    base: Floats
    seen_again: Floats
    company_slope: Floats
    company_base: Floats


def _calibrate(
    evidence: Evidence,
    seen: Floats,
    company: Floats,
    accompanied: NDArray[np.bool_],
    around: Floats,
    check: Callable[[], None],
) -> _Calibrated:
    """Calibrate by tags given by hand, by answers to questions, or by both in their parts.

    By hand, a photo without a tag counts as one that does not deserve it, since how usual the tag
    is was counted on the same photos.

    Args:
        evidence: what was said.
        seen: [n, k], log likelihood ratios by word and look, each photo left out of what judges it.
        company: [n, k], by company.
        accompanied: bool [n, k], where there is company.
        around: [b, k], of the library's photos, by word and look.
        check: called now and then.
    """
    usual = _logit((evidence.examples + 0.5) / (evidence.tagged + 1))
    yes = evidence.said == YES
    counted = _logit((yes.sum(axis=0) + 0.5) / (len(yes) + 1))
    alone = calibrate([seen], counted, yes, [SEEN], least=LEAST_EXAMPLES, check=check)
    slope, base = alone.slopes[0], usual + alone.offsets
    scaled = slope * seen
    more = calibrate(
        [scaled, company],
        scaled + (counted + alone.offsets),
        yes,
        [SEEN_AGAIN, COMPANY],
        heard=accompanied,
        least=LEAST_EXAMPLES,
        check=check,
    )
    seen_again, company_slope, company_base = *more.slopes, more.offsets
    by_hand = given_by_hand(evidence.said)
    if by_hand < 1:
        foretold = evidence.foretold
        if foretold is None:
            foretold = np.full(len(evidence.names), np.nan, dtype=np.float32)
        asked_slope, asked_base = calibrate_answers(
            seen + company, evidence.said, usual_odds(around, foretold), ~np.isnan(foretold)
        )
        slope = by_hand * slope + (1 - by_hand) * asked_slope
        base = by_hand * base + (1 - by_hand) * asked_base
        company_slope = by_hand * company_slope + (1 - by_hand) * asked_slope
        seen_again, company_base = by_hand * seen_again, by_hand * company_base
    made = (slope, base, seen_again, company_slope, company_base)
    return _Calibrated(*(_floats(each) for each in made))


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


def _standard(library: Floats, said: Floats) -> tuple[Floats, Floats]:
    """Return the mean and one over the deviation of scores [b, k] over the library."""
    rows = library if len(library) > 1 else np.concatenate([library, said])
    return rows.mean(axis=0), (1 / np.maximum(rows.std(axis=0), _LEAST_SCALE)).astype(np.float32)


def _fit_look(
    evidence: Evidence, spread: Spread, check: Callable[[], None]
) -> tuple[Floats, Floats]:
    """Return the directions [k, d], and the scores [n, k] of photos that are left out in turn.

    With A the inverse covariance and m the mean of a tag's n photos, a photo x has the score
    x A m; left out of m it has (n x A m - x A x) / (n - 1). A rejected photo is left out of a
    ridge regression on 0: its score is divided by one less its leverage. A rejected photo that
    scores below 0 without that, on the far side from the tag, has nothing to teach: to regress it
    on 0 would raise it.
    """
    covariance = spread.covariance
    ridge = _SPREAD_RIDGE * np.trace(covariance) / len(covariance)
    ridged = covariance.astype(np.float64) + ridge * np.eye(len(covariance))
    inverse = np.linalg.inv(ridged).astype(np.float32)
    at = _Looked(evidence.traits, spread.mean, inverse, ridged)
    yes, no = evidence.said == YES, evidence.said == NO
    counts = yes.sum(axis=0)
    means = yes.T.astype(np.float32) @ evidence.traits
    means -= counts[:, None].astype(np.float32) * spread.mean
    means /= np.maximum(counts, 1)[:, None].astype(np.float32)
    look = means @ inverse
    everywhere = at.lengths()
    lengths = {tag: everywhere[yes[:, tag]] for tag in range(len(counts))}
    leverage: dict[int, Floats] = {}
    for tag in np.flatnonzero(no.any(axis=0)).tolist():
        check()
        no[no[:, tag], tag] = at.centred(no[:, tag]) @ look[tag] > 0
        weight = _REJECTED / max(int(counts[tag]), 1)
        reject = _reject_few if no[:, tag].sum() <= len(covariance) else _reject_many
        look[tag], lengths[tag], leverage[tag] = reject(
            at, means[tag], yes[:, tag], no[:, tag], weight
        )
    scale = 1 / np.sqrt(np.maximum(np.einsum("kd,kd->k", look @ covariance, look), _LEAST_SCALE))
    held_out = _floats(evidence.traits @ look.T)
    held_out -= look @ spread.mean
    for tag, count in enumerate(counts.tolist()):
        rows = yes[:, tag]
        if count > 1:
            held_out[rows, tag] = (count * held_out[rows, tag] - lengths[tag]) / (count - 1)
        else:
            held_out[rows, tag] = 0  # nothing is left to compare it with
        if tag in leverage:
            held_out[no[:, tag], tag] /= np.maximum(1 - leverage[tag], 0.1)
    held_out *= scale.astype(np.float32)
    return look * scale[:, None].astype(np.float32), held_out


class _Looked(NamedTuple):
    """What directions are made from.

    Attributes:
        traits: float32 [n, d], photos.
        mean: float32 [d], of the library.
        inverse: float32 [d, d], of `ridged`.
        ridged: float64 [d, d], the covariance with its ridge.
    """

    traits: Floats
    mean: Floats
    inverse: Floats
    ridged: NDArray[np.float64]

    def centred(self, rows: NDArray[np.bool_] | slice) -> Floats:
        return self.traits[rows] - self.mean

    def lengths(self) -> Floats:
        """Return x S^-1 x of each photo, [n]; in parts, since a copy of all takes tens of MB."""
        parts = [
            np.einsum("nd,nd->n", part @ self.inverse, part)
            for start in range(0, len(self.traits), _PHOTOS_AT_ONCE)
            for part in (self.centred(slice(start, start + _PHOTOS_AT_ONCE)),)
        ]
        return _floats(np.concatenate(parts))


def _reject_few(
    at: _Looked, mean: Floats, yes: NDArray[np.bool_], no: NDArray[np.bool_], weight: float
) -> tuple[Floats, Floats, Floats]:
    """Push a tag's score down on rejected photos X: the covariance S becomes S + w X'X.

    Args:
        at: what directions are made from.
        mean: [d], of the tag's photos.
        yes: bool [n], those.
        no: bool [n], the rejected ones.
        weight: w.

    Returns:
        The direction [d], the lengths x (S + w X'X)^-1 x of the tag's photos, and the leverages of
        the rejected ones; by Woodbury's identity, so that nothing larger than X X' is inverted.
    """
    rejected, carried = at.centred(no), at.centred(yes)
    reach = rejected @ at.inverse
    inner = np.linalg.inv(np.eye(len(rejected)) / weight + reach @ rejected.T)
    direction = mean @ at.inverse
    direction = direction - reach.T @ (inner @ (rejected @ direction))
    cross = carried @ reach.T
    lengths = np.einsum("nd,nd->n", carried @ at.inverse, carried)
    lengths = lengths - np.einsum("nr,nr->n", cross @ inner, cross)
    return _floats(direction), _floats(lengths), _floats(1 - np.diag(inner) / weight)


def _reject_many(
    at: _Looked, mean: Floats, yes: NDArray[np.bool_], no: NDArray[np.bool_], weight: float
) -> tuple[Floats, Floats, Floats]:
    """Do what `_reject_few` does where there are more rejected photos than traits."""
    rejected, carried = at.centred(no), at.centred(yes)
    inverse = _floats(np.linalg.inv(at.ridged + weight * (rejected.T @ rejected)))
    return (
        mean @ inverse,
        np.einsum("nd,nd->n", carried @ inverse, carried),
        _floats(weight * np.einsum("nd,nd->n", rejected @ inverse, rejected)),
    )


def _floats(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float32)


class _Weights(NamedTuple):
    """What makes log likelihood ratios of witnesses.

    Attributes:
        each: float32 [k, 3], of word, look and company.
        seen_middle: float32 [k], what word and look sum up to half way between photos that carry
            the tag and others.
        company_middle: float32 [k], the same of company.
    """

    each: Floats
    seen_middle: Floats
    company_middle: Floats

    def seen(self, heard: Witnesses) -> Floats:
        """Return log likelihood ratios [n, k] by word and look."""
        seen = heard.word * self.each[:, 0]
        seen += heard.look * self.each[:, 1]
        seen -= self.seen_middle
        return seen

    def company(self, heard: Witnesses) -> Floats:
        """Return those by company, [n, k]; 0 on photos that have none."""
        company = heard.company * self.each[:, 2]
        company -= self.company_middle
        company *= heard.accompanied
        return company


def _weigh(heard: Witnesses, yes: NDArray[np.bool_], around: Witnesses, caution: float) -> _Weights:
    """Weigh the witnesses by photos that carry each tag, bool [n, k], and the library's.

    For Gaussian witnesses with one covariance C, and means m apart, the log likelihood ratio of
    observations u is u C^-1 m - m C^-1 m / 2. Company is taken as independent of what is seen.
    """
    counts = yes.sum(axis=0)
    apart = np.stack(
        [
            _apart(heard.word, yes, np.full(len(counts), _USUAL_WORD), caution),
            _apart(heard.look, yes, _USUAL_LOOK * counts / (counts + _LOOK_GROWS), caution),
            _apart(heard.company, yes, np.full(len(counts), _USUAL_COMPANY), caution),
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
    middles = 0.5 * weights * apart.T
    return _Weights(weights, _floats(middles[:, :2].sum(axis=1)), _floats(middles[:, 2]))


def _apart(
    scores: Floats, yes: NDArray[np.bool_], usual: NDArray[np.floating], caution: float
) -> Floats:
    """Return how far photos with each tag stand out, [k], held to the usual where there are few."""
    counts = yes.sum(axis=0)
    total = np.where(yes, scores, 0).sum(axis=0)
    return np.asarray(
        np.maximum((total + caution * usual) / (counts + caution), 0), dtype=np.float32
    )


def _logit(share: NDArray[np.float64]) -> Floats:
    return _floats(np.log(share / (1 - share)))
