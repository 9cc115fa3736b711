"""Collect the answers that a cycle looks at, with everything that people said of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from db import signals
from db.engine import Database
from db.signals import AskedQuestion, Correcting, Signalled
from finetune.cases import GivenCorrection, RatedAnswer, Signal
from finetune.split import normalise_question
from knowledge.mentions import mentions
from knowledge.verified import agreeing

AGAIN = dt.timedelta(minutes=10)
"""Whoever asks the same within this time was not helped by the answer."""
NEARLY_THE_SAME = 0.8
"""Agreement of the telling words (Dice) of a question that is asked again."""
REFUSED = ("rejected", "withdrawn")
"""Corrections that an expert has not agreed to, or no longer does."""


@dataclass(frozen=True, slots=True)
class Collected:
    answers: tuple[RatedAnswer, ...]
    """Oldest first."""
    until: dt.datetime
    """The next cycle begins here."""
    left_out: Mapping[str, int]
    """How many answers were left out for which reason."""


def collect(database: Database, since: dt.datetime | None, *, direct_messages: bool) -> Collected:
    """What was voted on, corrected, withheld or asked again after `since`; None for ever.

    Left out are private channels, direct messages unless they are wanted, and whatever was asked
    or said by people who have opted out.
    """
    until = signals.settled_moment(database)
    asked = signals.asked_since(database, since and since - AGAIN, until)
    again = asked_again(asked, since)
    silent = signals.opted_out(database)
    answers: list[RatedAnswer] = []
    left_out: Counter[str] = Counter()
    for found in signals.rated_since(database, since, until, also=again):
        answer = rated(found, silent, again.get(found.id))
        reason = reason_left_out(found, answer, silent, direct_messages)
        if reason is None:
            answers.append(answer)
        else:
            left_out[reason] += 1
    return Collected(tuple(answers), until, dict(left_out))


def reason_left_out(
    found: Signalled, answer: RatedAnswer, silent: Collection[str], direct_messages: bool
) -> str | None:
    record = found.record
    if record.asker in silent:
        return "opted_out"
    if (record.channel or "").startswith("D"):
        if not direct_messages:
            return "direct_message"
    # Where Slack did not say what kind of channel it is, it may be a private one.
    elif found.private or (found.private is None and record.surface == "slack"):
        return "private"
    if not answer.signals:
        said = {vote.person for vote in found.votes} | {one.author for one in found.corrections}
        return "opted_out" if said & set(silent) else "rejected"
    return None


def rated(found: Signalled, silent: Collection[str], again: dt.datetime | None) -> RatedAnswer:
    """Without what was said by people who keep silent, and without what experts refused."""
    votes = [vote for vote in found.votes if vote.person not in silent]
    given = [
        one for one in found.corrections if one.author not in silent and one.status not in REFUSED
    ]
    corrections = tuple(to_correction(one) for one in given)
    values = {vote.person: vote.value for vote in votes}
    moments = [vote.at for vote in votes]
    moments += [moment for one in given for moment in (one.written_at, one.decided_at) if moment]
    return RatedAnswer(
        record=found.record,
        signals=signals_of(values, corrections, found.record.abstained, again is not None),
        votes=values,
        corrections=corrections,
        rated_at=max([found.asked_at, *([again] if again else []), *moments]),
        private=found.private,
    )


def to_correction(one: Correcting) -> GivenCorrection:
    return GivenCorrection(
        id=one.id,
        author=one.author,
        fault=one.fault,
        right_answer=(one.right_answer or "").strip() or None,
        right_document=(one.right_document or "").strip() or None,
        approved=one.status == "approved",
        written_at=one.written_at,
    )


def signals_of(
    votes: Mapping[str, int], corrections: Sequence[GivenCorrection], abstained: bool, again: bool
) -> frozenset[Signal]:
    told: dict[Signal, bool] = {
        "down": -1 in votes.values(),
        "up": 1 in votes.values(),
        "correction": bool(corrections),
        "abstained": abstained,
        "asked_again": again,
    }
    return frozenset(signal for signal, is_so in told.items() if is_so)


def asked_again(
    asked: Sequence[AskedQuestion], since: dt.datetime | None
) -> dict[str, dt.datetime]:
    """The questions, oldest first, that their asker asked again after `since`, and when."""
    again: dict[str, dt.datetime] = {}
    recent: dict[tuple[str | None, str], list[AskedQuestion]] = {}
    for one in asked:
        before = recent.setdefault((one.team, one.asker), [])
        before[:] = [other for other in before if one.asked_at - other.asked_at <= AGAIN]
        if since is None or one.asked_at > since:
            again |= {o.id: one.asked_at for o in before if is_the_same(o.question, one.question)}
        before.append(one)
    return again


def is_the_same(question: str, other: str) -> bool:
    """Whether two questions say nearly the same: another date or version is another question."""
    if normalise_question(question) == normalise_question(other):
        return True
    alike = agreeing(question, other, "english") >= NEARLY_THE_SAME
    return alike and mentions(question) == mentions(other)
