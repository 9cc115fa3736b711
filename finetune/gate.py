"""Whether a candidate goes live: only if it is better where it counts, and worse nowhere.

In this order:

1. Latency and length are within bounds, and nothing that must not fall is shown to have fallen.
2. There are enough held-out questions to decide at all, and some that were not kept for failing.
3. It is superior: over all questions, or on those whose answers were rated down.
4. Whatever must not fall has not fallen by more than the margin, as far as its questions can show.

Every candidate that was judged on the same questions before leaves less room for chance to this
one, so that trying often does not pass (Bonferroni, with the number of tries known so far).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, get_args

from db.holdout import HoldoutRow
from finetune.bounds import Bounds, beyond, measure
from finetune.difference import Chance, Difference, Weigh, compare, known
from finetune.guards import Guarded, Targeted, guards, look
from finetune.judge import JudgedPair, Judgement, Metric

FEWEST = 15
"""Clusters of questions; with fewer nothing is decided."""
FOR_ALL, FOR_LOW_RATED = 0.85, 0.05
"""How the chance of error is shared out: to a gain over all questions, and to one where answers
were rated down. Together they are less than the whole, so that two ways to pass are no easier than
one, and what is promised holds with something to spare."""
LIKELY = 0.1
"""The chance of error up to which a gain on the low-rated must show over all questions as well."""

METRICS: tuple[Metric, ...] = get_args(Metric)
PRIMARY: dict[Targeted, Metric] = {"retriever": "mrr@10", "generator": "f1"}
SHOWN: dict[Metric, str] = {"mrr@10": "MRR@10", "f1": "Token F1"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`undecided`: more questions could still show a gain. Never together with `promote`."""

    promote: bool
    undecided: bool
    reason: str
    """One sentence."""
    figures: dict[str, Any]
    """Everything that it was decided from, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at; a difference is None where no question tells."""

    metric: Metric
    overall: Difference | None
    """None as well where all questions were kept because the champion failed on them."""
    likely: Difference | None
    """The same as `overall`, with the error that a gain on the low-rated asks of it."""
    low_rated: Difference | None
    guarded: tuple[Guarded, ...]
    identical: bool
    counting: int
    """Clusters of questions that a gain counts on."""
    margin: float

    @property
    def proof(self) -> Difference | None:
        """The gain on which a promotion rests."""
        if self.overall and self.overall.proven:
            return self.overall
        low = self.low_rated
        passes = low and enough(low) and low.proven and self.likely and self.likely.proven
        return low if passes else None


def decide(
    judgement: Judgement,
    *,
    targeted: Targeted,
    margin: float = 0.05,
    alpha: float = 0.05,
    bounds: Bounds | None = None,
    chance: Chance | None = None,
) -> Verdict:
    """`targeted` is what was trained, or of both the generator; `margin` what may be lost where
    nothing must be, `alpha` the chance of error that a fresh holdout has."""
    pairs = judgement.pairs
    left = alpha_left(pairs, alpha)
    measured = measure(pairs)
    found = gather(pairs, targeted, left, margin, chance or Chance())
    out = beyond(measured, bounds or Bounds())
    promote, undecided, reason = (False, False, f"Out of bounds: {out}.") if out else rule(found)
    figures = {
        "targeted": targeted,
        "margin": margin,
        "alpha": round(left, 5),
        "judged_before": round(judged_before(pairs), 2),
        "questions": len(pairs),
        "overall": as_json(found.overall),
        "low_rated": as_json(found.low_rated),
        "guards": {one.guard.name: one.as_json() for one in found.guarded},
        "bounds": measured,
        "means": {name: means(pairs, name) for name in METRICS},
    }
    return Verdict(promote, undecided, reason, figures)


def gather(
    pairs: Sequence[JudgedPair], targeted: Targeted, alpha: float, margin: float, chance: Chance
) -> Evidence:
    metric = PRIMARY[targeted]
    counting = [pair for pair, _, _ in known(pairs, metric) if not pair.question.resting]
    weigh = balance(counting)
    low_rated = [pair for pair in counting if pair.question.slice == "low_rated"]
    return Evidence(
        metric=metric,
        overall=weigh and compare(counting, metric, FOR_ALL * alpha, chance, weigh),
        likely=weigh and compare(counting, metric, LIKELY, chance, weigh),
        low_rated=compare(low_rated, metric, FOR_LOW_RATED * alpha, chance),
        guarded=tuple(look(one, pairs, margin, chance) for one in guards(targeted)),
        identical=identical(pairs),
        counting=len({pair.question.cluster for pair in counting}),
        margin=margin,
    )


