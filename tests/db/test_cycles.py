"""A cycle is begun, watched and ended; one that was abandoned is closed by the next."""

from __future__ import annotations

import datetime as dt

from db import cycles
from db.engine import Database

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def begin(database: Database) -> int:
    return cycles.begin(
        database, strategy="staged", dry_run=False, requested_by="U1", surface="cli"
    )


def finish(database: Database, cycle: int, status: cycles.Outcome, until: dt.datetime) -> None:
    cycles.finish(database, cycle, status, "Because.", report={"a": 1}, collected_until=until)


def test_a_cycle_is_found_as_it_was_begun(database: Database) -> None:
    found = cycles.find(database, begin(database))
    assert found is not None
    assert (found.strategy, found.status, found.step, found.reason) == (
        "staged",
        "running",
        "collect",
        "",
    )


def test_its_progress_is_kept(database: Database) -> None:
    cycle = begin(database)
    assert cycles.note_step(database, cycle, {"step": "train", "done": 1, "total": 3})
    found = cycles.find(database, cycle)
    assert found is not None
    assert (found.step, found.progress) == ("train", {"step": "train", "done": 1, "total": 3})


def test_one_that_is_to_end_hears_of_it_at_its_next_step(database: Database) -> None:
    cycle = begin(database)
    assert cycles.cancel(database, cycle)
    assert not cycles.note_step(database, cycle, {"step": "train"})


def test_one_that_has_ended_cannot_be_cancelled(database: Database) -> None:
    cycle = begin(database)
    finish(database, cycle, "held", NOON)
    assert not cycles.cancel(database, cycle)
    assert not cycles.cancel(database, 999)


def test_an_ended_one_shows_its_outcome_and_no_progress(database: Database) -> None:
    cycle = begin(database)
    cycles.note_step(database, cycle, {"step": "gate"})
    finish(database, cycle, "held", NOON)
    found = cycles.find(database, cycle)
    assert found is not None
    assert (found.status, found.reason, found.report, found.progress) == (
        "held",
        "Because.",
        {"a": 1},
        None,
    )
    assert found.finished_at is not None


def test_the_next_closes_one_whose_process_has_ended(database: Database) -> None:
    abandoned = begin(database)
    begin(database)
    found = cycles.find(database, abandoned)
    assert found is not None
    assert (found.status, found.reason) == ("failed", cycles.ABANDONED)


def test_the_newest_come_first(database: Database) -> None:
    numbers = [begin(database) for _ in range(3)]
    assert [record.id for record in cycles.latest(database, 2)] == numbers[:0:-1]


def test_only_cycles_that_were_judged_have_learnt_from_ratings(database: Database) -> None:
    assert cycles.collected_until(database) is None
    finish(database, begin(database), "held", NOON)
    finish(database, begin(database), "refused", NOON + dt.timedelta(days=1))
    assert cycles.collected_until(database) == NOON


def test_an_unknown_cycle_is_none(database: Database) -> None:
    assert cycles.find(database, 1) is None
