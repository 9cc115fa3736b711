"""An adapter of both sides goes live and back with the vectors that it has made, in one step."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from db import registry, versions
from db import shadow as stored
from db.engine import Database, open_database
from knowledge.adapters.base_model import base_of_embedder
from knowledge.adapters.manifest import Manifest
from knowledge.adapters.sides import space_of
from knowledge.adapters.store import keep
from knowledge.answers import Answer
from knowledge.base import Knowledge, build_knowledge
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.passages import HEADING_SHARE, full_heading
from knowledge.question_adapter import question_network
from knowledge.settings import KnowledgeSettings
from tests.both_sides import make_both_sides, note
from tests.knowledge.conftest import Folder

QUESTION = "How does the night door open?"
FILES = {
    "door.md": "# Doors\n\nThe night door opens with the green card.",
    "ill.md": "# Illness\n\nCall the front desk before nine when you are ill.",
    "lunch.md": "# Lunch\n\nThe canteen opens at noon and serves fish on Fridays.",
    "away.md": "# Holiday\n\nEverybody has 28 days of holiday a year.",
}
BACK = "# Back door\n\nThe back door opens with the red card."
SWITCHES = 12


@dataclass
class House:
    """Documents that are indexed, and releases that go live and back."""

    knowledge: Knowledge
    folder: Folder
    trained: Path

    @property
    def database(self) -> Database:
        return self.knowledge.database

    def keep(self, trained: Path) -> Path:
        adapters = self.knowledge.live.adapters
        manifest = Manifest("retriever", base_of_embedder(self.knowledge.embedder))
        return adapters / keep(trained, adapters, manifest)

    def promote(self, adapter: Path) -> int:
        """Without reading anything."""
        parts = self.knowledge.release_parts()
        parent = registry.ensure_live(self.database, parts)
        made = replace(parts, retriever_adapter=adapter.name)
        candidate = registry.add_candidate(self.database, made, parent)
        return registry.promote(self.database, candidate).id

    def serve(self) -> Path:
        """Read everything by the adapter, and let it answer."""
        adapter = self.keep(self.trained)
        self.knowledge.shadow.complete(adapter)
        self.promote(adapter)
        self.knowledge.refresh()
        assert self.space is not None
        return adapter

    @property
    def space(self) -> str | None:
        return self.knowledge.live.current().questions.space

    def ask(self) -> Answer:
        return self.knowledge.answer(QUESTION)

    def unread(self, space: str | None) -> int:
        assert space is not None
        with self.database.reading() as session:
            version = self.knowledge.status().version
            return stored.count_unread(session, version or 0, space)


@pytest.fixture(scope="module")
def trained(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_both_sides(tmp_path_factory.mktemp("trained") / "both", embedder)


@pytest.fixture(scope="module")
def indexed(
    embedder: Embedder, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with documents and the database that they are indexed in."""
    home = tmp_path_factory.mktemp("indexed")
    (home / "documents").mkdir()
    Folder(home / "documents").write(FILES)
    shutil.copy(empty_database, home / "house.db")
    database = open_database(f"sqlite:///{home}/house.db")
    build_knowledge(database, embedder, KnowledgeSettings(documents=home / "documents")).reindex()
    database.close()
    return home


