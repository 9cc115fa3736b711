"""A hundred exchanges of the live release while people ask: failures, mixtures, and how long they
take to arrive.

Run: python -m tests.benchmarks.bench_swap [EXCHANGES]   (100, if not given)
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from db import registry, schema
from db.engine import Database, open_database
from knowledge.adapters.manifest import Kind, Manifest
from knowledge.adapters.store import keep
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge, open_knowledge
from knowledge.generate.local_settings import LocalSettings
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.bench_answer import SAMPLE
from tests.benchmarks.tables import machine, median, print_table
from tests.question_adapter import make_question_adapter
from tests.tiny_model import make_tiny_adapter, make_tiny_model

PEOPLE = 4
QUESTION = "Why did Philae bounce?"
LONGEST_S = 5.0
"""Within which a promotion has to reach a serving process."""
PAUSE_S = 0.2
CALLS = 100_000


@dataclass
class Ear:
    """Hears what the language model writes, also where it is not given because it is nonsense."""

    stop: threading.Event = field(default_factory=threading.Event)
    heard: str = ""

    def found(self, passages: Sequence[FoundPassage]) -> None:
        pass

    def wrote(self, piece: str) -> None:
        self.heard += piece


@dataclass(frozen=True, slots=True)
class Told:
    """Of an answer, what its release decides: the cosines come from the retriever's adapter, the
    words from the generator's."""

    release: int | None
    cosines: tuple[float, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What one person was told; `failed` are the errors."""

    told: list[Told]
    failed: list[str]


def main(exchanges: int) -> None:
    print(f"Measured on {machine()}; load before: {os.getloadavg()[0]:.1f}.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = open_database(f"sqlite:///{home}/lorebot.db")
        schema.upgrade(database)
        knowledge = open_sample(database, home)
        releases = make_releases(knowledge, home)
        measure(knowledge, releases, exchanges)
        knowledge.close()
        database.close()


def open_sample(database: Database, home: Path) -> Knowledge:
    """The sample, answered by a small language model of random weights."""
    model = make_tiny_model(home / "tiny", context=4096)
    # One at a time: in a batch the last digits differ, and nonsense hangs on them.
    local = LocalSettings(model=str(model), max_new_tokens=24, batch=1)
    settings = KnowledgeSettings(documents=SAMPLE, generator="local", local=local)
    knowledge = open_knowledge(database, settings, adapters=home / "adapters")
    knowledge.reindex()
    registry.ensure_live(database, knowledge.release_parts())
    knowledge.refresh()
    return knowledge


def make_releases(knowledge: Knowledge, home: Path) -> list[int]:
    """Two releases, each with two adapters of its own."""
    model = Path(knowledge.settings.local.model)
    return [
        add_release(
            knowledge,
            make_question_adapter(home / f"questions-{seed}", knowledge.embedder, seed),
            make_tiny_adapter(home / f"words-{seed}", model, seed),
        )
        for seed in (1, 2)
    ]


def add_release(knowledge: Knowledge, retriever: Path, generator: Path) -> int:
    parts = replace(
        knowledge.release_parts(),
        retriever_adapter=kept(knowledge, "retriever", retriever),
        generator_adapter=kept(knowledge, "generator", generator),
    )
    live = registry.live_record(knowledge.database)
    return registry.add_candidate(knowledge.database, parts, live and live.id)


def kept(knowledge: Knowledge, kind: Kind, trained: Path) -> str:
    base = knowledge.made_for(kind)
    assert base is not None
    return keep(trained, knowledge.live.adapters, Manifest(kind, base))


def measure(knowledge: Knowledge, releases: Sequence[int], exchanges: int) -> None:
    alone = {serve(knowledge, release) for release in releases}
    stop = threading.Event()
    watching = threading.Thread(target=knowledge.watch, args=(stop,))
    watching.start()
    with ThreadPoolExecutor(PEOPLE) as people:
        asking = [people.submit(ask_until, knowledge, stop) for _ in range(PEOPLE)]
        times = [exchange(knowledge, releases[turn % 2]) for turn in range(exchanges)]
        stop.set()
        asked = [one.result() for one in asking]
    watching.join()
    told = [answer for one in asked for answer in one.told]
    failed = [error for one in asked for error in one.failed]
    mixed = [answer for answer in told if answer not in alone]
    assert len(alone) == len({one.words for one in alone}) == len({one.cosines for one in alone})
    rows = [
        ("exchanges of the live release", exchanges),
        (f"questions answered meanwhile, by {PEOPLE} people", len(told)),
        ("questions that failed", len(failed)),
        ("answers that are not wholly of their release", len(mixed)),
        ("seconds until a promotion serves, median", median(times)),
        (f"the longest ({LONGEST_S:g} at most)", max(times)),
        ("to ask what is live, microseconds", current_us(knowledge)),
    ]
    print_table("Releases exchanged while questions are answered", ("", "measured"), rows)
    if failed or mixed or max(times) > LONGEST_S:
        sys.exit(f"Not as promised. {' '.join(failed[:3])}")


def serve(knowledge: Knowledge, release: int) -> Told:
    registry.promote(knowledge.database, release)
    knowledge.refresh()
    return ask(knowledge)


def ask(knowledge: Knowledge) -> Told:
    ear = Ear()
    answer = knowledge.answer(QUESTION, follower=ear)
    cosines = tuple(round(passage.dense_score, 4) for passage in answer.passages)
    return Told(answer.release_id, cosines, ear.heard)


def exchange(knowledge: Knowledge, release: int) -> float:
    """Seconds from the promotion, as another process makes it, until it serves here."""
    registry.promote(knowledge.database, release)
    began = perf_counter()
    while knowledge.live.current().release_id != release and perf_counter() - began < 60:
        time.sleep(0.005)
    took = perf_counter() - began
    time.sleep(PAUSE_S)
    return took


def ask_until(knowledge: Knowledge, stop: threading.Event) -> Asked:
    asked = Asked([], [])
    while not stop.is_set():
        try:
            asked.told.append(ask(knowledge))
        except Exception as error:  # What fails is what is counted.
            asked.failed.append(f"{type(error).__name__}: {error}")
    return asked


def current_us(knowledge: Knowledge) -> float:
    began = perf_counter()
    for _ in range(CALLS):
        knowledge.live.current()
    return 1e6 * (perf_counter() - began) / CALLS


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
