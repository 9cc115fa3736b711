"""Which arm to take: the cheapest that is not significantly worse than the best, of those that keep
up with the documents, answer in time and have enough to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from finetune.comparison.arms import ARMS, NAMES, READING, TUNED, Arm
from finetune.comparison.differences import Difference
from finetune.comparison.forgetting import Forgetting
from finetune.comparison.freshness import Freshness
from finetune.comparison.taught import Taught

Changes = Literal["daily", "weekly", "monthly", "never"]
TIMES_A_YEAR: Mapping[Changes, int] = {"daily": 365, "weekly": 52, "monthly": 12, "never": 0}
TOO_OFTEN = 52
"""Changes a year from which a model that has to be trained anew for each is always behind."""
LEAST_FOUND = 0.5
"""The share of training questions whose answer must be found in the documents: what is learnt
without a passage that says it teaches a model to invent (Gekhman et al. 2024)."""
FORGETTING = 0.05
"""The rise of the negative log-likelihood on general prompts from which it is told."""
BY_HEART = 2.0
"""How many times better taught questions must be answered than others, to be learnt by heart."""
SMALL = 3e9
"""Parameters under which a model keeps few facts that it has read once or twice."""
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else than quality decides."""

    changes: Changes
    latency_ms: float
    """The budget: 95 of 100 answers must come in so many milliseconds."""
    parameters: int | None
    examples: Mapping[Arm, int]
    """What each tuned arm has learnt from."""
    least_examples: int
    found: float | None
    """The share of training questions whose answer the documents were seen to hold."""
    training_seconds: Mapping[Arm, float]


@dataclass(frozen=True, slots=True)
class Measured:
    arms: Mapping[Arm, Mapping[str, Any]]
    differences: Sequence[Difference]
    taught: Taught
    freshness: Freshness
    forgetting: Mapping[Arm, Forgetting]


@dataclass(frozen=True, slots=True)
class Recommendation:
    arm: Arm
    reasons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"arm": self.arm, "reasons": list(self.reasons)}


def recommend(measured: Measured, given: Circumstances) -> Recommendation:
    out = {arm: why for arm in ARMS if (why := next(against(arm, measured, given), None))}
    left = [arm for arm in ARMS if arm not in out]
    # Where nothing is left the latency, which a faster machine mends, is not what decides.
    left = left or [arm for arm in ARMS if not any(unfit(arm, measured, given))] or list(ARMS)
    best = max(left, key=lambda arm: quality(measured, arm))
    chosen = next(arm for arm in left if arm == best or not worse(arm, best, measured))
    reasons = (
        *why_it(chosen, best, left, measured),
        *(f"Not {NAMES[arm]}: {why}" for arm, why in out.items() if arm not in left),
        *remarks(chosen, measured, given, out),
    )
    return Recommendation(chosen, tuple(one[0].upper() + one[1:] for one in reasons))


def against(arm: Arm, measured: Measured, given: Circumstances) -> Iterator[str]:
    yield from unfit(arm, measured, given)
    p95 = measured.arms[arm]["latency_ms"]["p95"]
    if p95 > given.latency_ms:
        yield (
            f"one answer in twenty takes {p95:,.0f} ms or more, over the budget of "
            f"{given.latency_ms:,.0f} ms."
        )


def unfit(arm: Arm, measured: Measured, given: Circumstances) -> Iterator[str]:
    """Why an arm cannot be taken, on however fast a machine."""
    if arm in TUNED and given.examples[arm] < given.least_examples:
        yield (
            f"it has {given.examples[arm]} examples to learn from, fewer than the "
            f"{given.least_examples} that training needs."
        )
    if arm in TUNED and given.found is not None and given.found < LEAST_FOUND:
        yield (
            f"the documents were seen to hold the answer to only {given.found:.0%} of the training "
            "questions, and what no document says teaches a model to invent."
        )
    if arm not in READING and TIMES_A_YEAR[given.changes] >= TOO_OFTEN:
        behind = stays_behind(arm, measured.freshness)
        yield f"the knowledge changes {given.changes}, and {behind}."


