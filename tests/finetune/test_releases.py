"""A release goes live only with adapters that are what was kept, and what is needed is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db import registry
from db.engine import open_database
from db.registry import NothingToRollBack, UnknownRelease
from finetune.releases import Releases
from knowledge.adapters.base_model import base_of_embedder
from knowledge.base import build_knowledge
from knowledge.errors import KnowledgeUnusable
from knowledge.settings import KnowledgeSettings
from tests.knowledge.adapters.made import kept
from tests.knowledge.conftest import CountingEmbedder


@pytest.fixture
def releases(empty_database: Path, tmp_path: Path) -> Iterator[Releases]:
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    database = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    settings = KnowledgeSettings(documents=tmp_path)
    adapters = tmp_path / "adapters"
    knowledge = build_knowledge(database, CountingEmbedder(), settings, adapters=adapters)
    registry.ensure_live(database, knowledge.release_parts())
    yield Releases(database, knowledge)
    database.close()


def candidate(releases: Releases) -> tuple[int, Path]:
    """A release that was made from the live one, and the folder of its adapter."""
    knowledge = releases.knowledge
    folder = kept(knowledge.live.adapters, base=base_of_embedder(knowledge.embedder))
    parts = replace(knowledge.release_parts(), retriever_adapter=folder.name)
    return registry.add_candidate(releases.database, parts, live(releases)), folder


def live(releases: Releases) -> int:
    record = registry.live_record(releases.database)
    assert record is not None
    return record.id


def damage(folder: Path) -> None:
    (folder / "adapter_model.safetensors").write_bytes(b"\0")


def test_a_candidate_is_promoted_with_the_name_of_who_did_it(releases: Releases) -> None:
    release, _ = candidate(releases)

    promoted = releases.promote(release, by="U1")

    assert (promoted.id, promoted.status, promoted.note) == (release, "live", "Promoted by U1.")


def test_a_damaged_candidate_is_not_promoted(releases: Releases) -> None:
    first, (release, folder) = live(releases), candidate(releases)
    damage(folder)

    with pytest.raises(KnowledgeUnusable, match="is not what was kept"):
        releases.promote(release, by="U1")
    assert live(releases) == first


def test_an_adapter_of_another_model_is_not_promoted(releases: Releases) -> None:
    knowledge = releases.knowledge
    foreign = kept(knowledge.live.adapters)
    parts = replace(knowledge.release_parts(), retriever_adapter=foreign.name)
    release = registry.add_candidate(releases.database, parts, None)

    with pytest.raises(KnowledgeUnusable, match="made for embedder, not for counting"):
        releases.promote(release, by="U1")


def test_a_release_that_there_is_not_is_said(releases: Releases) -> None:
    with pytest.raises(UnknownRelease):
        releases.promote(99, by="U1")


def test_a_rollback_returns_to_the_release_before(releases: Releases) -> None:
    first, (release, _) = live(releases), candidate(releases)
    releases.promote(release, by="U1")

    assert releases.rollback(by="U2").id == first

    taken_back = registry.find(releases.database, release)
    assert taken_back is not None
    assert taken_back.note == "Promoted by U1. Rolled back by U2."


def test_nothing_is_rolled_back_to_a_damaged_release(releases: Releases) -> None:
    first, folder = candidate(releases)
    releases.promote(first, by="U1")
    second, _ = candidate(releases)
    releases.promote(second, by="U1")
    damage(folder)

    with pytest.raises(KnowledgeUnusable, match="is not what was kept"):
        releases.rollback(by="U1")
    assert live(releases) == second


def test_before_the_first_promotion_there_is_nothing_to_roll_back_to(releases: Releases) -> None:
    with pytest.raises(NothingToRollBack):
        releases.rollback(by="U1")


def test_a_sweep_leaves_what_can_still_go_live(releases: Releases) -> None:
    (retired, old), (rejected, bad), (_, waiting) = (candidate(releases) for _ in range(3))
    nobodys = kept(releases.knowledge.live.adapters)
    registry.promote(releases.database, retired)
    registry.rollback(releases.database)
    registry.reject(releases.database, rejected)
    [os.utime(folder, (0, 0)) for folder in (old, bad, waiting, nobodys)]

    assert sorted(releases.sweep()) == sorted([bad.name, nobodys.name])
    assert old.exists()
    assert waiting.exists()
