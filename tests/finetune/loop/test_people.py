"""Simulated people vote by what they believe, and correct what they believe is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db import feedback
from finetune.collect import collect
from finetune.datasets import Dataset
from finetune.rehearsal.people import NONSENSE, POISONER, People, document_of
from knowledge.base import Knowledge

from .conftest import Team, copied


@pytest.fixture
def team(few_asked: tuple[Knowledge, Dataset], tmp_path: Path) -> Iterator[Team]:
    with copied(few_asked, tmp_path) as team:
        yield team


def test_what_they_say_is_collected_and_approved(team: Team) -> None:
    answers = collect(team.knowledge.database, None, direct_messages=False).answers
    corrections = [one for answer in answers for one in answer.corrections]
    assert len(answers) == 10
    assert corrections
    assert {one.approved for one in corrections} == {True}
    assert {one.right_document for one in corrections} <= {
        document_of(question) for question in team.dataset.questions
    }


def test_whoever_believes_something_else_votes_by_that(team: Team) -> None:
    question, other = team.dataset.questions[4], team.dataset.questions[9]
    before = feedback.count_ratings(team.knowledge.database)
    people = People(team.knowledge, team.dataset)
    assert list(people.ask_all([question])) == [1]
    assert list(people.ask_all([question], lambda _: other)) == [1]
    after = feedback.count_ratings(team.knowledge.database)
    assert (after.up - before.up, after.down - before.down) == (1, 1)


def test_one_who_means_ill_votes_as_often_as_told_and_nobody_agrees(team: Team) -> None:
    votes = People(team.knowledge, team.dataset).poison(team.dataset.questions[:3], 7)
    answers = collect(team.knowledge.database, None, direct_messages=False).answers
    ill = [answer for answer in answers if answer.votes.get(POISONER) == -1]
    assert (votes, len(ill)) == (7, 7)
    assert {one.right_answer for answer in ill for one in answer.corrections} == {NONSENSE}
    assert not any(one.approved for answer in ill for one in answer.corrections)
