"""Which corrections can be trusted: an expert has approved them, or two people say the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from finetune.cases import Case, GivenCorrection
from finetune.scorers import token_f1
from finetune.split import normalise_question

QUORUM = 2
SAME_WORDS = 0.8
"""The token F1 from which two people say the same."""
NUMBER = re.compile(r"\d+")


def backed(
    cases: Sequence[Case], counting: Collection[tuple[str, str]], groups: Mapping[str, str]
) -> set[int]:
    """The ids of trusted corrections; `groups` names the group of each normalised question."""
    said: dict[str, list[GivenCorrection]] = defaultdict(list)
    for case in cases:
        group = groups[normalise_question(case.answer.question)]
        said[group] += [
            correction
            for correction in case.answer.corrections
            if (correction.author, case.answer.record.id or "") in counting
        ]
    return {
        one.id for some in said.values() for one in some if one.approved or has_quorum(one, some)
    }


def has_quorum(correction: GivenCorrection, others: Sequence[GivenCorrection]) -> bool:
    same = {other.author for other in others if agree(correction, other)}
    return len({*same, correction.author}) >= QUORUM


def agree(one: GivenCorrection, other: GivenCorrection) -> bool:
    """Whether two corrections of one question say the same; 14 days are not 28 days."""
    if one.right_answer and other.right_answer:
        same_numbers = numbers(one.right_answer) == numbers(other.right_answer)
        return same_numbers and token_f1(one.right_answer, [other.right_answer]) >= SAME_WORDS
    if one.right_answer or other.right_answer:
        return False
    return one.fault == other.fault and document(one) == document(other)


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


def document(correction: GivenCorrection) -> str:
    return normalise_question(correction.right_document or "")
