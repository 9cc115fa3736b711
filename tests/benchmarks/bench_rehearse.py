"""What the loop brings on labelled data sets, and whether shuffled corrections are ever promoted.

Run: python -m tests.benchmarks.bench_rehearse [DATASET...] [--shuffles N]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from finetune.evaluate import Score, indexed
from finetune.rehearsal.controls import shuffled
from finetune.rehearsal.play import play_half
from finetune.rehearsal.played import PlayedHalf, delta, rank, together
from finetune.rehearsal.stage import open_stage
from finetune.settings import Strategy, TrainingSettings
from finetune.split import HALVES
from knowledge.confidence import DEFAULT
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import print_table

STRATEGY: Strategy = "staged"
SHUFFLES = 20


def main(datasets: Sequence[str], shuffles: int = SHUFFLES) -> None:
    played: list[list[object]] = []
    controls: list[list[object]] = []
    for name in datasets:
        stage = open_stage(
            Path(name), KnowledgeSettings(), TrainingSettings(), False, None, DEFAULT, None
        )
        with indexed(stage.dataset, stage.settings, stage.tell) as knowledge:
            stages = [replace(stage, half=half) for half in HALVES]
            halves = [play_half(one, knowledge, STRATEGY, cycles=1) for one in stages]
            played += [row(Path(name).name, half) for half in halves]
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


def row(name: str, half: PlayedHalf) -> list[object]:
    """The candidate's own difference is what the gate saw, whether it went live or not."""
    [played] = half.cycles
    report = played.record.report or {}
    gain = report.get("verdict", {}).get("figures", {}).get("overall")
    return [
        name,
        half.asked,
        mrr(half.before.scores),
        mrr(played.after.scores),
        interval_of(delta(half.before.scores, played.after.scores)),
        interval_of(gain) if gain else "–",
        played.record.status,
        sum(played.seconds.values()),
    ]


def pooled(name: str, halves: Sequence[PlayedHalf]) -> list[object]:
    before = together(half.before for half in halves).scores
    after = together(half.cycles[0].after for half in halves).scores
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
