"""Diagnose rated answers: gather the facts of each, decide why it was bad, keep the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from db.documents import LivePassage, passages_by_id, texts_at
from db.interactions import InteractionRecord, PassageRecord
from db.sources import readable
from finetune.asked_today import Today, asked_today
from finetune.cases import Case, GivenCorrection, RatedAnswer
from finetune.causes import REMEDIES, Facts, decide
from finetune.evaluate import SAME_TEXT
from finetune.gaps import gaps as gaps
from finetune.scorers import overlap, spaced, tokens
from finetune.split import normalise_question
from finetune.support import Agreeing, Support, Supporter, to_gold
from knowledge.answers import FoundPassage
from knowledge.audience import Reader
from knowledge.base import Knowledge
from knowledge.generate.quotes import READ_PASSAGES

FAR = 50
"""How far down a search is looked through for the right passage."""
QUOTES = "quotes"
"""What answers without a language model are stamped with."""


@dataclass(frozen=True)
class Diagnoser:
    """Diagnoses against the live index."""

    knowledge: Knowledge
    supporter: Supporter

    def diagnose(self, answer: RatedAnswer) -> Case:
        if is_liked(answer):
            return self.liked(answer)
        right = right_correction(answer)
        text = right.right_answer if right else None
        page = right.right_document if right else None
        support = Support()
        if text or page:
            support = self.supporter.look(text, page, answer.question)
        if not text:
            support = replace(support, passages=not_cited(support.passages, answer.record))
        allowed = self.allowed(support.passages, reader_of(answer.record))
        facts = self.facts(answer, support, allowed)
        cause = decide(facts)
        gold = allowed or support.passages
        return Case(
            answer=answer,
            cause=cause,
            remedy=REMEDIES[cause],
            right_answer=text,
            right_answer_by=right.author if right and text else None,
            gold=tuple(map(to_gold, gold)),
            evidence=evidence(answer, facts, gold, page),
        )

    def liked(self, answer: RatedAnswer) -> Case:
        """What it cites is right."""
        shown = [p for p in answer.record.passages if p.citation is not None]
        ids = [p.passage_id for p in shown if p.passage_id is not None]
        with self.knowledge.database.reading() as session:
            live = passages_by_id(session, ids)
        gold = tuple(to_gold(Agreeing(live[i], 1.0)) for i in dict.fromkeys(ids) if i in live)
        said = None if answer.record.abstained else answer.record.answer
        by = next(person for person, vote in answer.votes.items() if vote > 0)
        told = {"signals": sorted(answer.signals)}
        return Case(answer, None, None, said, by if said else None, gold, told)

    def allowed(self, found: Sequence[Agreeing], reader: Reader | None) -> tuple[Agreeing, ...]:
        """Those that the asker may read."""
        if reader is None:
            return tuple(found)
        with self.knowledge.database.reading() as session:
            ids = readable(session, reader.labels)
        return tuple(one for one in found if ids is None or one.passage.source_id in ids)

    def facts(self, answer: RatedAnswer, support: Support, allowed: Sequence[Agreeing]) -> Facts:
        record, right = answer.record, right_correction(answer)
        gold = [one.passage for one in allowed]
        told = right is not None
        text = right.right_answer if right else None
        shown = first_shown(record.passages, gold)
        found = self.rank(answer, gold)
        today = Today()
        if record.abstained and not told:
            reader = reader_of(record)
            today = asked_today(self.knowledge, record.id, answer.question, reader)
        return Facts(
            abstained=record.abstained,
            confidence=record.confidence,
            faults=frozenset(one.fault for one in answer.corrections),
            told=told,
            named=support.named,
            agreement=support.best,
            supported=bool(support.passages),
            readable=bool(allowed) or not support.passages,
            shown=shown,
            read=reads(record),
            found=found,
            newer=self.is_newer(record, gold, text) or came_later(record, gold, shown, found),
            outdated=bool(self.outdated(cited(record))),
            answered_now=today.to_asker,
            answered_to_all=today.to_all,
            asked_with=today.asked_with,
        )

    def rank(self, answer: RatedAnswer, gold: Sequence[LivePassage]) -> int | None:
        """Where a search today finds the first of them."""
        if not gold:
            return None
        reader = reader_of(answer.record)
        found = self.knowledge.retriever.find(answer.question, FAR, reader).passages
        ranks = (rank for rank, one in enumerate(found) if any(holds(one, g) for g in gold))
        return next(ranks, None)

    def is_newer(
        self, record: InteractionRecord, gold: Sequence[LivePassage], text: str | None
    ) -> bool:
        """Whether an older wording of one of them was shown, without what is right or with what is
        quoted and has gone."""
        gone = set(self.outdated(cited(record)))
        return any(
            is_older(shown, one) and (shown.path in gone or says_new(one, shown, text))
            for shown in record.passages
            for one in gold
        )

    def outdated(self, passages: Sequence[PassageRecord]) -> list[str]:
        """The paths at which what was said no longer stands."""
        with self.knowledge.database.reading() as session:
            texts = texts_at(session, {passage.path for passage in passages})
        standing = {path: " ".join(map(spaced, found)) for path, found in texts.items()}
        return [
            passage.path
            for passage in passages
            if not all(
                spaced(said) in standing.get(passage.path, "") for said in said_from(passage)
            )
        ]


def is_liked(answer: RatedAnswer) -> bool:
    """By more people than not, and nobody has corrected it."""
    return sum(answer.votes.values()) > 0 and not answer.corrections


def right_correction(answer: RatedAnswer) -> GivenCorrection | None:
    """What an expert agreed to, else what most people say, else what was said last."""
    told = [one for one in answer.corrections if one.right_answer or one.right_document]
    said = Counter(normalise_question(text_of(one)) for one in told)
    return max(
        told,
        key=lambda one: (
            one.approved,
            one.right_answer is not None,
            said[normalise_question(text_of(one))],
            one.written_at,
        ),
        default=None,
    )


def text_of(correction: GivenCorrection) -> str:
    return correction.right_answer or correction.right_document or ""


def reader_of(record: InteractionRecord) -> Reader | None:
    """Who read the answer: the channel, or in a direct message the asker; else the operator."""
    if record.channel is None:
        return Reader(person=record.asker) if record.asker else None
    if record.channel.startswith("D"):
        return Reader(person=record.asker)
    return Reader(channel=record.channel)


def reads(record: InteractionRecord) -> int:
    """How many passages the generator has read: a language model is given all."""
    return READ_PASSAGES if record.generator == QUOTES else len(record.passages)


def cited(record: InteractionRecord) -> list[PassageRecord]:
    return [passage for passage in record.passages if passage.citation is not None]


def not_cited(found: Sequence[Agreeing], record: InteractionRecord) -> tuple[Agreeing, ...]:
    """Where only a page was named: what the answer cites of it is not what was meant."""
    wrong = cited(record)
    return tuple(one for one in found if not any(holds(shown, one.passage) for shown in wrong))


def said_from(passage: PassageRecord) -> list[str]:
    """What the answer has of it, or all of it if it does not quote."""
    return passage.quote.split(" … ") if passage.quote else [passage.text]


def first_shown(shown: Sequence[PassageRecord], gold: Sequence[LivePassage]) -> int | None:
    # What is cited under two numbers is stored twice.
    distinct = list({(one.path, one.text): one for one in shown}.values())
    ranks = (rank for rank, one in enumerate(distinct) if any(holds(one, g) for g in gold))
    return next(ranks, None)


def holds(shown: PassageRecord | FoundPassage, gold: LivePassage) -> bool:
    """Whether what was shown has the passage in it: neighbours are shown as one."""
    if shown.passage_id == gold.id or spaced(gold.text) in spaced(shown.text):
        return True
    return shown.path == gold.document.path and overlap(shown.text, gold.text) >= SAME_TEXT


def is_older(shown: PassageRecord, gold: LivePassage) -> bool:
    """Whether it is the passage in other words than today's."""
    if shown.path != gold.document.path or spaced(gold.text) in spaced(shown.text):
        return False
    return shown.passage_id != gold.id and overlap(shown.text, gold.text) >= SAME_TEXT


def says_new(gold: LivePassage, shown: PassageRecord, text: str | None) -> bool:
    """Whether what is right has words that the passage has today and had not when it was shown."""
    new = set(tokens(gold.text)) - set(tokens(shown.text))
    return bool(new & set(tokens(text))) if text else bool(new)


def came_later(
    record: InteractionRecord, gold: Sequence[LivePassage], shown: int | None, found: int | None
) -> bool:
    """Whether it was not shown, would be today, and is of a later version of the index."""
    if shown is not None or found is None or record.index_version is None:
        return False
    newest = max(one.document.added_in for one in gold)
    return found < len(record.passages) and newest > record.index_version


def evidence(
    answer: RatedAnswer, facts: Facts, gold: Sequence[Agreeing], page: str | None
) -> dict[str, Any]:
    """Ready for JSON."""
    return {
        "signals": sorted(answer.signals),
        **asdict(facts),
        "faults": sorted(facts.faults),
        "document": page,
        "passages": [
            {
                "passage_id": one.passage.id,
                "path": one.passage.document.path,
                "heading": one.passage.heading,
                "agreement": one.agreement,
            }
            for one in gold
        ],
    }
