"""When training is the wrong tool: why, and what is cheaper."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from finetune.cases import Case
from finetune.dataset.near import questions_of
from finetune.dataset.rules import Rules
from finetune.examples import TrainingData
from finetune.split import normalise_question

MOST = 0.5
"""Above this share one cause outweighs all others."""
CHEAPER = {
    "no_document": "no document answers them: write the missing pages that the report lists",
    "stale": "the documents are out of date: bring the pages up to date and reindex",
    "not_allowed": "the asker may not read the right page: open it to them, if they should",
}


def reason_not_to_train(
    cases: Sequence[Case], data: TrainingData, settings: Rules, held_out_count: int
) -> str | None:
    """One sentence with the cheaper remedy; None where training is worth while.

    `held_out_count` are the questions that there are to judge on, those of earlier rounds too.
    Data that was made without feedback comes without cases.
    """
    if not settings.enabled:
        return (
            "Training on what people wrote is switched off: an admin can turn it on with "
            "training.enabled = true."
        )
    return (
        mostly_not_for_training(cases)
        or one_sided(cases, data)
        or repeated(cases, settings)
        or too_few(data, settings)
        or nothing_to_judge_on(held_out_count)
    )


def mostly_not_for_training(cases: Sequence[Case]) -> str | None:
    bad = [case for case in cases if not case.liked]
    causes = Counter(str(case.cause) for case in bad)
    shares = shares_of(bad)
    for cause, remedy in CHEAPER.items():
        if shares[cause] > MOST:
            return f"Of {len(bad)} bad answers {causes[cause]} were bad because {remedy}."
    return None


def shares_of(bad: Sequence[Case]) -> dict[str, float]:
    """The share of each cause, in 0..1, where every person's answers weigh the same together:
    whoever complains often is not to decide for all."""
    people: dict[str, list[str]] = {}
    for case in bad:
        people.setdefault(complaining(case), []).append(str(case.cause))
    shares: dict[str, float] = defaultdict(float)
    for causes in people.values():
        for cause in causes:
            shares[cause] += 1 / (len(causes) * len(people))
    return shares


def complaining(case: Case) -> str:
    """Whose case it is: who corrected, voted against, or asked."""
    against = [person for person, vote in case.answer.votes.items() if vote < 0]
    written = [correction.author for correction in case.answer.corrections]
    return next(iter([*written, *against, case.answer.record.asker or ""]))


def one_sided(cases: Sequence[Case], data: TrainingData) -> str | None:
    if cases and all(case.liked for case in cases):
        return (
            f"All {len(cases)} rated answers were liked: there is nothing to correct, so what "
            "is live stays."
        )
    taught = data.pairs or data.sft or data.preferences or data.judged
    if cases and not taught and not any(case.answer.corrections for case in cases):
        return (
            f"Of {len(cases)} rated answers nobody has said what is right: ask people to correct "
            "an answer when they vote it down."
        )
    return None


def repeated(cases: Sequence[Case], settings: Rules) -> str | None:
    questions = {normalise_question(case.answer.question) for case in cases}
    if len(cases) < settings.min_examples or len(questions) >= MOST * settings.min_examples:
        return None
    return (
        f"The {len(cases)} rated answers are to only {len(questions)} different questions: approve "
        "a correction for each, which is served at once and needs no training."
    )


def too_few(data: TrainingData, settings: Rules) -> str | None:
    there, wanted = len(questions_of(data)), settings.min_examples
    if there >= wanted:
        return None
    return (
        f"There {plural(there)} to learn from, and training.min_examples is {wanted}: approve "
        "waiting corrections, which are served at once, and train when there are more."
    )


def plural(count: int) -> str:
    if count == 0:
        return "is no question"
    return "is 1 question" if count == 1 else f"are {count} questions"


def nothing_to_judge_on(held_out_count: int) -> str | None:
    if held_out_count:
        return None
    return (
        "No question is held out to judge a candidate on: about one in five is, so wait for more "
        "ratings."
    )
