"""What the documents do not say: the questions that no page answers, and drafts of the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from finetune.cases import Case
from knowledge.terms import query_terms

ALIKE = 0.5
"""Agreement of the telling words (Dice) of questions that one page should answer."""
NEAREST = 3
"""Documents that a draft points at."""
LONGEST_HEADING = 100


@dataclass(frozen=True, slots=True)
class NearDocument:
    path: str
    title: str
    uri: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Similar questions without a document."""

    question: str
    """The one that was asked most often."""
    questions: tuple[str, ...]
    asked: int
    people: int
    """How many have asked; those whose name is not known count as one."""
    answers: tuple[str, ...]
    """What people say is right, what experts agreed to first."""
    nearest: tuple[NearDocument, ...]
    draft: str
    """Of the missing page, in markdown."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def gaps(cases: Sequence[Case]) -> tuple[Gap, ...]:
    """Those that most people have met come first."""
    groups: list[list[Case]] = []
    for case in filter(is_missing, cases):
        near = [group for group in groups if any(alike(case, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(other for group in near for other in group), case])
    return tuple(sorted(map(to_gap, groups), key=lambda gap: (-gap.people, -gap.asked)))


def is_missing(case: Case) -> bool:
    """Also where it answered all the same, and no page holds what people say is right."""
    answered = case.cause == "should_have_refused" and case.right_answer and not case.gold
    return case.cause == "no_document" or bool(answered)


def alike(one: Case, other: Case) -> bool:
    first, second = terms_of(one), terms_of(other)
    shared = 2 * len(first & second)
    return first == second or shared >= ALIKE * (len(first) + len(second))


def terms_of(case: Case) -> frozenset[str]:
    return frozenset(query_terms(case.answer.question))


def to_gap(group: Sequence[Case]) -> Gap:
    asked = Counter(case.answer.question for case in group)
    question = asked.most_common(1)[0][0]
    answers = answers_of(group)
    nearest = nearest_of(group)
    return Gap(
        question=question,
        questions=tuple(asked),
        asked=len(group),
        people=len({case.answer.record.asker for case in group}),
        answers=answers,
        nearest=nearest,
        draft=draft(question, answers, nearest),
    )


def answers_of(group: Sequence[Case]) -> tuple[str, ...]:
    given = [one for case in group for one in case.answer.corrections if one.right_answer]
    ordered = sorted(given, key=lambda one: (not one.approved, one.written_at))
    return tuple(dict.fromkeys(one.right_answer for one in ordered if one.right_answer))


def nearest_of(group: Sequence[Case]) -> tuple[NearDocument, ...]:
    """Those that were found most often and highest for the questions."""
    near: dict[NearDocument, float] = {}
    for case in group:
        for rank, passage in enumerate(case.answer.record.passages):
            document = NearDocument(passage.path, passage.title, passage.uri)
            near[document] = near.get(document, 0.0) + 1 / (rank + 1)
    return tuple(sorted(near, key=lambda document: -near[document])[:NEAREST])


def draft(question: str, answers: Sequence[str], nearest: Sequence[NearDocument]) -> str:
    parts = [f"# {heading(question)}", *(answers or ("What is the answer?",))]
    if nearest:
        parts.append("See also: " + ", ".join(map(link, nearest)))
    return "\n\n".join(parts) + "\n"


def heading(question: str) -> str:
    line = question.strip().rstrip("?？! .")
    if len(line) > LONGEST_HEADING:
        line = line[:LONGEST_HEADING].rsplit(" ", 1)[0] + " …"
    return line[:1].upper() + line[1:]


def link(document: NearDocument) -> str:
    return f"[{document.title or document.path}]({document.uri or document.path})"
