"""A cycle's diagnoses are kept with their evidence, once for each answer."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from db import diagnoses, interactions
from db.diagnoses import DiagnosisRecord
from db.engine import Database
from db.interactions import InteractionRecord
from db.models import Cycle, Interaction

BARE = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())


@pytest.fixture
def cycle(database: Database) -> int:
    return begun(database)


def begun(database: Database) -> int:
    with database.writing() as session:
        row = Cycle(
            strategy="staged",
            status="running",
            step="diagnose",
            dry_run=False,
            requested_by="U1",
            surface="cli",
        )
        session.add(row)
        session.flush()
        return row.id


def misread(interaction_id: str) -> DiagnosisRecord:
    evidence = {"shown": 1, "agreement": 0.9, "passages": [{"path": "数.md"}]}
    return DiagnosisRecord(interaction_id, "misread", "generator", evidence)


def stale(interaction_id: str) -> DiagnosisRecord:
    return DiagnosisRecord(interaction_id, "stale", "reindex", {})


def test_diagnoses_come_back_in_the_order_of_the_questions(database: Database, cycle: int) -> None:
    first, second = (interactions.record(database, BARE) for _ in range(2))
    kept = diagnoses.save(database, cycle, [stale(second), misread(first)])
    assert kept == 2
    assert diagnoses.of_cycle(database, cycle) == [misread(first), stale(second)]
    assert diagnoses.of_cycle(database, cycle + 1) == []


def test_a_cycle_that_goes_on_stores_the_same_answer_once(database: Database, cycle: int) -> None:
    one = interactions.record(database, BARE)
    diagnoses.save(database, cycle, [stale(one)])
    diagnoses.save(database, cycle, [stale(one), misread(one)])
    assert diagnoses.of_cycle(database, cycle) == [misread(one)]


def test_the_latest_diagnosis_of_an_answer_is_found(database: Database) -> None:
    one, other = (interactions.record(database, BARE) for _ in range(2))
    assert diagnoses.latest_of(database, one) is None
    diagnoses.save(database, begun(database), [misread(one), stale(other)])
    diagnoses.save(database, begun(database), [stale(one)])
    assert diagnoses.latest_of(database, one) == stale(one)


def test_an_answer_that_was_deleted_meanwhile_is_left_out(database: Database, cycle: int) -> None:
    one, gone = (interactions.record(database, BARE) for _ in range(2))
    with database.writing() as session:
        session.execute(delete(Interaction).where(Interaction.id == gone))
    assert diagnoses.save(database, cycle, [misread(one), misread(gone)]) == 1
    assert diagnoses.save(database, cycle, []) == 0
    assert diagnoses.of_cycle(database, cycle) == [misread(one)]


def test_causes_are_counted_the_most_frequent_first(database: Database, cycle: int) -> None:
    one, two, three = (interactions.record(database, BARE) for _ in range(3))
    diagnoses.save(database, cycle, [stale(one), misread(two), misread(three)])
    assert list(diagnoses.counts(database, cycle).items()) == [("misread", 2), ("stale", 1)]
    assert diagnoses.counts(database, cycle + 1) == {}
