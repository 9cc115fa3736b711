"""How often the gate lets through what is no better, and what is: simulated cycles.

Run: python -m tests.benchmarks.bench_gate [CYCLES]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np

from db.holdout import MOST_JUDGED
from db.release_ratings import Ratings
from finetune.difference import Chance
from finetune.gate import decide
from finetune.judge import Judgement
from finetune.watch import falling
from tests.benchmarks.tables import print_table
from tests.simulated_judgements import World, flattered, simulate

CYCLES = 1000
RESAMPLES = 2_000
LARGE = World()
SMALL = World(questions=76, unanswerable=10)
TINY = World(questions=30, unanswerable=5)
RARE = {"differ": 0.05, "other_differ": 0.03, "flips": 0.01}

Make = Callable[[int], Judgement]


def main(cycles: int = CYCLES) -> None:
    nothing_learnt(cycles)
    true_gains(cycles)
    one_holdout(cycles // 5)
    live_ratings(cycles // 2)


def nothing_learnt(cycles: int) -> None:
    worlds: list[tuple[str, Make]] = [
        ("300 questions", of(LARGE)),
        ("76 questions", of(SMALL)),
        ("30 questions", of(TINY)),
        ("300 questions, 5 % differ", of(replace(LARGE, **RARE))),
        ("76 questions, 5 % differ", of(replace(SMALL, **RARE))),
    ]
    rows = [(name, *shares(make, cycles)) for name, make in worlds]
    print_table(
        f"Nothing learnt: verdicts in % of {cycles} cycles (promoted at most 5)", HEAD, rows
    )
    worlds = [
        (f"{world.questions} questions, {kept:.0%} of the good ones liked aloud", made(world, kept))
        for world in (replace(LARGE, spread=0.15), replace(SMALL, spread=0.15))
        for kept in (1.0, 0.5, 0.25)
    ]
    rows = [(name, *shares(make, cycles)) for name, make in worlds]
    print_table("Nothing learnt, questions sorted by how the champion did on them", HEAD, rows)


HEAD = ("simulated", "promoted", "undecided", "held")


def of(world: World) -> Make:
    return lambda seed: simulate(world, seed)


def made(world: World, kept: float) -> Make:
    return lambda seed: flattered(world, seed, kept)


def true_gains(cycles: int) -> None:
    worlds = [
        replace(LARGE, gain=0.05),
        replace(LARGE, gain=0.03),
        replace(LARGE, gain=-0.03),
        replace(SMALL, gain=0.05),
        replace(SMALL, gain=0.08),
        replace(SMALL, gain=0.12),
        replace(TINY, gain=0.12),
    ]
    rows = [
        (f"{world.gain:+.2f} F1, {world.questions} questions", *shares(of(world), cycles))
        for world in worlds
    ]
    print_table(f"A true gain: verdicts in % of {cycles} cycles", HEAD, rows)


def shares(make: Make, cycles: int) -> tuple[float, float, float]:
    promoted = undecided = 0
    for seed in range(cycles):
        verdict = decide(make(seed), targeted="generator", chance=Chance(RESAMPLES, seed))
        promoted += verdict.promote
        undecided += verdict.undecided
    held = cycles - promoted - undecided
    return 100 * promoted / cycles, 100 * undecided / cycles, 100 * held / cycles


def one_holdout(holdouts: int) -> None:
    """Twenty candidates that have learnt nothing, one after the other on the same questions."""
    spent, unspent = 0, 0
    for number in range(holdouts):
        first = [passes(SMALL, 100 * number + tried, tried) for tried in range(MOST_JUDGED)]
        again = [passes(SMALL, 100 * number + tried, 0) for tried in range(20)]
        spent += any(first)
        unspent += any(again)
    rows = [
        (f"as it is: alpha / k, at rest after {MOST_JUDGED}", 100 * spent / holdouts),
        ("without an error budget", 100 * unspent / holdouts),
    ]
    print_table(
        f"One holdout, 20 null candidates: % of {holdouts} holdouts that promote any",
        ("budget", "promoted any"),
        rows,
    )


def passes(world: World, seed: int, judged: int) -> bool:
    judgement = simulate(replace(world, judged=judged), seed)
    return decide(judgement, targeted="generator", chance=Chance(RESAMPLES, seed)).promote


def live_ratings(promotions: int) -> None:
    cases = [(500, 0.05, 0.05), (100, 0.2, 0.2), (500, 0.05, 0.15), (500, 0.05, 0.25)]
    rows = []
    for answers, before, after in cases:
        falls = [first_fall(answers, before, after, seed) for seed in range(promotions)]
        noticed = [fall for fall in falls if fall is not None]
        middle = f"{np.median(noticed):.0f}" if noticed else "–"
        name = f"{before:.0%} of {answers} rated down before, {after:.0%} after"
        rows.append((name, 100 * len(noticed) / promotions, middle))
    print_table(
        f"Rolled back within 1,000 answers, of {promotions} promotions, looking every 10",
        ("ratings", "%", "median answers"),
        rows,
    )


def first_fall(answers: int, before: float, after: float, seed: int) -> int | None:
    chance = np.random.default_rng(seed)
    former = Ratings(answers, int(chance.binomial(answers, before)))
    down = chance.binomial(10, after, 100).cumsum()
    looks = (Ratings(10 * n, int(count)) for n, count in enumerate(down, start=1))
    return next((look.answers for look in looks if falling(former, look)), None)


if __name__ == "__main__":
    start = perf_counter()
    main(*map(int, sys.argv[1:]))
    print(f"\n{perf_counter() - start:.0f} s")