def stays_behind(arm: Arm, freshness: Freshness) -> str:
    new = freshness.new[arm]
    if new is None:
        return "it reads no documents, so it says what it learnt when it was trained"
    return f"of {freshness.facts} facts changed after training it says {new:.0%} as they are now"


def worse(arm: Arm, best: Arm, measured: Measured) -> bool:
    found = between(best, arm, measured)
    gain = found.mean if found.better == best else -found.mean
    return found.significant and gain > 0


def between(one: Arm, other: Arm, measured: Measured) -> Difference:
    """By token F1."""
    return next(
        d for d in measured.differences if d.measure == "f1" and {d.better, d.worse} == {one, other}
    )


def quality(measured: Measured, arm: Arm) -> float:
    return float(measured.arms[arm]["f1"] or 0)


def why_it(chosen: Arm, best: Arm, left: Sequence[Arm], measured: Measured) -> Iterator[str]:
    if chosen != best:
        found = between(best, chosen, measured)
        yield (
            f"{NAMES[chosen]} is the cheapest that is not significantly worse than the best: "
            f"token F1 {quality(measured, chosen):.3f} against {quality(measured, best):.3f} of "
            f"{NAMES[best]} (p = {found.p:.2g})."
        )
        return
    score = quality(measured, chosen)
    yield f"{NAMES[chosen]} answers best of those that can be taken: token F1 {score:.3f}."
    for arm in left[: left.index(chosen)]:
        found = between(chosen, arm, measured)
        low, high = (found.low, found.high) if found.better == chosen else (-found.high, -found.low)
        yield (
            f"{NAMES[arm]} is cheaper and significantly worse: token F1 "
            f"{quality(measured, arm):.3f} (95 % interval of the difference {low:+.3f} to "
            f"{high:+.3f}, p = {found.p:.2g} after Holm's correction)."
        )


def remarks(
    chosen: Arm, measured: Measured, given: Circumstances, out: Mapping[Arm, str]
) -> Iterator[str]:
    if chosen in out:
        yield f"No arm meets every condition; of {NAMES[chosen]} know that {out[chosen]}"
    share = measured.arms[chosen]["explainability"]
    if chosen in READING and share is not None:
        yield f"{share:.0%} of its sentences cite a passage that bears them out."
    if chosen not in READING:
        yield "Nothing it says is cited, so nobody can look it up."
    if given.parameters is not None and given.parameters < SMALL:
        yield (
            f"With {size(given.parameters)} parameters the model keeps few facts by heart; it "
            "depends on being shown passages."
        )
    yield from of_knowing(measured)
    if chosen in TUNED:
        yield from of_training(chosen, measured.forgetting[chosen], given)


def of_knowing(measured: Measured) -> Iterator[str]:
    taught, others = measured.taught.f1["fine_tuned"], quality(measured, "fine_tuned")
    if taught is not None and taught > BY_HEART * others:
        yield (
            f"Fine-tuned alone the model knows what it was taught (token F1 {taught:.3f} on taught "
            f"questions) and not the rest ({others:.3f} on others)."
        )


def of_training(arm: Arm, forgetting: Forgetting, given: Circumstances) -> Iterator[str]:
    times, seconds = TIMES_A_YEAR[given.changes], given.training_seconds[arm]
    spent = f"Training took {seconds:,.0f} s for {given.examples[arm]} examples"
    if arm in READING:
        yield f"{spent}; a change of the documents needs no new training."
    elif times:
        hours = times * seconds / HOUR
        yield f"{spent}; with every {given.changes} change that is {hours:,.1f} hours a year."
    else:
        yield f"{spent}, once."
    if forgetting.rise is not None and forgetting.rise > FORGETTING:
        yield (
            "It has forgotten: the negative log-likelihood of right answers to general prompts "
            f"rose by {forgetting.rise:.0%}; a lower training.generator.rank or learning_rate "
            "forgets less."
        )


def size(parameters: int) -> str:
    return (
        f"{parameters / 1e9:.1f} billion"
        if parameters >= 1e9
        else f"{parameters / 1e6:.0f} million"
    )
