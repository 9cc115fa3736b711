"""How much of each kind trains: new answers, refusals beside them, and what people liked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from finetune.dataset.lessons import Kind
from finetune.dataset.teach import Example
from finetune.examples import Judged, Pair, Preference, Sft, TrainingData

REPLAY = 0.3
"""The largest share of what people liked: it guards against forgetting, and teaches nothing new."""
PAIRS_REPLAY = 0.5
"""The same for the retriever: what was found is as right a passage as what was not, and says what
to keep."""
ANSWERS_FOR_REFUSAL = 2
"""A model that learns to refuse has to see answers as well, or it refuses everything."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """`spared` counts examples that were not needed."""

    data: TrainingData
    spared: int
    one_sided: int
    """Votes that train nothing, because all say the same."""


def balance(made: Sequence[tuple[Kind, Example]]) -> Balanced:
    """Choose, in their order, so many of each kind that none drowns another."""
    pairs = balanced_pairs(made)
    sft = balanced_sft(made)
    judged = [one for _, one in made if isinstance(one, Judged)]
    mixed = interleaved(judged)
    all_there = sum(isinstance(one, Pair | Sft) for _, one in made)
    return Balanced(
        TrainingData(
            pairs=tuple(pairs),
            sft=tuple(sft),
            preferences=tuple(one for _, one in made if isinstance(one, Preference)),
            judged=tuple(mixed),
        ),
        spared=all_there - len(pairs) - len(sft),
        one_sided=len(judged) - len(mixed),
    )


def balanced_pairs(made: Sequence[tuple[Kind, Example]]) -> list[Pair]:
    new = [one for kind, one in made if isinstance(one, Pair) and kind != "liked"]
    liked = [one for kind, one in made if isinstance(one, Pair) and kind == "liked"]
    kept = liked[: replayed(len(new), PAIRS_REPLAY)]
    return new + [replace(pair, stands_for=len(liked) / len(kept)) for pair in kept]


def balanced_sft(made: Sequence[tuple[Kind, Example]]) -> list[Sft]:
    answers = [one for kind, one in made if isinstance(one, Sft) and kind == "answer"]
    refusals = [one for kind, one in made if isinstance(one, Sft) and kind == "abstain"]
    liked = [one for kind, one in made if isinstance(one, Sft) and kind == "liked"]
    refusals = refusals[: (len(answers) + len(liked)) // ANSWERS_FOR_REFUSAL]
    beside = ANSWERS_FOR_REFUSAL * len(refusals) - len(answers)
    wanted = max(replayed(len(answers) + len(refusals)), beside)
    return [*answers, *refusals, *liked[:wanted]]


def replayed(new: int, share: float = REPLAY) -> int:
    """How many liked examples make up their share beside so many new ones."""
    return int(new * share / (1 - share))


def interleaved(judged: Sequence[Judged]) -> list[Judged]:
    """Liked and disliked ones mixed evenly: KTO needs both in every batch (TRL's estimate of the
    KL divergence is worth nothing in a batch of one label). None, if there is only one kind."""
    placed: list[tuple[float, int, Judged]] = []
    for label in (True, False):
        same = [one for one in judged if one.label is label]
        if not same:
            return []
        placed += [((i + 0.5) / len(same), len(placed) + i, one) for i, one in enumerate(same)]
    return [one for *_, one in sorted(placed, key=lambda place: place[:2])]
