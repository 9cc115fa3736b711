"""Full text search finds the same, in the same order, with the same scores on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from db.engine import Database
from db.fulltext import TextSearch, count_terms
from db.models import Passage
from db.versions import NewDocument
from knowledge.terms import query_terms

CORPUS = {
    "Holidays": "Everybody has 28 days of holiday a year, and more days after ten years.",
    "Holidays › Notice": "Ask your lead two weeks before a holiday.",
    "Illness": "Call the front desk when you are ill; a note is needed from the fourth day.",
    "Doors": "The night door opens with the green card; lost cards go to the guard. " * 3,
    "": "The guard's desk is beside the night door.",
    "休暇": "社員は年間二十八日の休暇を取得できます。",
    "夜間": "夜間の出入口は緑のカードで開きます。",
}
QUESTIONS = [
    "How many days of holiday?",
    "lost card",
    "Where is the guard?",
    "front desk, night door and green cards",
    "休暇は何日ですか",
    "緑のカード",
]


@pytest.fixture
def fill(
    document: Callable[..., NewDocument], publish: Callable[..., int]
) -> Callable[[Database], int]:
    """Stores the corpus, a document for each passage."""
    documents = [
        document(f"{number}.md", text, heading=heading)
        for number, (heading, text) in enumerate(CORPUS.items())
    ]
    return lambda database: publish(database, documents)


def search(database: Database, question: str, limit: int = 10) -> list[tuple[str, float]]:
    """Headings and scores, best first."""
    with database.reading() as session:
        matches = TextSearch(session, query_terms(question)).best(limit)
        headings = dict(session.execute(select(Passage.id, Passage.heading)).all())
    return [(headings[passage_id], score) for passage_id, score in matches]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("holidays", "Holidays › Notice"),
        ("Ill?", "Illness"),
        ("NOTES", "Illness"),
        ("lost cards", "Doors"),
        ("休暇", "休暇"),
        ("夜間の出入口", "夜間"),
    ],
)
def test_words_are_found_whatever_their_form(
    database: Database, fill: Callable[[Database], int], question: str, best: str
) -> None:
    fill(database)
    assert search(database, question)[0][0] == best


def test_words_of_the_heading_are_found(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    assert [heading for heading, _ in search(database, "notice")] == ["Holidays › Notice"]


def test_what_no_passage_holds_is_not_found(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    assert search(database, "submarine 潜水艦") == []
    assert search(database, "?!") == []
    with database.reading() as session:
        assert TextSearch(session, []).best(10) == []


def test_an_empty_knowledge_base_holds_nothing(database: Database) -> None:
    assert search(database, "holiday") == []
    with database.reading() as session:
        assert count_terms(session, ["holiday"]) == (0, {"holiday": 0})


@pytest.mark.parametrize("question", QUESTIONS)
def test_passages_that_are_named_score_as_if_they_were_found(
    database: Database, fill: Callable[[Database], int], question: str
) -> None:
    fill(database)
    with database.reading() as session:
        ids = list(session.scalars(select(Passage.id)))
        words = TextSearch(session, query_terms(question))
        found, some = dict(words.best(10)), dict(words.of(ids[::2]))
    wanted = {i: score for i, score in found.items() if i in ids[::2]}
    assert len(found) < len(ids)
    assert some == pytest.approx(wanted)


def test_nothing_named_or_asked_for_scores_nothing(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    with database.reading() as session:
        assert TextSearch(session, ["holiday"]).of([]) == []
        assert TextSearch(session, []).of([1, 2]) == []


def test_no_more_are_found_than_asked_for(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    everything = search(database, "holiday desk door")
    assert len(everything) == 5
    assert search(database, "holiday desk door", 2) == everything[:2]


def test_scores_are_above_zero_and_fall(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    scores = [score for _, score in search(database, "days of holiday at the night door")]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_databases_rank_and_score_alike(
    sqlite: Database, postgres: Database, fill: Callable[[Database], int], question: str
) -> None:
    fill(sqlite)
    fill(postgres)
    one, other = search(sqlite, question), search(postgres, question)
    assert len(one) > 0
    assert [heading for heading, _ in other] == [heading for heading, _ in one]
    assert [score for _, score in other] == pytest.approx([score for _, score in one], rel=1e-6)


def test_passages_are_counted_for_each_term(
    database: Database, fill: Callable[[Database], int]
) -> None:
    fill(database)
    with database.reading() as session:
        total, counts = count_terms(session, ["holiday", "door", "休暇", "submarin"])
    assert total == len(CORPUS)
    assert counts == {"holiday": 2, "door": 2, "休暇": 1, "submarin": 0}


@pytest.mark.parametrize("length", [2_046, 2_047, 5_000, 40_000])
def test_a_word_without_end_does_not_stop_the_search(
    database: Database, fill: Callable[[Database], int], length: int
) -> None:
    fill(database)
    question = f"holiday {'x' * length}"
    assert [heading for heading, _ in search(database, question)] == [
        "Holidays › Notice",
        "Holidays",
    ]
    with database.reading() as session:
        assert count_terms(session, query_terms(question))[1]["holiday"] == 2
    assert search(database, "x" * length) == []


def test_a_word_without_end_can_be_stored(
    database: Database, document: Callable[..., NewDocument], publish: Callable[..., int]
) -> None:
    publish(database, [document("a.md", f"holiday {'x' * 5_000} desk", heading="Long")])
    assert [heading for heading, _ in search(database, "desk")] == ["Long"]
    assert [heading for heading, _ in search(database, "holiday")] == ["Long"]


@pytest.mark.parametrize(
    "question",
    [
        'holiday" OR "door',
        "holiday' | 'door",
        "it's the guard's \\' card",
        "heading_terms:holiday NEAR(door, 2) NOT card*",
        "holiday & !door <-> card:*A ' OR 1=1; --",
    ],
)
def test_operators_are_mere_words(
    database: Database, fill: Callable[[Database], int], question: str
) -> None:
    fill(database)
    assert {heading for heading, _ in search(database, question)} <= set(CORPUS)


@given(
    question=st.text(max_size=60) | st.text(alphabet="a'\"\\*:&|!()<->^ ’漢字é\x00", max_size=30)
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_question_can_be_searched(database: Database, question: str) -> None:
    with database.reading() as session:
        assert TextSearch(session, query_terms(question)).best(5) == []
        total, counts = count_terms(session, query_terms(question))
    assert total == 0
    assert set(counts.values()) <= {0}
