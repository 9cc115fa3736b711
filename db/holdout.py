"""The questions that candidates are judged on, what each release did on them, and what that costs.

A question that has judged often knows less: whoever tries long enough passes by chance. So storing
a candidate's scores is what spends its questions, in one transaction; a candidate is judged once;
and a question that has judged MOST_JUDGED candidates rests: it still guards what must not be
forgotten, but no gain counts on it. Until then each use leaves a smaller chance of error to the
next (`finetune.gate.alpha_left`), and new questions bring the chance back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from db.engine import Database
from db.models import Cycle, HoldoutQuestion, Interaction, JudgedQuestion, OptOut, Release
from db.sql import insert_for, take_turns

Arm = Literal["champion", "candidate"]

MOST_JUDGED = 4
MOST_RESTING = 200
"""Of the questions that rest, so many are still asked: they cost time and gain nothing."""
GOLD = ("answers", "passages", "answerable", "slice", "interaction_id")
# Any constant will do, if nothing else takes turns on it.
HOLDOUT_TURN = 7_305_471


class CandidateJudged(Exception):
    """This candidate has been judged before; train another to have it judged."""


class HeldOut(Protocol):
    """A question to add, from wherever it comes."""

    @property
    def question(self) -> str: ...
    @property
    def answers(self) -> Sequence[str]: ...
    @property
    def passages(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def answerable(self) -> bool: ...
    @property
    def slice(self) -> str: ...
    @property
    def cluster(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def interaction_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class GoldText:
    """A right passage: the document's path, and the passage's words when it was found right."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class HoldoutRow:
    """`slice` is low_rated, liked, abstention or curated; `judged` counts candidates so far."""

    id: int
    question: str
    answers: tuple[str, ...]
    passages: tuple[GoldText, ...]
    answerable: bool
    slice: str
    cluster: str
    judged: int = 0

    @property
    def resting(self) -> bool:
        return self.judged >= MOST_JUDGED


@dataclass(frozen=True, slots=True)
class StoredScores:
    question_id: int
    arm: Arm
    scores: dict[str, Any]


def add(database: Database, rows: Sequence[HeldOut]) -> int:
    """Store the questions and return how many are new; of one that is known already the gold is
    brought up to date, and how often it has judged stays."""
    if not rows:
        return 0
    with database.writing() as session:
        take_turns(session, HOLDOUT_TURN)
        before = count(session)
        for row in rows:
            session.execute(upsert(session, row))
        return count(session) - before


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HoldoutQuestion)) or 0


def upsert(session: Session, row: HeldOut) -> Any:
    values = {
        "digest": row.digest,
        "question": row.question,
        "answers": list(row.answers),
        "passages": [{"path": gold["path"], "text": gold["text"]} for gold in row.passages],
        "answerable": row.answerable,
        "slice": row.slice,
        "cluster": row.cluster,
        "interaction_id": row.interaction_id,
        "judged": 0,
    }
    statement = insert_for(session.get_bind().dialect, HoldoutQuestion).values(**values)
    changed = {name: values[name] for name in GOLD}
    return statement.on_conflict_do_update(index_elements=["digest"], set_=changed)


def current(database: Database, most_resting: int = MOST_RESTING) -> list[HoldoutRow]:
    """Everything to ask: first the questions on which a gain counts, the least judged before the
    others, then the latest of those that rest. People who have opted out are not asked after."""
    in_play = HoldoutQuestion.judged < MOST_JUDGED
    with database.reading() as session:
        playing = select(HoldoutQuestion).where(in_play, wanted())
        playing = playing.order_by(HoldoutQuestion.judged, HoldoutQuestion.id)
        resting = select(HoldoutQuestion).where(~in_play, wanted())
        resting = resting.order_by(HoldoutQuestion.id.desc()).limit(most_resting)
        rows = [*session.scalars(playing), *session.scalars(resting)]
        return [to_row(row) for row in rows]


