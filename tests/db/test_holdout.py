"""The holdout grows, is spent by being used, rests, and judges each candidate once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import delete, update

from db import cycles, holdout, interactions, optout, registry
from db.engine import Database
from db.holdout import MOST_JUDGED, CandidateJudged, GoldText, HoldoutRow, StoredScores
from db.interactions import InteractionRecord
from db.models import Cycle, HoldoutQuestion, Interaction
from db.registry import ReleaseParts

ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, (), asker="U1")
PARTS = ReleaseParts("embedder", "quotes", "1")


@dataclass(frozen=True)
class Held:
    digest: str
    question: str = "Which card opens the door?"
    answers: tuple[str, ...] = ("the green card",)
    passages: tuple[dict[str, str], ...] = ({"path": "keys.md", "text": "The green card opens."},)
    answerable: bool = True
    slice: str = "low_rated"
    cluster: str = "c1"
    interaction_id: str | None = None


@pytest.fixture
def judged(database: Database) -> Callable[..., int]:
    """Lets a candidate be judged in a cycle of its own, and returns the cycle's id."""

    def run(ids: list[int], parts: ReleaseParts = PARTS, candidate: int | None = None) -> int:
        cycle = begin(database, candidate or add_candidate(database, parts))
        holdout.save_scores(database, cycle, both(ids))
        return cycle

    return run


def begin(database: Database, candidate: int | None = None) -> int:
    cycle = cycles.begin(
        database, strategy="staged", dry_run=False, requested_by="U1", surface="cli"
    )
    with database.writing() as session:
        session.execute(update(Cycle).where(Cycle.id == cycle).values(candidate_id=candidate))
    return cycle


def add_candidate(database: Database, parts: ReleaseParts) -> int:
    return registry.add_candidate(database, parts, parent_id=None, note="", index_version=None)


def both(ids: list[int]) -> list[StoredScores]:
    return [
        StoredScores(number, arm, {"f1": 0.25, "mrr@10": None})
        for number in ids
        for arm in ("candidate", "champion")
    ]


def ids_of(database: Database) -> list[int]:
    return [row.id for row in holdout.current(database)]


def tuned(number: int) -> ReleaseParts:
    return replace(PARTS, retriever_adapter=f"adapter-{number}")


def judged_so_far(database: Database) -> list[int]:
    return [row.judged for row in holdout.current(database)]


def test_a_question_comes_back_as_it_went_in(database: Database) -> None:
    added = holdout.add(database, [Held("d1")])

    assert added == 1
    assert holdout.current(database) == [
        HoldoutRow(
            id=ids_of(database)[0],
            question="Which card opens the door?",
            answers=("the green card",),
            passages=(GoldText("keys.md", "The green card opens."),),
            answerable=True,
            slice="low_rated",
            cluster="c1",
        )
    ]


def test_no_questions_are_no_work(database: Database) -> None:
    assert holdout.add(database, []) == 0
    assert holdout.current(database) == []


def test_a_known_question_gets_the_newer_gold_and_stays_used(
    database: Database, judged: Callable[..., int]
) -> None:
    holdout.add(database, [Held("d1", slice="liked")])
    judged(ids_of(database))

    added = holdout.add(database, [Held("d1", answers=("the blue card",)), Held("d2")])

    fresh, known = holdout.current(database)
    assert added == 1
    assert fresh.judged == 0
    assert (known.answers, known.slice, known.judged) == (("the blue card",), "low_rated", 1)


def test_scores_are_stored_and_spend_their_questions(
    database: Database, judged: Callable[..., int]
) -> None:
    holdout.add(database, [Held("d1"), Held("d2")])
    first, second = ids_of(database)

    cycle = judged([second])

    assert holdout.scores_of(database, cycle) == both([second])
    assert [(row.id, row.judged) for row in holdout.current(database)] == [(first, 0), (second, 1)]


def test_a_cycle_is_judged_once(database: Database, judged: Callable[..., int]) -> None:
    holdout.add(database, [Held("d1")])
    cycle = judged(ids_of(database))

    with pytest.raises(CandidateJudged, match="train another"):
        holdout.require_unjudged(database, cycle)
    with pytest.raises(CandidateJudged):
        holdout.save_scores(database, cycle, both(ids_of(database)))
    assert judged_so_far(database) == [1]


