"""Ask champion and candidate the same held-out questions, through the Answerer that serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal, Protocol

from db import holdout
from db.engine import Database
from db.holdout import HoldoutRow, StoredScores
from finetune.evaluate import DEPTH, SAME_TEXT, first
from finetune.metrics import Support, ends_properly, length
from finetune.runs import OnStep, Step
from finetune.scorers import containment, hit, overlap, reciprocal_rank, token_f1
from knowledge.answers import NOT_REACHED, Answer, FoundPassage
from knowledge.generate.checked import CITED
from knowledge.question import QuestionRefused, tidy
from knowledge.weights import TermWeights

Metric = Literal[
    "hit@1",
    "hit@5",
    "mrr@10",
    "f1",
    "containment",
    "grounded",
    "faithfulness",
    "citation_precision",
    "right_abstention",
    "abstained",
    "ends_properly",
    "length",
    "latency_ms",
]
Scores = dict[Metric, float | None]
"""None where a question says nothing of a metric, such as of F1 where no right answer is known."""


class JudgingFailed(Exception):
    """The releases cannot be compared; the message says why and what to do, in a sentence."""


class Asked(Protocol):
    """What of an Answerer is needed."""

    @property
    def weights(self) -> TermWeights: ...
    @property
    def stemmer(self) -> str: ...
    def answer(self, question: str, /) -> Answer: ...


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """One question with what both releases did on it."""

    question: HoldoutRow
    champion: Scores
    candidate: Scores


@dataclass(frozen=True, slots=True)
class Judgement:
    pairs: tuple[JudgedPair, ...]

    def stored(self) -> list[StoredScores]:
        """For `db.holdout.save_scores`."""
        return [
            row
            for pair in self.pairs
            for row in (
                StoredScores(pair.question.id, "champion", as_stored(pair.champion)),
                StoredScores(pair.question.id, "candidate", as_stored(pair.candidate)),
            )
        ]


def as_stored(scores: Scores) -> dict[str, Any]:
    return {str(name): value for name, value in scores.items()}


def judge_candidate(
    database: Database,
    cycle_id: int,
    champion: Asked,
    candidate: Asked,
    progress: OnStep | None = None,
) -> Judgement:
    """Judge a cycle's candidate on the whole holdout, store every score and spend the questions.

    Raises db.holdout.CandidateJudged if it was judged before, or JudgingFailed.
    """
    holdout.require_unjudged(database, cycle_id)
    judgement = judge(champion, candidate, holdout.current(database), progress)
    holdout.save_scores(database, cycle_id, judgement.stored())
    return judgement


def judge(
    champion: Asked,
    candidate: Asked,
    questions: Sequence[HoldoutRow],
    progress: OnStep | None = None,
) -> Judgement:
    """Ask each question of both, one after the other and in turns who is first: what else the
    machine does slows both alike. Raises JudgingFailed."""
    tell = progress or (lambda step: None)
    support = Support(champion.weights, champion.stemmer)
    for answerer in (champion, candidate):
        # The first answer pays for what is loaded late; nobody's latency shall.
        for question in questions[:1]:
            ask(answerer, question)
    pairs = []
    for place, question in enumerate(questions):
        if place % 2:
            theirs = score(question, *ask(candidate, question), support)
            ours = score(question, *ask(champion, question), support)
        else:
            ours = score(question, *ask(champion, question), support)
            theirs = score(question, *ask(candidate, question), support)
        pairs.append(JudgedPair(question, ours, theirs))
        tell(Step("evaluate", place + 1, len(questions)))
    return Judgement(tuple(pairs))


def ask(answerer: Asked, question: HoldoutRow) -> tuple[Answer | None, float]:
    """The answer with its milliseconds; None for what is no question, which counts as abstained."""
    start = perf_counter()
    try:
        answer = answerer.answer(tidy(question.question))
    except QuestionRefused:
        return None, 1000 * (perf_counter() - start)
    took = 1000 * (perf_counter() - start)
    if answer.notice == NOT_REACHED:
        raise JudgingFailed(
            "The language model could not be reached while the candidate was judged: "
            "see that it runs, and start another cycle."
        )
    return answer, took


def score(question: HoldoutRow, answer: Answer | None, took: float, support: Support) -> Scores:
    abstained = answer is None or answer.abstained
    said = "" if answer is None or abstained else CITED.sub("", answer.text)
    shown = [] if answer is None else [f"{p.heading}\n{p.text}" for p in answer.passages]
    cited = support.citation_precision(answer) if answer else 1.0
    return {
        **ranked(question, answer),
        **compared(question, said, support),
        "faithfulness": support.faithfulness(said, shown) if said else 1.0,
        "citation_precision": cited,
        "right_abstention": float(abstained != question.answerable),
        "abstained": float(abstained),
        "ends_properly": float(not said or ends_properly(said)),
        "length": None if abstained else float(length(said)),
        "latency_ms": took,
    }


def ranked(question: HoldoutRow, answer: Answer | None) -> Scores:
    if not question.answerable or not question.passages:
        return {"hit@1": None, "hit@5": None, "mrr@10": None}
    found = answer.passages[:DEPTH] if answer else ()
    rank = first([is_gold(question, passage) for passage in found])
    return {"hit@1": hit(rank, 1), "hit@5": hit(rank, 5), "mrr@10": reciprocal_rank(rank, DEPTH)}


def is_gold(question: HoldoutRow, passage: FoundPassage) -> bool:
    """By its text in its document: passages get new ids, and other edges, with a reindex."""
    return any(
        passage.path == gold.path and overlap(passage.text, gold.text) >= SAME_TEXT
        for gold in question.passages
    )


def compared(question: HoldoutRow, said: str, support: Support) -> Scores:
    right = [*question.answers, *(gold.text for gold in question.passages)]
    with_answers = question.answerable and bool(question.answers)
    return {
        "f1": token_f1(said, question.answers) if with_answers else None,
        "containment": containment(said, question.answers) if with_answers else None,
        "grounded": support.grounding(said, right) if question.answerable and right else None,
    }
