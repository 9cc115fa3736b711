"""A house in which releases are exchanged: their database, their adapters, and who answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from db import registry
from db.engine import Database
from db.registry import ReleaseParts
from knowledge.adapters.base_model import base_of_embedder
from knowledge.adapters.manifest import BaseModel, Manifest
from knowledge.adapters.store import keep
from knowledge.answering import Answerer
from knowledge.answers import Answer
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.live import LiveRelease, Serving
from knowledge.prompts import Message
from tests.knowledge.adapters.made import BASE, kept
from tests.question_adapter import make_question_adapter

QUESTION = "How does the night door open?"
SAYS = "The night door opens with the green card [1]."


@dataclass
class Speaking:
    """A language model that says one thing, and what happens before it does."""

    adapter: Adapter | None = None
    first: Callable[[], None] = lambda: None
    closed: list[str] = field(default_factory=list)
    refuses: str = ""
    prompt_tokens: int = 2000

    @property
    def name(self) -> str:
        return "speaking" if self.adapter is None else f"speaking@{self.adapter.name}"

    def count(self, text: str) -> int:
        return len(text.split())

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        self.first()
        yield SAYS

    def with_adapter(self, adapter: Adapter | None) -> Speaking:
        if self.refuses:
            raise WriterUnavailable(self.refuses)
        return replace(self, adapter=adapter)

    def close(self) -> None:
        self.closed.append(self.name)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """A database of releases, their adapters, and an answerer that follows them."""

    database: Database
    adapters: Path
    live: LiveRelease
    answerer: Answerer
    writer: Speaking
    clock: Clock
    parts: ReleaseParts

    def ask(self) -> Answer:
        return self.answerer.answer(QUESTION)

    def promote(self, retriever: Path | None = None, generator: Path | None = None) -> int:
        """Nobody has looked which release is live yet."""
        parts = replace(
            self.parts,
            retriever_adapter=retriever and retriever.name,
            generator_adapter=generator and generator.name,
        )
        parent = registry.ensure_live(self.database, self.parts)
        made = registry.add_candidate(self.database, parts, parent)
        return registry.promote(self.database, made).id


@pytest.fixture
def house(handbook: Knowledge, database: Database, tmp_path: Path) -> House:
    embedder, writer, clock = handbook.embedder, Speaking(), Clock()
    parts = ReleaseParts(embedder.model_name, "speaking", "2")
    bases = {"retriever": base_of_embedder(embedder), "generator": BASE}
    adapters = tmp_path / "adapters"
    live = LiveRelease(
        database, Serving(None, embedder, writer), parts, adapters, bases.__getitem__, clock
    )
    answerer = replace(handbook.answerer, live=live)
    return House(database, adapters, live, answerer, writer, clock, parts)


@pytest.fixture
def generator(house: House) -> Path:
    return kept(house.adapters, "generator")


@pytest.fixture(scope="session")
def trained(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_question_adapter(tmp_path_factory.mktemp("trained") / "questions", embedder)


@pytest.fixture
def retriever(house: House, trained: Path) -> Path:
    return keep_retriever(house.adapters, trained, base_of_embedder(house.live.base.questions))


def keep_retriever(adapters: Path, trained: Path, base: BaseModel) -> Path:
    return adapters / keep(trained, adapters, Manifest("retriever", base))


def scores(answer: Answer) -> tuple[float, ...]:
    return tuple(round(passage.dense_score, 5) for passage in answer.passages)
