"""Questions are answered and stored; votes and corrections count once and only for this team."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk import Desk
from bot.errors import Forged
from bot.lorebot import Lorebot
from db import feedback, interactions, registry
from db.early_votes import Vote
from db.feedback import UnknownInteraction
from knowledge.answers import Citation
from knowledge.question import QuestionRefused
from knowledge.record import to_passages

from .conftest import FakeKnowledge

TEAM = "T0ORBITDESK"
QUESTION = "When was the Apollo landing?"


@pytest.fixture
def desk(lorebot: Lorebot) -> Desk:
    return lorebot.desk


def asked(desk: Desk, team: str | None = TEAM) -> str:
    record = desk.ask(QUESTION, surface="slack", team=team, channel="C1", thread_ts="1.0")
    assert record.id is not None
    interactions.mark_answered(desk.database, record.id, "1.5")
    return record.id


def test_an_answer_is_stored_with_everything_that_was_true(
    desk: Desk, knowledge: FakeKnowledge
) -> None:
    live = registry.live_record(desk.database)
    assert live is not None
    knowledge.release_id = live.id
    given = desk.ask(QUESTION, surface="cli", asker="U1", question_ts="1.0")
    stored = interactions.find(desk.database, str(given.id))
    assert stored is not None
    assert replace(stored, passages=()) == replace(given, passages=())
    assert [p.text for p in stored.passages] == [p.text for p in given.passages]
    assert (stored.release_id, stored.index_version) == (live.id, 1)
    assert stored.answer == "Apollo 11 landed on the Moon on 20 July 1969. [1]"
    assert set(stored.timings_ms) == {"understand", "embed", "search", "generate", "total"}


def test_an_answer_of_no_release_is_stamped_with_none(desk: Desk) -> None:
    assert desk.ask(QUESTION, surface="cli").release_id is None


def test_cited_and_uncited_passages_are_stored(desk: Desk) -> None:
    given = desk.ask(QUESTION, surface="cli")
    assert [(p.path, p.citation) for p in given.passages] == [
        ("rockets/saturn-v.md", None),
        ("missions/apollo-11.md", 1),
        ("missions/cassini.md", None),
    ]


def test_a_passage_cited_under_two_numbers_is_stored_under_both(desk: Desk) -> None:
    answer = desk.knowledge.answer(QUESTION)
    cited = answer.citations[0].passage
    both = (Citation(1, cited, "One."), Citation(2, cited, "Two."), Citation(2, cited, "Three."))
    stored = to_passages(replace(answer, citations=both))
    assert [(p.citation, p.quote) for p in stored if p.citation] == [
        (1, "One."),
        (2, "Two. … Three."),
    ]


def test_a_question_without_words_is_refused_and_not_stored(desk: Desk) -> None:
    with pytest.raises(QuestionRefused):
        desk.ask(" \x00\u200b?! ", surface="slack")
    assert interactions.count(desk.database) == 0


def test_the_question_is_tidied_before_it_is_asked(desk: Desk) -> None:
    assert desk.ask(" When  was\x00 Apollo?\n", surface="cli").question == "When was Apollo?"


def test_a_second_vote_takes_the_place_of_the_first(desk: Desk) -> None:
    answer = asked(desk)
    desk.rate(answer, TEAM, "U1", 1)
    desk.rate(answer, TEAM, "U1", -1)
    assert feedback.vote_of(desk.database, answer, "U1") == -1
    assert feedback.history_of(desk.database, answer, "U1") == [1, -1]
    assert feedback.count_ratings(desk.database) == feedback.RatingCount(up=0, down=1)


@pytest.mark.parametrize("team", ["T0ANOTHER00", ""])
def test_another_team_cannot_rate_or_correct_an_answer(desk: Desk, team: str) -> None:
    answer = asked(desk)
    with pytest.raises(UnknownInteraction):
        desk.rate(answer, team, "U1", 1)
    with pytest.raises(UnknownInteraction):
        desk.correct(answer, team, "U1", "other")
    assert feedback.count_corrections(desk.database) == 0


def test_what_was_asked_on_the_command_line_cannot_be_rated_in_slack(desk: Desk) -> None:
    with pytest.raises(UnknownInteraction):
        desk.rate(asked(desk, team=None), TEAM, "U1", 1)


def test_a_forged_answer_is_unknown(desk: Desk) -> None:
    with pytest.raises(UnknownInteraction):
        desk.rate("f" * 32, TEAM, "U1", 1)


def test_a_vote_finds_its_answer_by_the_message(desk: Desk) -> None:
    answer = asked(desk)
    desk.rate_message(Vote(TEAM, "C1", "1.5", "U1", 1))
    assert feedback.vote_of(desk.database, answer, "U1") == 1


@pytest.mark.parametrize("place", [("T0", "C1", "1.5"), (TEAM, "C2", "1.5"), (TEAM, "C1", "1.0")])
def test_a_vote_on_any_other_message_is_none(desk: Desk, place: tuple[str, str, str]) -> None:
    asked(desk)
    desk.rate_message(Vote(*place, "U1", 1))
    assert feedback.count_ratings(desk.database) == feedback.RatingCount(0, 0)


def test_a_correction_is_stored_as_written(desk: Desk) -> None:
    answer = asked(desk)
    desk.correct(answer, TEAM, "U1", "out_of_date", "Three stages.", "saturn-v.md")
    [stored] = feedback.corrections_of(desk.database, answer)
    assert (stored.author, stored.fault, stored.status) == ("U1", "out_of_date", "waiting")
    assert (stored.right_answer, stored.right_document) == ("Three stages.", "saturn-v.md")


def test_a_fault_that_the_form_does_not_offer_is_refused(desk: Desk) -> None:
    with pytest.raises(Forged):
        desk.correct(asked(desk), TEAM, "U1", "boring")
