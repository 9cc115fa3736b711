"""What the loop brings on labelled data sets, and whether shuffled corrections are ever promoted.

Run: python -m tests.benchmarks.bench_rehearse [DATASET...] [--shuffles N]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from finetune.evaluate import Evaluation, Score, indexed
from finetune.rehearsal.play import (
    Played,
    Stage,
    delta,
    evaluated,
    open_stage,
    play,
    rank,
    shuffled,
)
from finetune.settings import Strategy, TrainingSettings
from finetune.split import Half
from knowledge.base import Knowledge
from knowledge.confidence import DEFAULT
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import print_table

STRATEGY: Strategy = "staged"
HALVES: tuple[Half, ...] = ("fit", "held out")
SHUFFLES = 20


def main(datasets: Sequence[str], shuffles: int = SHUFFLES) -> None:
    played: list[list[object]] = []
    controls: list[list[object]] = []
    for name in datasets:
        stage = open_stage(
            Path(name), KnowledgeSettings(), TrainingSettings(), False, None, DEFAULT, None
        )
        with indexed(stage.dataset, stage.settings, stage.tell) as knowledge:
            halves = [once(replace(stage, half=half), knowledge) for half in HALVES]
            played += [row(Path(name).name, *one) for one in halves]
            played.append(pooled(Path(name).name, halves))
            print(played[-3:], flush=True)
            verdicts = []
            for seed in range(shuffles):
                verdicts.append(shuffled(stage, knowledge, STRATEGY, seed)["verdict"])
                print(Path(name).name, seed, verdicts[-1], flush=True)
        controls.append([Path(name).name, shuffles, verdicts.count("promoted")])
    print_table(
        "One cycle with simulated people: one half of the questions is asked, the other held out, "
        "and the other way round; after the gate",
        ["", "asked", "MRR@10 before", "after", "difference (95 %)", "candidate's", "verdict", "s"],
        played,
    )
    print_table("Corrections shuffled among the questions", ["", "seeds", "promoted"], controls)


def once(stage: Stage, knowledge: Knowledge) -> tuple[Evaluation, Played]:
    with stage.fresh(knowledge) as (fresh, folder):
        return evaluated(fresh, stage), play(stage, fresh, folder, STRATEGY)


def row(name: str, before: Evaluation, played: Played) -> list[object]:
    """The candidate's own difference is what the gate saw, whether it went live or not."""
    report = played.record.report or {}
    gain = report.get("verdict", {}).get("figures", {}).get("overall")
    return [
        name,
        report["dataset"]["questions"],
        mrr(before.scores),
        mrr(played.after.scores),
        interval_of(delta(before.scores, played.after.scores)),
        interval_of(gain) if gain else "–",
        played.record.status,
        sum(played.seconds.values()),
    ]


def pooled(name: str, halves: Sequence[tuple[Evaluation, Played]]) -> list[object]:
    before = [score for one, _ in halves for score in one.scores]
    after = [score for _, played in halves for score in played.after.scores]
    change = interval_of(delta(before, after))
    return [f"{name}, both", "", mrr(before), mrr(after), change, "", "", ""]


def mrr(scores: Sequence[Score]) -> float:
    return fmean(rank(score) for score in scores if score.answerable)


def interval_of(change: Mapping[str, float]) -> str:
    return f"{change['mean']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("datasets", nargs="*")
    parser.add_argument("--shuffles", type=int, default=SHUFFLES)
    given = parser.parse_args()
    main(given.datasets, given.shuffles)
