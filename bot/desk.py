"""What Lorebot does for people, free of Slack: answer, take a vote, take a correction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bot.errors import Forged
from db import early_votes, feedback, interactions
from db.early_votes import Vote
from db.engine import Database
from db.feedback import CorrectionRecord, UnknownInteraction
from db.interactions import InteractionRecord
from db.passages import sources_of
from knowledge.answers import Answer
from knowledge.audience import Reader
from knowledge.following import Follower
from knowledge.question import tidy
from knowledge.record import to_record
from knowledge.report import Progress, ReindexReport

if TYPE_CHECKING:
    from db.registry import ReleaseParts
    from knowledge.base import DocumentText, IndexStatus

FAULTS = {
    "wrong_document": "It used the wrong document",
    "wrong_answer": "The answer is wrong",
    "out_of_date": "It is out of date",
    "not_complete": "It is not complete",
    "should_not_have_answered": "It should not have answered",
    "other": "Something else",
}


TURNS = 3
"""Questions of a thread that the next one may lean on."""


class Knowledge(Protocol):
    """The knowledge base, as far as the bot asks for it."""

    def answer(
        self,
        question: str,
        reader: Reader | None = None,
        follower: Follower | None = None,
        turns: Sequence[tuple[str, str]] = (),
    ) -> Answer: ...
    def reindex(
        self,
        full: bool = False,
        progress: Callable[[Progress], None] | None = None,
        only: Collection[str] | None = None,
    ) -> ReindexReport: ...
    def status(self) -> IndexStatus: ...
    def document(self, path: str, reader: Reader | None = None) -> DocumentText | None: ...
    def release_parts(self) -> ReleaseParts: ...
    def refresh(self) -> None: ...
    def watch(self, stop: threading.Event) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions, votes and corrections are taken."""

    database: Database
    knowledge: Knowledge
    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The ids of the people who keep the documents of a source, by its name."""

    @property
    def has_experts(self) -> bool:
        return any(self.owners.values())

    def experts_of(self, record: InteractionRecord) -> list[str]:
        """Who keeps the documents that came nearest to a question."""
        ids = [p.passage_id for p in record.passages if p.passage_id is not None]
        with self.database.reading() as session:
            names = sources_of(session, ids)
        return next((list(self.owners[name]) for name in names if self.owners.get(name)), [])

    def ask(
        self,
        question_text: str,
        *,
        surface: str,
        team: str | None = None,
        channel: str | None = None,
        thread_ts: str | None = None,
        question_ts: str | None = None,
        asker: str | None = None,
        inbox_id: int | None = None,
        reader: Reader | None = None,
        follower: Follower | None = None,
        private: bool | None = None,
    ) -> InteractionRecord:
        """Answer a question from what its reader may read, and store both.

        A question in a thread is understood from what was asked there before. Raises
        QuestionRefused, KnowledgeUnusable.
        """
        question = tidy(question_text)
        said = self.said_in(team, channel, thread_ts)
        new = replace(
            to_record(self.knowledge.answer(question, reader, follower, said), surface),
            inbox_id=inbox_id,
            team=team,
            channel=channel,
            thread_ts=thread_ts,
            question_ts=question_ts,
            asker=asker,
            private=private,
        )
        return replace(new, id=interactions.record(self.database, new))

    def said_in(
        self, team: str | None, channel: str | None, thread_ts: str | None
    ) -> list[tuple[str, str]]:
        if team is None or channel is None or thread_ts is None:
            return []
        return interactions.turns_of(self.database, team, channel, thread_ts, TURNS)

    def rate(self, interaction_id: str, team: str, rater: str, value: int) -> InteractionRecord:
        """Store a vote, +1 or −1, and return what it is about. Raises UnknownInteraction."""
        record = self.answer_of(team, interaction_id)
        feedback.rate(self.database, interaction_id, rater, value)
        return record

    def rate_message(self, vote: Vote) -> None:
        """Store a vote on a message: it counts if that is, or turns out to be, an answer."""
        record = interactions.find_by_answer(self.database, vote.team, vote.channel, vote.ts)
        if record is None or record.id is None:
            early_votes.keep(self.database, vote)
            early_votes.settle(self.database)
        else:
            feedback.rate(self.database, record.id, vote.rater, vote.value)

    def correct(
        self,
        interaction_id: str,
        team: str,
        author: str,
        fault: str,
        right_answer: str | None = None,
        right_document: str | None = None,
    ) -> int:
        """Store what was wrong and return its id. Raises UnknownInteraction, Forged."""
        if fault not in FAULTS:
            raise Forged
        self.answer_of(team, interaction_id)
        correction = CorrectionRecord(interaction_id, author, fault, right_answer, right_document)
        return feedback.correct(self.database, correction)

    def answer_of(self, team: str, interaction_id: str) -> InteractionRecord:
        """An answer that was given in this team: another team's is as unknown as none."""
        record = interactions.find(self.database, interaction_id)
        if record is None or record.team != team:
            raise UnknownInteraction
        return record
