"""An answer is wholly of one release; a candidate answers beside the one that serves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from db import registry
from db.engine import Database
from knowledge.adapters.base_model import base_of_embedder
from knowledge.adapters.manifest import Kind
from knowledge.answers import Answer
from knowledge.base import Knowledge, build_knowledge
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.server_settings import ServerSettings
from knowledge.settings import KnowledgeSettings
from tests.knowledge.adapters.made import kept
from tests.knowledge.openai_server import OpenAiServer

from .conftest import QUESTION, SAYS, House, scores

PATIENCE = 30.0
"""Seconds, in which a busy machine answers too."""


def test_questions_during_many_exchanges_are_all_answered_by_one_release_each(
    house: House, retriever: Path, generator: Path
) -> None:
    other = kept(house.adapters, "generator", seed=1)
    made = [house.promote(retriever, generator), house.promote(None, other)]
    expected = {(*told(answer), release) for release, answer in shown(house, made)}
    stop, answers = threading.Event(), list[Answer]()
    with ThreadPoolExecutor(3) as people:
        asking = [people.submit(ask_until, house, stop, answers) for _ in range(2)]
        try:
            exchange(house, made, answers, times=20)
        finally:
            stop.set()
        assert [person.result() for person in asking] == [None, None]

    assert {(*told(answer), answer.release_id) for answer in answers} == expected
    assert {answer.notice for answer in answers} == {""}


def shown(house: House, releases: Sequence[int]) -> Iterator[tuple[int, Answer]]:
    for release in releases:
        registry.promote(house.database, release)
        house.live.refresh()
        yield release, house.ask()


def exchange(house: House, releases: Sequence[int], answers: list[Answer], times: int) -> None:
    """Each release is live for a moment, until somebody has been answered by it."""
    for turn in range(times):
        release, told_before = releases[turn % 2], len(answers)
        registry.promote(house.database, release)
        house.live.refresh()
        deadline = time.monotonic() + PATIENCE
        while not any(answer.release_id == release for answer in answers[told_before:]):
            assert time.monotonic() < deadline, f"nobody was answered by release {release}"
            time.sleep(0.02)


def ask_until(house: House, stop: threading.Event, answers: list[Answer]) -> None:
    while not stop.is_set():
        answers.append(house.ask())


def told(answer: Answer) -> tuple[str, tuple[float, ...]]:
    """What tells which language model wrote, and which embedding model read the question."""
    return answer.generator, scores(answer)


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda messages: [SAYS]).start() as started:
        yield started


def test_the_live_releases_adapter_is_loaded_into_vllm_and_asked(
    handbook: Knowledge, database: Database, server: OpenAiServer, tmp_path: Path
) -> None:
    there = ServerSettings(url=server.url, model="tiny", adapters=True)
    settings = KnowledgeSettings(generator="server", server=there)
    knowledge = build_knowledge(database, handbook.embedder, settings, adapters=tmp_path)
    folder = kept(tmp_path, "generator")
    server.folders.add(str(folder))
    parts = replace(knowledge.release_parts(), generator_adapter=folder.name)
    registry.promote(database, registry.add_candidate(database, parts, None))

    knowledge.refresh()

    assert list(server.adapters.values()) == [str(folder)]
    answer = replace(handbook.answerer, live=knowledge.live).answer(QUESTION)
    assert answer.generator == f"server:tiny@{folder.name}"
    assert server.asked()[-1].body["model"] in server.adapters
    knowledge.close()


def test_a_candidate_is_asked_beside_the_release_that_serves(
    house: House, handbook: Knowledge, trained: Path, generator: Path
) -> None:
    release = registry.ensure_live(house.database, house.parts)
    house.live.refresh()
    knowledge = replace(handbook, live=house.live, answerer=house.answerer)

    with knowledge.with_adapters(trained, generator) as candidate:
        judged, served = candidate.answer(QUESTION), knowledge.answer(QUESTION)

    assert (judged.release_id, judged.generator) == (None, f"speaking@{generator.name}")
    assert (served.release_id, served.generator) == (release, "speaking")
    assert scores(judged) != scores(served)
    assert house.writer.closed == [f"speaking@{generator.name}"]


def test_a_candidate_without_adapters_is_the_models_as_they_are(
    house: House, handbook: Knowledge, retriever: Path, generator: Path
) -> None:
    before = house.ask()
    house.promote(retriever, generator)
    house.live.refresh()
    knowledge = replace(handbook, live=house.live, answerer=house.answerer)

    with knowledge.with_adapters(None, None) as plain:
        answer = plain.answer(QUESTION)

    assert (answer.passages, answer.generator) == (before.passages, "speaking")
    assert house.writer.closed == []


def test_an_adapter_for_a_language_model_needs_one(handbook: Knowledge, generator: Path) -> None:
    with (
        pytest.raises(KnowledgeUnusable, match="here passages are quoted"),
        handbook.with_adapters(None, generator),
    ):
        pass


def test_whoever_retrieves_without_asking_finds_as_the_live_release_does(
    handbook: Knowledge, trained: Path
) -> None:
    embedder = handbook.embedder
    with handbook.with_adapters(trained, None) as candidate:
        questions = candidate.live.current().questions
        adapted = handbook.retriever.find(QUESTION, questions=questions).passages
        assert adapted == candidate.answer(QUESTION).passages

    plain = handbook.retriever.find(QUESTION)
    assert plain == replace(
        handbook.retriever.find(QUESTION, questions=embedder),
        embed_ms=plain.embed_ms,
        search_ms=plain.search_ms,
    )
    assert adapted != plain.passages


@pytest.mark.parametrize("kind", ["retriever", "generator"])
def test_an_adapter_is_made_for_the_models_of_the_settings(tiny: Knowledge, kind: Kind) -> None:
    wanted = {"retriever": base_of_embedder(tiny.embedder), "generator": None}

    assert tiny.made_for(kind) == wanted[kind]
