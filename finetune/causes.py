"""Why an answer was bad: decided from facts alone, in an order that is written down."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.cases import Cause, Remedy
from finetune.support import UNKNOWN

LOW = 0.6
"""Confidence under which an answer stood on little (0.4 is the least that is given).

Measured on handbook_18f: a quarter of the answers to what no page holds stand under it, and under a
tenth of those that were read from the right page."""

REMEDIES: dict[Cause, Remedy] = {
    "no_document": "write_page",
    "not_retrieved": "retriever",
    "ranked_low": "retriever",
    "misread": "generator",
    "stale": "reindex",
    "not_allowed": "access",
    "wrongly_refused": "abstention",
    "should_have_refused": "abstention",
    "unclear": "person",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an answer that was not liked. Ranks count from 0; None is not there."""

    abstained: bool
    confidence: float
    faults: frozenset[str] = frozenset()
    """What people ticked: out_of_date, should_not_have_answered and others."""
    told: bool = False
    """Whether somebody said what is right: an answer, or a document."""
    named: bool | None = None
    """Whether the document that somebody named is there; None where nobody named one."""
    agreement: float = 0.0
    """The highest of any passage with what is right."""
    supported: bool = False
    """Whether some passage holds what is right."""
    readable: bool = True
    """Whether the asker may read one that does."""
    shown: int | None = None
    """The rank of the first of them among the passages that the answer was made from."""
    read: int = 0
    """How many of these the generator reads."""
    found: int | None = None
    """The rank of the first of them in a search today, far down."""
    newer: bool = False
    """Whether one of them has changed since, or has come since and would be shown today."""
    outdated: bool = False
    """Whether a document that the answer cites has changed since, or is gone."""
    answered_now: bool = False
    """Whether the question is answered today."""
    answered_to_all: bool = False
    """Whether it would be if the asker might read everything."""
    asked_with: str | None = None
    """What these two were found out with; None where they were not asked for."""


def decide(facts: Facts) -> Cause:
    """The first that holds: what people ticked, then what the passages show."""
    if "should_not_have_answered" in facts.faults and not facts.abstained:
        return "should_have_refused"
    if "out_of_date" in facts.faults:
        return "stale"
    if facts.supported:
        return decide_supported(facts)
    if facts.told:
        return decide_unsupported(facts)
    return decide_untold(facts)


def decide_supported(facts: Facts) -> Cause:
    """Some passage holds what is right: how far did it come?"""
    if not facts.readable:
        return "not_allowed"
    if facts.newer:
        return "stale"
    if facts.shown is not None and facts.abstained:
        return "wrongly_refused"
    if facts.shown is not None:
        return "misread" if facts.shown < facts.read else "ranked_low"
    return "not_retrieved" if facts.found is None else "ranked_low"


def decide_unsupported(facts: Facts) -> Cause:
    """Somebody said what is right, and no passage surely holds it."""
    if facts.outdated:
        return "stale"
    if facts.named or facts.agreement >= UNKNOWN:
        # The page is there, or a passage says nearly this: only a person can tell.
        return "unclear"
    if not facts.abstained and facts.confidence < LOW:
        return "should_have_refused"
    return "no_document"


def decide_untold(facts: Facts) -> Cause:
    """Nobody said what is right."""
    if facts.outdated:
        return "stale"
    if not facts.abstained:
        return "unclear"
    if facts.answered_now:
        return "stale"
    return "not_allowed" if facts.answered_to_all else "no_document"
