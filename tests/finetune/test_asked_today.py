"""A withheld question is asked again when something has changed, and not otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from db import cycles, diagnoses, interactions, registry, schema
from db.engine import open_database
from db.interactions import InteractionRecord
from finetune.cases import Case
from finetune.cycle import as_diagnosis
from finetune.diagnose import Diagnoser
from finetune.support import Supporter
from knowledge.answers import UNKNOWN
from knowledge.audience import Reader
from knowledge.base import Knowledge, build_knowledge
from knowledge.embed import Embedder, open_embedder
from knowledge.generate.writers import Adapter, Writer, WriterUnavailable
from knowledge.live import Serving
from knowledge.model_files import find_embedding_files
from knowledge.prompts import Message
from knowledge.record import to_record
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .rated import answer, correction

QUESTION = "How many days of holiday are there?"
PAGE = "# Holidays\n\nEverybody has 28 days of holiday a year. Ask your lead before you go.\n"


@dataclass
class Refusing:
    """A language model that finds no answer, while it can be reached, and counts its prompts."""

    name: str = "refusing"
    prompt_tokens: int = 2000
    asked: list[Sequence[Message]] = field(default_factory=list)
    away: bool = False

    def count(self, text: str) -> int:
        return len(text) // 4

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        self.asked.append(messages)
        if self.away:
            raise WriterUnavailable("It is away.")
        yield UNKNOWN

    def with_adapter(self, adapter: Adapter | None) -> Writer:
        return self

    def close(self) -> None: ...


@pytest.fixture
def model() -> Refusing:
    return Refusing()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(find_embedding_files("all-MiniLM-L6-v2"), threads=1)


@pytest.fixture
def knowledge(model: Refusing, embedder: Embedder, tmp_path: Path) -> Iterator[Knowledge]:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text(PAGE)
    database = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    schema.upgrade(database)
    sources = [FolderSettings(name="docs", path=tmp_path / "docs", audience="public")]
    built = build_knowledge(database, embedder, KnowledgeSettings(), sources, tmp_path)
    built.reindex()
    live = Serving(None, embedder, model)
    yield replace(built, answerer=replace(built.answerer, live=live))
    database.close()


@pytest.fixture
def withheld(knowledge: Knowledge) -> InteractionRecord:
    said = knowledge.answer(QUESTION, Reader(channel="C1"))
    assert said.abstained
    new = replace(to_record(said, "workspace"), channel="C1", asker="U1", team="T1")
    return replace(new, id=interactions.record(knowledge.database, new))


def diagnosed(knowledge: Knowledge, withheld: InteractionRecord) -> Case:
    """As a cycle does it, which keeps what it finds."""
    case = Diagnoser(knowledge, Supporter(knowledge)).diagnose(answer(withheld))
    cycle = cycles.begin(
        knowledge.database, strategy="staged", dry_run=True, requested_by="me", surface="cli"
    )
    diagnoses.save(knowledge.database, cycle, [as_diagnosis(case)])
    return case


def prompts(model: Refusing, knowledge: Knowledge, withheld: InteractionRecord) -> int:
    """How often the language model is asked for a diagnosis."""
    before = len(model.asked)
    assert diagnosed(knowledge, withheld).cause == "no_document"
    return len(model.asked) - before


def test_what_a_cycle_has_found_out_the_next_one_does_not_ask_again(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord
) -> None:
    # As the asker, and as somebody who may read everything.
    assert prompts(model, knowledge, withheld) == 2
    assert prompts(model, knowledge, withheld) == 0
    assert prompts(model, knowledge, withheld) == 0


def test_after_a_reindex_that_changed_something_it_is_asked_again(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord, tmp_path: Path
) -> None:
    diagnosed(knowledge, withheld)
    (tmp_path / "docs" / "keys.md").write_text("# Keys\n\nThe card is green.\n")
    knowledge.reindex()
    assert prompts(model, knowledge, withheld) == 2


def test_after_a_promotion_it_is_asked_again(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord
) -> None:
    diagnosed(knowledge, withheld)
    registry.ensure_live(knowledge.database, knowledge.release_parts())
    knowledge.refresh()
    assert prompts(model, knowledge, withheld) == 2


def test_with_other_settings_it_is_asked_again(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord
) -> None:
    diagnosed(knowledge, withheld)
    other = replace(knowledge, settings=KnowledgeSettings(top_k=3))
    assert prompts(model, other, withheld) == 2


def test_what_could_not_be_asked_is_asked_by_the_next_cycle(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord
) -> None:
    model.away = True
    assert diagnosed(knowledge, withheld).cause == "stale"
    model.away = False
    assert prompts(model, knowledge, withheld) == 2


def test_a_diagnosis_from_a_correction_says_nothing_of_today(
    model: Refusing, knowledge: Knowledge, withheld: InteractionRecord
) -> None:
    told = answer(withheld, correction("28 days."))
    case = Diagnoser(knowledge, Supporter(knowledge)).diagnose(told)
    assert case.evidence["asked_with"] is None
