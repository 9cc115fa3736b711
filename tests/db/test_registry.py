"""One release is live at any moment; what was learnt stays, and there is always a way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from db import registry
from db.engine import Database
from db.registry import NothingToRollBack, NotPromotable, ReleaseParts, UnknownRelease

PARTS = ReleaseParts("embedder", "local:tiny", "1")
LEARNT = replace(PARTS, retriever_adapter="retriever-1", generator_adapter="generator-1")


def promoted(database: Database, parts: ReleaseParts = LEARNT) -> int:
    """A release that was made from the live one and took its place."""
    parent = registry.ensure_live(database, PARTS)
    made = registry.add_candidate(database, parts, parent, "Cycle 1.", index_version=3)
    return registry.promote(database, made, "Better by .05.").id


def live(database: Database) -> registry.ReleaseRecord:
    record = registry.live_record(database)
    assert record is not None
    return record


def status_of(database: Database, release_id: int) -> str:
    record = registry.find(database, release_id)
    assert record is not None
    return record.status


def test_a_release_is_made_live_once(database: Database) -> None:
    assert registry.live_release(database) is None
    first = registry.ensure_live(database, PARTS)
    assert registry.ensure_live(database, PARTS) == first
    assert registry.live_release(database) == (first, PARTS)


def test_other_settings_take_the_place_of_the_live_release(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    second = registry.ensure_live(database, replace(PARTS, generator="quotes"))
    assert (status_of(database, first), live(database).id) == ("retired", second)


def test_replicas_that_start_at_once_agree_on_one_release(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    registry.ensure_live(database, PARTS)
    parts = replace(PARTS, prompt_version="2")
    ids = together(4, lambda _: registry.ensure_live(database, parts))
    assert len(set(ids)) == 1
    assert registry.live_release(database) == (ids[0], parts)


def test_a_restart_keeps_what_was_promoted(database: Database) -> None:
    release = promoted(database)
    assert registry.ensure_live(database, PARTS) == release
    assert live(database).parts == LEARNT


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"generator": "quotes"}, ("retriever-1", None)),
        ({"prompt_version": "2"}, ("retriever-1", None)),
        ({"embedding_model": "larger"}, (None, "generator-1")),
    ],
)
def test_other_settings_keep_the_adapters_that_still_fit(
    database: Database, changed: dict[str, str], kept: tuple[str | None, str | None]
) -> None:
    promoted(database)
    registry.ensure_live(database, replace(PARTS, **changed))
    record = live(database)
    assert (record.retriever_adapter, record.generator_adapter) == kept


def test_adapters_that_were_kept_over_other_settings_can_be_rolled_back(
    database: Database,
) -> None:
    promoted(database)
    changed = replace(PARTS, generator="quotes")
    registry.ensure_live(database, changed)
    assert registry.rollback(database).parts == changed


def test_a_candidate_is_served_to_nobody(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    made = registry.add_candidate(database, LEARNT, first, "Cycle 1.", index_version=3)
    record = registry.find(database, made)
    assert record is not None
    assert (record.status, record.parent_id, record.index_version) == ("candidate", first, 3)
    assert (record.parts, record.note, record.promoted_at) == (LEARNT, "Cycle 1.", None)
    assert live(database).id == first


def test_what_is_promoted_takes_the_place_of_the_live_release(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    second = promoted(database)
    record = live(database)
    assert (record.id, record.note) == (second, "Cycle 1. Better by .05.")
    assert record.promoted_at is not None
    assert status_of(database, first) == "retired"


def test_promoting_the_live_release_changes_nothing(database: Database) -> None:
    release = promoted(database)
    before = live(database)
    assert registry.promote(database, release, "Again.") == before


def test_two_promotions_at_once_leave_one_live_release(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    first = registry.ensure_live(database, PARTS)
    made = [registry.add_candidate(database, LEARNT, first) for _ in range(4)]
    together(4, lambda number: registry.promote(database, made[number]))
    stati = [record.status for record in registry.releases(database)]
    assert sorted(stati) == ["live", "retired", "retired", "retired", "retired"]


def test_an_unknown_release_is_not_promoted(database: Database) -> None:
    with pytest.raises(UnknownRelease, match="no release 7"):
        registry.promote(database, 7)


def test_a_release_of_other_settings_is_not_promoted(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    registry.ensure_live(database, replace(PARTS, generator="quotes"))
    with pytest.raises(NotPromotable, match=r"made for embedder, local:tiny and prompt 1"):
        registry.promote(database, first)


def test_a_rejected_candidate_never_goes_live(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    made = registry.add_candidate(database, LEARNT, first)
    registry.reject(database, made, "Worse on liked answers.")
    with pytest.raises(NotPromotable, match="not found to be better"):
        registry.promote(database, made)
    assert (status_of(database, made), live(database).id) == ("rejected", first)


def test_the_live_release_cannot_be_rejected(database: Database) -> None:
    release = promoted(database)
    with pytest.raises(NotPromotable, match="has been live"):
        registry.reject(database, release)
    assert live(database).id == release


def test_a_rollback_returns_to_the_release_before_and_says_why(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    second = promoted(database)
    assert registry.rollback(database, "Ratings fell.").id == first
    taken_back = registry.find(database, second)
    assert taken_back is not None
    assert (taken_back.status, taken_back.note) == (
        "retired",
        "Cycle 1. Better by .05. Ratings fell.",
    )


def test_what_was_rolled_back_can_be_promoted_again(database: Database) -> None:
    second = promoted(database)
    registry.rollback(database)
    assert registry.promote(database, second).status == "live"


def test_the_first_release_cannot_be_rolled_back(database: Database) -> None:
    first = registry.ensure_live(database, PARTS)
    with pytest.raises(NothingToRollBack):
        registry.rollback(database)
    assert live(database).id == first


def test_a_rollback_that_comes_too_late_changes_nothing(database: Database) -> None:
    first = promoted(database)
    second = registry.promote(database, registry.add_candidate(database, PARTS, first)).id
    with pytest.raises(NothingToRollBack):
        registry.rollback(database, only=first)
    assert live(database).id == second


def test_releases_are_listed_newest_first(database: Database) -> None:
    second = promoted(database)
    listed = registry.releases(database, 1)
    assert [record.id for record in listed] == [second]
    assert len(registry.releases(database)) == 2


def test_only_rejected_releases_need_their_adapters_no_more(database: Database) -> None:
    first = promoted(database)
    worse = replace(LEARNT, generator_adapter="generator-2")
    registry.reject(database, registry.add_candidate(database, worse, first))
    registry.rollback(database)
    assert registry.adapters_in_use(database) == {"retriever-1", "generator-1"}
