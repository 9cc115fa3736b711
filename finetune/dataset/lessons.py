"""What a case teaches: what its right answer is, or only that people liked or disliked it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from finetune.cases import Case, GivenCorrection
from finetune.dataset.agreement import SAME_WORDS, backed
from finetune.examples import Origin, Provenance
from finetune.scorers import token_f1
from finetune.split import normalise_question

Kind = Literal["answer", "abstain", "liked", "disliked"]
"""`answer`: what is right is known; `abstain`: no answer is right; the others are votes."""

ANSWERED = frozenset({"not_retrieved", "ranked_low", "misread", "wrongly_refused"})
"""Causes where the documents hold the answer."""
NOT_TAUGHT = frozenset({"stale", "not_allowed"})
"""Causes that training does not mend."""
BEST_FIRST: tuple[Kind, ...] = ("answer", "abstain", "liked", "disliked")
ORIGINS: tuple[Origin, ...] = ("verified", "correction", "rating")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question and what is to be learnt of it; `people` are those whose word it is."""

    case: Case
    kind: Kind
    people: tuple[str, ...]
    origin: Origin

    @property
    def question(self) -> str:
        return self.case.answer.question

    @property
    def provenance(self) -> Provenance:
        record = self.case.answer.record
        return Provenance(self.origin, record.id, self.people, self.question)


def learn(
    cases: Sequence[Case], counting: Collection[tuple[str, str]], groups: Mapping[str, str]
) -> tuple[list[Lesson], Counter[str]]:
    """One lesson for each question, and how many cases teach nothing, by the reason.

    Only labels that count, (person, interaction) pairs, are heard; `groups` tells which questions
    say nearly the same, for people who write the same correction to either.
    """
    trusted = backed(cases, counting, groups)
    votes = merged_votes(cases, counting)
    found: dict[str, Lesson] = {}
    left_out: Counter[str] = Counter()
    for case in sorted(cases, key=lambda one: one.answer.rated_at):
        given = [c for c in case.answer.corrections if c.id in trusted]
        lesson = lesson_of(case, given, votes[said_of(case)], counting)
        if isinstance(lesson, str):
            left_out[lesson] += 1
            continue
        question = normalise_question(lesson.question)
        if question in found:
            left_out["the same question again"] += 1
        found[question] = better(found.get(question), lesson)
    return list(found.values()), left_out


def lesson_of(
    case: Case,
    given: Sequence[GivenCorrection],
    votes: Mapping[str, int],
    counting: Collection[tuple[str, str]],
) -> Lesson | str:
    """The lesson, or why there is none; `given` are the corrections that can be trusted."""
    if case.cause in NOT_TAUGHT:
        return f"{case.cause}: training does not mend it"
    if not case.liked and given:
        taught = corrected(case, given)
        vote = taught if isinstance(taught, Lesson) else voted(case, votes)
        return vote if isinstance(vote, Lesson) else taught
    known = case.cause in ANSWERED and case.gold and not case.answer.corrections
    if known or (case.cause == "no_document" and case.answer.record.abstained):
        return observed(case, votes, counting)
    return voted(case, votes)


def corrected(case: Case, given: Sequence[GivenCorrection]) -> Lesson | str:
    """What reviewed corrections teach."""
    people = tuple(dict.fromkeys(correction.author for correction in given))
    origin: Origin = "verified" if any(c.approved for c in given) else "correction"
    if case.cause in ("no_document", "should_have_refused"):
        return Lesson(case, "abstain", people, origin)
    written = [correction.right_answer for correction in given if correction.right_answer]
    if case.right_answer and token_f1(case.right_answer, written) < SAME_WORDS:
        return "its correction waits for a review"
    if case.cause in ANSWERED and case.gold:
        return Lesson(case, "answer", people, origin)
    return "no passage is known to hold the right answer"


def observed(
    case: Case, votes: Mapping[str, int], counting: Collection[tuple[str, str]]
) -> Lesson | str:
    """What is known without anybody's correction."""
    record = case.answer.record
    if sum(votes.values()) > 0:
        return "people disagree about it"
    asker = record.asker or ""
    against = tuple(person for person, vote in votes.items() if vote < 0)
    if not against and (asker, record.id or "") not in counting:
        return "one person said too much"
    kind: Kind = "abstain" if case.cause == "no_document" else "answer"
    return Lesson(case, kind, against or (asker,), "rating")


def voted(case: Case, votes: Mapping[str, int]) -> Lesson | str:
    """What the votes alone teach."""
    record = case.answer.record
    sum_of_votes = sum(votes.values())
    if not votes:
        return "one person said too much" if case.answer.votes else "nobody said what is right"
    if sum_of_votes == 0 or (sum_of_votes > 0) != case.liked:
        return "people disagree about it"
    if not case.liked and record.abstained and case.cause != "wrongly_refused":
        return "nobody said what is right"
    sign = 1 if case.liked else -1
    people = tuple(person for person, vote in votes.items() if vote * sign > 0)
    return Lesson(case, "liked" if case.liked else "disliked", people, "rating")


def merged_votes(
    cases: Iterable[Case], counting: Collection[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, int]]:
    """Everybody's latest vote on the same answer to the same question, however often it was given.

    Without this whoever asks a question a hundred times would vote on it a hundred times.
    """
    votes: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for case in sorted(cases, key=lambda one: one.answer.rated_at):
        for person, vote in case.answer.votes.items():
            if (person, case.answer.record.id or "") in counting:
                votes[said_of(case)][person] = vote
    return votes


def said_of(case: Case) -> tuple[str, str]:
    return normalise_question(case.answer.question), case.answer.record.answer.strip()


def better(one: Lesson | None, other: Lesson) -> Lesson:
    """What says more, and was checked; the later one of equals."""
    if one is None or order(other) <= order(one):
        return other
    return one


def order(lesson: Lesson) -> tuple[int, int]:
    return BEST_FIRST.index(lesson.kind), ORIGINS.index(lesson.origin)