def test_a_cycle_without_a_candidate_row_is_judged_once_too(database: Database) -> None:
    holdout.add(database, [Held("d1")])
    cycle = begin(database)
    holdout.save_scores(database, cycle, both(ids_of(database)))

    with pytest.raises(CandidateJudged):
        holdout.require_unjudged(database, cycle)


def test_a_candidate_is_not_judged_again_in_another_cycle(
    database: Database, judged: Callable[..., int]
) -> None:
    holdout.add(database, [Held("d1")])
    candidate = add_candidate(database, tuned(1))
    judged(ids_of(database), candidate=candidate)

    again = begin(database, candidate)

    with pytest.raises(CandidateJudged):
        holdout.save_scores(database, again, both(ids_of(database)))
    assert judged_so_far(database) == [1]
    assert holdout.scores_of(database, again) == []


def test_the_same_adapters_under_another_number_are_the_same_candidate(
    database: Database, judged: Callable[..., int]
) -> None:
    holdout.add(database, [Held("d1")])
    judged(ids_of(database), tuned(1))

    again = begin(database, add_candidate(database, tuned(1)))
    other = begin(database, add_candidate(database, tuned(2)))

    with pytest.raises(CandidateJudged):
        holdout.require_unjudged(database, again)
    holdout.require_unjudged(database, other)


@pytest.fixture
def used_up(database: Database, judged: Callable[..., int]) -> int:
    """The id of a question that has judged as many candidates as it may."""
    holdout.add(database, [Held("old")])
    (number,) = ids_of(database)
    for count in range(MOST_JUDGED):
        judged([number], tuned(count))
    return number


def test_a_question_that_has_judged_often_rests_behind_the_new_ones(
    database: Database, used_up: int
) -> None:
    holdout.add(database, [Held("new")])

    new, old = holdout.current(database)

    assert (new.resting, old.resting) == (False, True)
    assert old.id == used_up


def test_only_so_many_of_those_that_rest_are_asked(database: Database, used_up: int) -> None:
    assert holdout.current(database, most_resting=0) == []


def test_who_opts_out_is_not_asked_after_any_more(database: Database) -> None:
    theirs = interactions.record(database, ASKED)
    other = interactions.record(database, replace(ASKED, asker="U2"))
    nameless = interactions.record(database, replace(ASKED, asker=None))
    holdout.add(
        database,
        [
            Held("d1", interaction_id=theirs),
            Held("d2", interaction_id=other, question="two"),
            Held("d3", interaction_id=nameless, question="three"),
            Held("d4", question="four"),
        ],
    )

    optout.opt_out(database, "U1")

    assert [row.question for row in holdout.current(database)] == ["two", "three", "four"]


def test_a_forgotten_interaction_takes_its_question_along(database: Database) -> None:
    theirs = interactions.record(database, ASKED)
    holdout.add(database, [Held("d1", interaction_id=theirs)])

    with database.writing() as session:
        session.execute(delete(Interaction).where(Interaction.id == theirs))

    assert holdout.current(database) == []


def test_a_question_that_is_forgotten_while_it_is_judged_does_no_harm(database: Database) -> None:
    holdout.add(database, [Held("d1"), Held("d2")])
    ids = ids_of(database)
    cycle = begin(database)
    with database.writing() as session:
        session.execute(delete(HoldoutQuestion).where(HoldoutQuestion.id == ids[0]))

    holdout.save_scores(database, cycle, both(ids))

    assert holdout.scores_of(database, cycle) == both(ids[1:])


def test_of_two_at_once_one_is_stored(
    database: Database, together: Callable[[int, Callable[[int], Any]], list[Any]]
) -> None:
    holdout.add(database, [Held("d1")])
    ids = ids_of(database)
    cycle = begin(database)

    def save(_: int) -> bool:
        try:
            holdout.save_scores(database, cycle, both(ids))
        except CandidateJudged:
            return False
        return True

    assert sorted(together(2, save)) == [False, True]
    assert judged_so_far(database) == [1]