def wanted() -> ColumnElement[bool]:
    theirs = select(Interaction.id).join(OptOut, OptOut.person == Interaction.asker)
    asked = HoldoutQuestion.interaction_id
    return or_(asked.is_(None), asked.not_in(theirs))


def to_row(row: HoldoutQuestion) -> HoldoutRow:
    return HoldoutRow(
        id=row.id,
        question=row.question,
        answers=tuple(row.answers),
        passages=tuple(GoldText(gold["path"], gold["text"]) for gold in row.passages),
        answerable=row.answerable,
        slice=row.slice,
        cluster=row.cluster,
        judged=row.judged,
    )


def require_unjudged(database: Database, cycle_id: int) -> None:
    """Raises CandidateJudged if this cycle's candidate has scores: before hours are spent on it."""
    with database.reading() as session:
        check_unjudged(session, cycle_id)


def save_scores(database: Database, cycle_id: int, scores: Sequence[StoredScores]) -> None:
    """Store what both releases did, and count one more candidate on each of the questions.

    Raises CandidateJudged if there are scores of this cycle, or of its candidate, already.
    """
    with database.writing() as session:
        take_turns(session, HOLDOUT_TURN)
        check_unjudged(session, cycle_id)
        ids = {row.question_id for row in scores}
        there = set(session.scalars(select(HoldoutQuestion.id).where(HoldoutQuestion.id.in_(ids))))
        # A question may have been forgotten with its asker while it was judged.
        kept = [row for row in scores if row.question_id in there]
        if kept:
            session.execute(insert(JudgedQuestion), [values_of(cycle_id, row) for row in kept])
        spent = update(HoldoutQuestion).where(HoldoutQuestion.id.in_(there))
        session.execute(spent.values(judged=HoldoutQuestion.judged + 1))


def values_of(cycle_id: int, row: StoredScores) -> dict[str, Any]:
    return {
        "cycle_id": cycle_id,
        "question_id": row.question_id,
        "arm": row.arm,
        "scores": row.scores,
    }


def check_unjudged(session: Session, cycle_id: int) -> None:
    query = select(JudgedQuestion.cycle_id).where(JudgedQuestion.cycle_id.in_(same(cycle_id)))
    if session.scalars(query.limit(1)).first() is not None:
        raise CandidateJudged(CandidateJudged.__doc__)


def same(cycle_id: int) -> Any:
    """Cycles with the candidate of this one: the same release, or another of the same parts."""
    mine, other = aliased(Release), aliased(Release)
    own = select(Cycle.candidate_id).where(Cycle.id == cycle_id).scalar_subquery()
    candidates = (
        select(Cycle.id)
        .join(other, other.id == Cycle.candidate_id)
        .join(mine, mine.id == own)
        .where(
            other.embedding_model == mine.embedding_model,
            other.generator == mine.generator,
            other.prompt_version == mine.prompt_version,
            other.retriever_adapter.is_not_distinct_from(mine.retriever_adapter),
            other.generator_adapter.is_not_distinct_from(mine.generator_adapter),
        )
    )
    return candidates.union(select(Cycle.id).where(Cycle.id == cycle_id))


def scores_of(database: Database, cycle_id: int) -> list[StoredScores]:
    with database.reading() as session:
        query = select(JudgedQuestion).where(JudgedQuestion.cycle_id == cycle_id)
        query = query.order_by(JudgedQuestion.question_id, JudgedQuestion.arm)
        return [
            StoredScores(row.question_id, as_arm(row.arm), row.scores)
            for row in session.scalars(query)
        ]


def as_arm(stored: str) -> Arm:
    return "champion" if stored == "champion" else "candidate"


def questions(database: Database) -> list[str]:
    """Every question that was ever held out: none of them may train, asked after or not."""
    with database.reading() as session:
        return list(session.scalars(select(HoldoutQuestion.question).order_by(HoldoutQuestion.id)))
