"""From diagnosed cases to a data set: what trains, what is held out, and why the rest does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from finetune.cases import Case
from finetune.dataset.balance import balance
from finetune.dataset.cited import Citing
from finetune.dataset.contexts import open_contexts
from finetune.dataset.holdout import HeldOut, held_groups, hold_out
from finetune.dataset.jsonl import fingerprint
from finetune.dataset.lessons import Lesson, learn
from finetune.dataset.limits import shared_out, within_limit
from finetune.dataset.near import digest_of, leaders, leaked, questions_of, without
from finetune.dataset.rules import Rules
from finetune.dataset.teach import Teacher, in_order
from finetune.examples import TrainingData
from finetune.split import normalise_question
from knowledge.answering import Answerer
from knowledge.answers import UNKNOWN
from knowledge.base import Knowledge


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """Counts: of examples by kind, of held-out questions by slice, of what is left out by why."""

    examples: dict[str, int]
    held_out: dict[str, int]
    left_out: dict[str, int]
    questions: int
    people: int
    most_by_one: int
    """The most questions that one person's word stands behind."""
    refusals: int
    """SFT examples whose answer is that the passages have none."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Dataset:
    """`fingerprint` is a SHA-256 of all that trains."""

    train: TrainingData
    held_out: tuple[HeldOut, ...]
    report: DatasetReport
    fingerprint: str


def build(
    cases: Sequence[Case],
    *,
    knowledge: Knowledge,
    settings: Rules,
    holdout_digests: Collection[str],
    seed: int,
    holdout_questions: Sequence[str] = (),
    answerer: Answerer | None = None,
    hold_out: bool = True,
) -> Dataset:
    """Make examples of what can be trusted; the same cases and seed make the same ones.

    Without `hold_out` no question is held out that was not before. Questions of `holdout_digests`
    and `holdout_questions` never train, nor does what says nearly the same as one of the latter.
    Passages are those that `answerer` finds, or the live one.
    """
    asked = [case.answer.question for case in sorted(cases, key=asked_first)]
    counting = within_limit([c.answer for c in cases], settings.labels_per_person, seed)
    groups = leaders(asked, knowledge.embedder, holdout_questions)
    learnt, left_out = learn(cases, counting, groups)
    fair = in_order(shared_out(learnt, seed), seed)
    left_out["one person said too much"] += len(learnt) - len(fair)
    held = held_groups(asked, groups, holdout_questions, holdout_digests, hold_out)
    kept_out = [lesson for lesson in fair if group_of(lesson, groups) in held]
    held_out = list(new_questions(kept_out, groups, holdout_digests, left_out))
    taught = [lesson for lesson in fair if group_of(lesson, groups) not in held]
    data = teach(taught, knowledge, answerer or knowledge.answerer, seed, left_out)
    leaks = leaked(
        questions_of(data),
        [*holdout_questions, *(one.question for one in kept_out)],
        knowledge.embedder,
        holdout_digests,
    )
    left_out["nearly a held-out question"] += len(leaks)
    data = without(data, leaks)
    return Dataset(data, tuple(held_out), report(data, held_out, left_out), fingerprint(data))


def teach(
    lessons: Sequence[Lesson],
    knowledge: Knowledge,
    answerer: Answerer,
    seed: int,
    left_out: Counter[str],
) -> TrainingData:
    """The examples of these lessons; what they cannot become is counted in `left_out`."""
    contexts = open_contexts(knowledge, answerer)
    teacher = Teacher(contexts, Citing(answerer.check), seed, left_out)
    balanced = balance([(one.kind, made) for one in lessons for made in teacher.examples(one)])
    left_out["all votes say the same"] += balanced.one_sided
    left_out["enough of its kind"] += balanced.spared
    return balanced.data


def new_questions(
    lessons: Sequence[Lesson],
    groups: Mapping[str, str],
    digests: Collection[str],
    left_out: Counter[str],
) -> list[HeldOut]:
    """What is held out and was not before."""
    found = []
    for lesson in lessons:
        question = hold_out(lesson, group_of(lesson, groups))
        if question is None:
            left_out["held out, but nobody said what is right"] += 1
        elif question.digest not in digests:
            found.append(question)
    return found


def report(
    data: TrainingData, held_out: Sequence[HeldOut], left_out: Mapping[str, int]
) -> DatasetReport:
    kinds = ("pairs", "sft", "preferences", "judged")
    taught: dict[str, set[str]] = {}
    for kind in kinds:
        for example in getattr(data, kind):
            for person in example.provenance.people:
                taught.setdefault(person, set()).add(digest_of(example.provenance.question))
    return DatasetReport(
        examples={kind: len(getattr(data, kind)) for kind in kinds},
        held_out=dict(Counter(str(one.slice) for one in held_out)),
        left_out={why: count for why, count in left_out.items() if count},
        questions=len(questions_of(data)),
        people=len(taught),
        most_by_one=max(map(len, taught.values()), default=0),
        refusals=sum(example.completion == UNKNOWN for example in data.sft),
    )


def group_of(lesson: Lesson, groups: Mapping[str, str]) -> str:
    return groups[normalise_question(lesson.question)]


def asked_first(case: Case) -> tuple[Any, str]:
    record = case.answer.record
    return record.asked_at or case.answer.rated_at, record.id or ""
