"""The live release's answers and votes are told apart from those of the release before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from db import feedback, interactions, registry
from db.engine import Database
from db.interactions import InteractionRecord
from db.registry import ReleaseParts
from db.release_ratings import VOTES_PER_PERSON, LiveRatings, Ratings, live_ratings

ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
PARTS = ReleaseParts("embedder", "quotes", "1")


@pytest.fixture
def old(database: Database) -> int:
    return registry.ensure_live(database, PARTS)


@pytest.fixture
def live(database: Database, old: int) -> int:
    """A release that was promoted in the place of `old`."""
    parts = replace(PARTS, retriever_adapter="adapter")
    new = registry.add_candidate(database, parts, parent_id=old, note="", index_version=None)
    return registry.promote(database, new).id


def answered(database: Database, release: int, *votes: Sequence[tuple[str, int]]) -> None:
    """One answer of the release for each list of votes by person."""
    for cast in votes:
        interaction = interactions.record(database, replace(ASKED, release_id=release))
        for rater, value in cast:
            feedback.rate(database, interaction, rater, value)


def test_without_a_release_before_it_there_is_nothing_to_compare(
    database: Database, old: int
) -> None:
    assert live_ratings(database) is None


def test_without_any_release_there_is_nothing_to_compare(database: Database) -> None:
    assert live_ratings(database) is None


def test_answers_and_those_rated_down_are_counted_by_release(
    database: Database, old: int, live: int
) -> None:
    answered(database, old, [("U1", -1)], [("U1", 1)], [])
    answered(database, live, [("U1", -1)], [("U2", -1)], [], [("U2", 1)])

    assert live_ratings(database) == LiveRatings(live, Ratings(3, 1), Ratings(4, 2))


def test_an_answer_is_down_if_more_say_so(database: Database, live: int) -> None:
    answered(
        database,
        live,
        [("U1", -1), ("U2", 1)],
        [("U3", -1), ("U4", -1), ("U5", 1)],
        [("U6", 1), ("U7", -1), ("U8", 1)],
    )

    found = live_ratings(database)

    assert found is not None
    assert found.after == Ratings(3, 1)


def test_a_person_who_votes_everything_down_counts_a_few_times(
    database: Database, live: int
) -> None:
    answered(database, live, *[[("U1", -1)]] * (VOTES_PER_PERSON + 7), [("U2", -1)])

    found = live_ratings(database)

    assert found is not None
    assert found.after == Ratings(VOTES_PER_PERSON + 8, VOTES_PER_PERSON + 1)
