"""What the loop brings on labelled data sets, and whether shuffled corrections are ever promoted.

Run: python -m tests.benchmarks.bench_rehearse [DATASET...] [--shuffles N]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from finetune.evaluate import indexed
from finetune.rehearsal.play import Rehearsal, evaluated, open_stage, play, shuffled
from finetune.settings import TrainingSettings
from knowledge.confidence import DEFAULT
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import print_table

STRATEGY = "staged"
SHUFFLES = 20


def main(datasets: Sequence[str], shuffles: int = SHUFFLES) -> None:
    played, controls = [], []
    for name in datasets:
        stage = open_stage(
            Path(name), KnowledgeSettings(), TrainingSettings(), False, None, DEFAULT, None
        )
        with indexed(stage.dataset, stage.settings, stage.tell) as knowledge:
            with stage.fresh(knowledge) as (fresh, folder):
                before = evaluated(fresh, stage)
                cycle = play(stage, fresh, folder, STRATEGY)
            rehearsal = Rehearsal(len(stage.asked), before, (cycle,))
            played.append(row(Path(name).name, rehearsal))
            print(played[-1], flush=True)
            verdicts = []
            for seed in range(shuffles):
                verdicts.append(shuffled(stage, knowledge, STRATEGY, seed)["verdict"])
                print(Path(name).name, seed, verdicts[-1], flush=True)
        controls.append([Path(name).name, shuffles, verdicts.count("promoted")])
    print_table(
        "One cycle with simulated people (one half of the questions asked, the other held out)",
        ["", "asked / held out", "MRR@10 before", "after", "difference (95 %)", "verdict", "s"],
        played,
    )
    print_table("Corrections shuffled among the questions", ["", "seeds", "promoted"], controls)


def row(name: str, rehearsal: Rehearsal) -> list[object]:
    told = rehearsal.as_json()
    (cycle,) = told["cycles"]
    change = cycle["delta"]["mrr@10"]
    return [
        name,
        f"{told['questions']['asked']} / {told['questions']['held_out']}",
        told["before"]["retrieval"]["passage"]["mrr@10"],
        cycle["after"]["retrieval"]["passage"]["mrr@10"],
        f"{change['mean']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})",
        cycle["verdict"],
        sum(cycle["seconds"].values()),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("datasets", nargs="*")
    parser.add_argument("--shuffles", type=int, default=SHUFFLES)
    given = parser.parse_args()
    main(given.datasets, given.shuffles)