def balance(pairs: Sequence[JudgedPair]) -> Weigh | None:
    """Questions that were kept because the champion failed on them flatter every candidate that
    merely differs (regression to the mean); those it did well are as unfair the other way. People
    rate the bad more readily, so the former weigh no more than all others together. None where
    there are no others to hold them against."""
    failed = sum(failed_on(pair.question) for pair in pairs)
    others = len(pairs) - failed
    if not others:
        return None
    share = min(1.0, others / failed) if failed else 1.0
    return lambda question: share if failed_on(question) else 1.0


def failed_on(question: HoldoutRow) -> bool:
    refused = question.slice == "abstention" and question.answerable
    return refused or question.slice == "low_rated"


def alpha_left(pairs: Sequence[JudgedPair], alpha: float) -> float:
    """The k-th candidate on the same questions has alpha / k; new questions lower k again."""
    return alpha / (1 + judged_before(pairs))


def judged_before(pairs: Sequence[JudgedPair]) -> float:
    """How many candidates a question that counts has judged before, on average."""
    counting = [pair.question.judged for pair in pairs if not pair.question.resting]
    return fmean(counting) if counting else 0.0


def identical(pairs: Sequence[JudgedPair]) -> bool:
    """Whether no score differs but the time it took."""
    return all(
        pair.champion.get(name) == pair.candidate.get(name)
        for pair in pairs
        for name in METRICS
        if name != "latency_ms"
    )


def rule(found: Evidence) -> tuple[bool, bool, str]:
    """Promote?, undecided?, and why."""
    shown, proof, overall = SHOWN[found.metric], found.proof, found.overall
    worse = [guarded for guarded in found.guarded if guarded.state == "fell"]
    unclear = [guarded for guarded in found.guarded if guarded.state == "unclear"]
    if worse:
        return False, False, f"What must not fall has fallen: {worse[0]}."
    if found.counting < FEWEST:
        return False, True, too_few(found)
    if overall is None:
        return False, True, one_sided(found)
    if found.identical:
        return False, False, f"The candidate does what the champion does: {shown} went {overall}."
    if proof is None:
        # Undecided as long as the interval holds a gain that would matter.
        undecided = overall.interval.high >= found.margin
        why = "too few questions to tell" if undecided else "no gain is shown"
        return False, undecided, f"{shown} went {overall}: {why}."
    rose = f"{shown} rose {'overall' if proof is overall else 'where rated down'} {proof}"
    if unclear:
        why = f"may be a loss of more than {found.margin:g}: too few questions to tell"
        return False, True, f"{rose}, but {unclear[0]}, which {why}."
    return True, False, f"{rose}, and nothing fell that must not{unseen(found)}."


def enough(difference: Difference) -> bool:
    return difference.interval.clusters >= FEWEST


def too_few(found: Evidence) -> str:
    seen = found.overall or found.low_rated
    said = f" ({SHOWN[found.metric]} went {seen})" if seen else ""
    return (
        f"Only {found.counting} held-out questions count, and it takes {FEWEST} to decide{said}: "
        "new ratings and corrections bring more."
    )


def one_sided(found: Evidence) -> str:
    seen = found.low_rated
    said = f" ({SHOWN[found.metric]} went {seen})" if seen else ""
    return (
        f"All {found.counting} held-out questions were kept because their answers were bad, so any "
        f"change looks like a gain{said}: answers that people like have to be among them."
    )


def unseen(found: Evidence) -> str:
    """What nothing could be said of, because no question tells."""
    names = [one.guard.shown for one in found.guarded if one.state == "unmeasured"]
    return f" (no question tells of {' and of '.join(names)})" if names else ""


def as_json(difference: Difference | None) -> dict[str, Any] | None:
    return difference.as_json() if difference else None


def means(pairs: Sequence[JudgedPair], metric: Metric) -> dict[str, float] | None:
    both = known(pairs, metric)
    if not both:
        return None
    return {
        "champion": round(fmean(ours for _, ours, _ in both), 4),
        "candidate": round(fmean(theirs for _, _, theirs in both), 4),
    }
