"""Play the loop: people ask and correct, cycles run, and the held-out questions are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from finetune.evaluate import OnProgress, indexed
from finetune.rehearsal.controls import poisoner, shuffled
from finetune.rehearsal.played import Played, PlayedHalf, Rehearsal
from finetune.rehearsal.stage import Stage, open_stage
from finetune.settings import Strategy, TrainingSettings
from finetune.split import HALVES, Half
from knowledge.base import Knowledge
from knowledge.confidence import DEFAULT, Calibration
from knowledge.settings import KnowledgeSettings


def rehearse(
    root: Path,
    settings: KnowledgeSettings,
    training: TrainingSettings,
    *,
    cycles: int = 1,
    strategy: Strategy = "staged",
    halves: Sequence[Half] = HALVES,
    from_docs: bool = False,
    limit: int | None = None,
    calibration: Calibration = DEFAULT,
    controls: bool = True,
    progress: OnProgress | None = None,
) -> Rehearsal:
    """Play `cycles` turns of the loop on the data set in `root`, in a place of its own.

    Each of these halves of its questions is asked by simulated people while the other is held out,
    by the hash of the question; the controls are played with the first of them. Raises
    DatasetUnusable, KnowledgeUnusable.
    """
    stage = open_stage(root, settings, training, from_docs, limit, calibration, progress)
    stages = [replace(stage, half=half) for half in halves]
    with indexed(stage.dataset, settings, stage.tell, calibration) as knowledge:
        played = tuple(play_half(one, knowledge, strategy, cycles) for one in stages)
        told = {}
        if controls:
            honest = played[0].cycles[0].after
            told["shuffled"] = shuffled(stages[0], knowledge, strategy, training.seed)
            told["poisoner"] = poisoner(stages[0], knowledge, strategy, honest)
    return Rehearsal(played, told)


def play_half(stage: Stage, knowledge: Knowledge, strategy: Strategy, cycles: int) -> PlayedHalf:
    with stage.fresh(knowledge) as (fresh, folder):
        before = stage.score(fresh)
        turns = [play(stage, fresh, folder, strategy) for _ in range(cycles)]
    return PlayedHalf(len(stage.asked), before, tuple(turns))


def play(stage: Stage, knowledge: Knowledge, folder: Path, strategy: Strategy) -> Played:
    """People ask, a cycle runs, and the held-out questions are scored with what is live then."""
    asking = stage.people(knowledge)
    record = stage.turn(knowledge, folder, strategy)
    after = stage.score(knowledge)
    spent = (record.report or {}).get("seconds", {})
    seconds = {"people": round(asking, 2), **spent, "score": round(after.seconds, 2)}
    return Played(record, after, seconds)
