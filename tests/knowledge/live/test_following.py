"""The live release answers from the next question on; what cannot be served is left alone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db import registry
from db.engine import Database
from knowledge.adapters.base_model import base_of_embedder
from knowledge.live import AGAIN_S

from .conftest import QUESTION, House, keep_retriever


def test_without_a_release_the_models_answer_as_they_are(house: House) -> None:
    house.live.refresh()
    answer = house.ask()

    assert (answer.release_id, answer.generator) == (None, "speaking")


def test_a_release_without_adapters_is_the_models_as_they_are(house: House) -> None:
    release = registry.ensure_live(house.database, house.parts)
    house.live.refresh()

    assert house.live.current() == replace(house.live.base, release_id=release)
    assert house.ask().release_id == release


def test_a_promoted_release_answers_from_the_next_question_on(
    house: House, retriever: Path, generator: Path
) -> None:
    before = house.ask()
    release = house.promote(retriever, generator)
    house.live.refresh()

    after = house.ask()

    assert (after.release_id, after.generator) == (release, f"speaking@{generator.name}")
    assert after.passages[0].dense_score != before.passages[0].dense_score
    assert after.text == before.text


def test_a_rollback_brings_the_models_back_as_they_were(house: House, retriever: Path) -> None:
    before = house.ask()
    house.promote(retriever)
    house.live.refresh()
    parent = registry.rollback(house.database)
    house.live.refresh()

    after = house.ask()

    assert after.release_id == parent.id
    assert after.passages == before.passages


def test_passages_are_read_as_they_are_indexed(house: House, retriever: Path) -> None:
    house.promote(retriever)
    house.live.refresh()
    questions, base = house.live.current().questions, house.live.base.questions

    theirs, ours = questions.embed_passages([QUESTION]), base.embed_passages([QUESTION])

    assert np.array_equal(theirs, ours)
    assert not np.array_equal(questions.embed_question(QUESTION), base.embed_question(QUESTION))


def test_whether_it_is_enough_is_told_by_the_model_as_it_is(house: House, retriever: Path) -> None:
    find = house.answerer.retriever.find
    before = find(QUESTION)
    house.promote(retriever)
    house.live.refresh()

    after = find(QUESTION, questions=house.live.current().questions)

    assert before.passages[0].passage_id in {one.passage_id for one in after.passages}
    assert after.passages[0].dense_score != before.passages[0].dense_score
    assert after.similarity == pytest.approx(before.similarity, abs=2e-3)


def test_an_answer_on_its_way_ends_with_the_release_that_it_began_with(
    house: House, generator: Path
) -> None:
    first = registry.ensure_live(house.database, house.parts)
    house.live.refresh()

    def promote_in_the_middle() -> None:
        house.promote(generator=generator)
        house.live.refresh()

    house.writer.first = promote_in_the_middle
    answer = house.ask()

    assert (answer.release_id, answer.generator) == (first, "speaking")
    assert house.live.current().release_id != first


def test_a_damaged_adapter_is_said_once_and_what_was_served_stays(
    house: House, generator: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = registry.ensure_live(house.database, house.parts)
    house.live.refresh()
    (generator / "adapter_model.safetensors").write_bytes(b"\0")
    second = house.promote(generator=generator)

    [house.live.refresh() for _ in range(3)]

    assert house.ask().release_id == first
    [said] = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert said.startswith(f"release {second} cannot be served, the one before stays: ")
    assert "is not what was kept" in said


def test_of_a_release_nothing_is_served_if_one_of_its_adapters_is_damaged(
    house: House, retriever: Path, generator: Path
) -> None:
    (generator / "manifest.json").unlink()
    house.promote(retriever, generator)
    house.live.refresh()

    assert house.live.current() == house.live.base


def test_what_could_not_be_served_is_tried_again_after_a_while(
    house: House, generator: Path
) -> None:
    house.writer.refuses = "The server is starting."
    release = house.promote(generator=generator)
    house.live.refresh()
    house.writer.refuses = ""

    house.live.refresh()
    assert house.live.current().release_id is None
    house.clock.now += AGAIN_S
    house.live.refresh()
    assert house.live.current().release_id == release


def test_another_release_does_not_wait_for_one_that_failed(house: House, generator: Path) -> None:
    registry.ensure_live(house.database, house.parts)
    house.writer.refuses = "The server is starting."
    house.promote(generator=generator)
    house.live.refresh()
    parent = registry.rollback(house.database)

    house.live.refresh()

    assert house.live.current().release_id == parent.id


def test_a_release_of_other_settings_is_left_to_those_who_have_them(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    registry.ensure_live(house.database, replace(house.parts, prompt_version="3"))
    house.live.refresh()

    assert house.live.current() == house.live.base
    assert "made with other settings" in caplog.text


def test_an_adapter_of_another_revision_of_the_model_is_not_served(
    house: House, trained: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = replace(base_of_embedder(house.live.base.questions), weights="of another day")
    house.promote(keep_retriever(house.adapters, trained, base))
    house.live.refresh()

    assert house.live.current() == house.live.base
    assert "another revision" in caplog.text


def test_whoever_watches_hears_of_a_promotion_within_a_moment(
    house: House, generator: Path
) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(house.live.watch, stop, 0.01)
        release = house.promote(generator=generator)
        wait_for(lambda: house.live.current().release_id == release)
        stop.set()
        assert watching.result(timeout=30) is None


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.01)


@dataclass
class Away:
    """A database that cannot be reached at first."""

    database: Database
    asked: int = 0

    def reading(self) -> Any:
        self.asked += 1
        if self.asked < 4:
            raise OSError("the server is gone")
        return self.database.reading()


def test_a_database_that_is_away_is_waited_for_and_said_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    release = registry.ensure_live(house.database, house.parts)
    house.live._database = Away(house.database)  # type: ignore[assignment]
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(house.live.watch, stop, 0.01)
        wait_for(lambda: house.live.current().release_id == release)
        stop.set()

    assert caplog.text.count("cannot be looked up: the server is gone") == 1


def test_to_know_what_answers_no_database_is_asked(house: House) -> None:
    away = Away(house.database)
    house.live._database = away  # type: ignore[assignment]

    house.ask()

    assert away.asked == 0