@pytest.fixture
def house(indexed: Path, embedder: Embedder, trained: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(indexed, tmp_path / "house")
    database = open_database(f"sqlite:///{tmp_path}/house/house.db")
    settings = KnowledgeSettings(documents=tmp_path / "house" / "documents")
    knowledge = build_knowledge(database, embedder, settings, adapters=tmp_path / "adapters")
    # The copies' times differ from those that were indexed.
    knowledge.reindex()
    registry.ensure_live(database, knowledge.release_parts())
    knowledge.refresh()
    yield House(knowledge, Folder(tmp_path / "house" / "documents"), trained)
    database.close()


def scores(answer: Answer) -> dict[str, float]:
    return {passage.path: round(passage.dense_score, 4) for passage in answer.passages}


def test_passages_are_read_by_the_adapter_text_and_headings(house: House) -> None:
    with house.database.reading() as session:
        [door] = [
            one
            for one in stored.unread(session, house.knowledge.status().version or 0, "0", 0, 10)
            if "night door" in one.text
        ]
    adapter, embedder = house.serve(), house.knowledge.embedder
    reader = embedder.with_passages(question_network(embedder, adapter))
    heading = full_heading(door.title, door.heading)
    mixed = np.array([1, HEADING_SHARE]) @ reader.embed_passages([door.text, heading])
    asked = house.knowledge.live.current().questions.embed_question(QUESTION)

    found = {p.path: p.dense_score for p in house.ask().passages}

    expected = float(asked @ (mixed / np.linalg.norm(mixed)))
    assert found["door.md"] == pytest.approx(expected, abs=2e-3)


def test_the_vectors_of_the_model_as_it_is_stay(house: House) -> None:
    plain = house.ask()
    house.serve()
    found = house.knowledge.retriever.find(QUESTION, questions=house.knowledge.embedder)

    assert scores(house.ask()) != scores(plain)
    assert {p.path: round(p.dense_score, 4) for p in found.passages} == scores(plain)
    # What is enough is told from these, whatever answers.
    assert found.similarity == pytest.approx(max(scores(plain).values()), abs=1e-3)
    assert house.knowledge.retriever.find(QUESTION).similarity == pytest.approx(
        found.similarity, abs=1e-3
    )


def test_a_release_whose_passages_are_not_read_is_not_served(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    before = house.ask()
    adapter = house.keep(house.trained)
    house.promote(adapter)

    with caplog.at_level(logging.ERROR):
        house.knowledge.refresh()
        house.knowledge.refresh()

    assert house.space is None
    assert scores(house.ask()) == scores(before)
    [line] = [record.getMessage() for record in caplog.records]
    assert "4 passages have not been read by its adapter yet" in line


def test_what_was_read_when_the_build_was_ended_is_not_read_again(house: House) -> None:
    before, adapter = house.ask(), house.keep(house.trained)
    slowly = replace(house.knowledge.shadow, at_once=1)

    def end(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        slowly.complete(adapter, done=end)

    assert house.unread(space_of(adapter)) == 2
    assert scores(house.ask()) == scores(before)
    assert house.knowledge.shadow.complete(adapter) == 2
    assert house.knowledge.shadow.complete(adapter) == 0


def test_it_does_not_matter_in_which_folder_an_adapter_lies(house: House) -> None:
    house.knowledge.shadow.complete(house.trained)

    assert house.knowledge.shadow.complete(house.keep(house.trained)) == 0


def test_an_adapter_of_questions_reads_no_passage(house: House, tmp_path: Path) -> None:
    copied = shutil.copytree(house.trained, tmp_path / "questions")
    adapter = house.keep(note(copied, "questions"))

    assert house.knowledge.shadow.complete(adapter) == 0
    house.promote(adapter)
    house.knowledge.refresh()
    assert house.space is None
    assert house.ask().release_id is not None


def test_no_answer_mixes_two_spaces_while_releases_are_exchanged(house: House) -> None:
    plain = (house.ask().release_id, scores(house.ask()))
    adapter = house.serve()
    adapted = (house.ask().release_id, scores(house.ask()))
    seen: list[tuple[int | None, dict[str, float]]] = []
    stop = threading.Event()

    def asking() -> None:
        while not stop.is_set():
            answer = house.ask()
            seen.append((answer.release_id, scores(answer)))

    threads = [threading.Thread(target=asking) for _ in range(2)]
    [thread.start() for thread in threads]
    for _ in range(SWITCHES):
        registry.rollback(house.database)
        house.knowledge.refresh()
        house.ask()
        registry.promote(house.database, adapted[0] or 0)
        house.knowledge.refresh()
        house.ask()
    stop.set()
    [thread.join() for thread in threads]

    assert plain[0] != adapted[0]
    assert plain[1] != adapted[1]
    assert {release for release, _ in seen} == {plain[0], adapted[0]}
    assert [one for one in seen if one not in (plain, adapted)] == []
    assert adapter.is_dir()


def test_a_rollback_needs_nothing_read_anew(house: House) -> None:
    before = house.ask()
    house.serve()
    registry.rollback(house.database)
    house.knowledge.refresh()

    assert house.space is None
    assert scores(house.ask()) == scores(before)


def test_a_reindex_reads_what_is_new_before_it_is_shown(house: House) -> None:
    adapter = house.serve()
    house.folder.write({"back.md": BACK, "lunch.md": "# Lunch\n\nThere is soup every day."})
    house.folder.remove("ill.md")
    told = []

    report = house.knowledge.reindex(progress=lambda step: told.append((step.stage, step.done)))

    assert report.total("passages") == 2
    assert house.unread(space_of(adapter)) == 0
    assert told.index(("adapting", 2)) < told.index(("switching", 1))
    found = {p.path: p.dense_score for p in house.knowledge.retriever.find(QUESTION).passages}
    assert found.keys() == {"door.md", "back.md", "lunch.md", "away.md"}
    assert min(found.values()) != 0


def test_a_reindex_keeps_the_release_before_in_step_too(house: House, tmp_path: Path) -> None:
    first = house.serve()
    parts = house.knowledge.release_parts()
    live = registry.live_record(house.database)
    assert live is not None
    second = house.keep(make_both_sides(tmp_path / "second", house.knowledge.embedder, seed=2))
    house.knowledge.shadow.complete(second)
    made = replace(parts, retriever_adapter=second.name)
    registry.promote(house.database, registry.add_candidate(house.database, made, live.id))
    house.folder.write({"back.md": BACK})

    house.knowledge.reindex()

    assert (house.unread(space_of(first)), house.unread(space_of(second))) == (0, 0)
    registry.rollback(house.database)
    house.knowledge.refresh()
    assert house.space == space_of(first)


def test_a_reindex_that_finds_nothing_new_reads_what_was_missed(house: House) -> None:
    adapter = house.keep(house.trained)
    house.promote(adapter)

    house.knowledge.reindex()

    house.knowledge.refresh()
    assert house.space == space_of(adapter)


def test_a_passage_that_the_adapter_has_not_read_is_found_by_its_words(house: House) -> None:
    house.serve()
    house.folder.write({"back.md": BACK})
    # As llama-index adds documents: with no adapter asked.
    unaware = replace(house.knowledge, shadow=replace(house.knowledge.shadow, mirrored=True))
    unaware.reindex()

    found = {p.path: p for p in house.knowledge.retriever.find("Does a red card open it?").passages}

    assert found["back.md"].dense_score == 0
    assert found["back.md"].text_score > 0
    house.knowledge.reindex()
    again = {p.path: p for p in house.knowledge.retriever.find("Does a red card open it?").passages}
    assert again["back.md"].dense_score != 0


def test_what_no_release_needs_is_forgotten(house: House, tmp_path: Path) -> None:
    adapter = house.serve()
    rejected = make_both_sides(tmp_path / "rejected", house.knowledge.embedder, seed=3)
    house.knowledge.shadow.complete(rejected)

    assert house.knowledge.shadow.forget() == [space_of(rejected)]

    assert house.unread(space_of(adapter)) == 0


def test_nothing_is_forgotten_where_an_adapter_in_use_is_damaged(house: House) -> None:
    adapter = house.serve()
    (adapter / "adapter_model.safetensors").write_bytes(b"\0")

    assert house.knowledge.shadow.forget() == []


def test_another_vector_store_is_told_in_a_sentence(house: House) -> None:
    adapter = house.serve()
    mirrored = replace(house.knowledge.shadow, mirrored=True)

    with pytest.raises(KnowledgeUnusable, match=r'set training\.retriever\.sides = "questions"'):
        mirrored.complete(adapter)


def test_a_full_disk_is_told_before_anything_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=-(10**9))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(KnowledgeUnusable, match="make room there"):
        house.knowledge.shadow.complete(house.trained)
    assert house.unread(space_of(house.trained)) == len(FILES)


def test_a_sweep_leaves_no_vector_behind(house: House) -> None:
    adapter = house.serve()
    house.folder.remove("ill.md", "away.md")
    house.knowledge.reindex()
    versions.sweep(house.database)

    assert house.unread(space_of(adapter)) == 0
    assert len(house.knowledge.retriever.find(QUESTION).passages) == 2
