"""kill -9 at any moment of a reindex: the old index serves on, and the next run goes on."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database, open_database
from db.models import Document, IndexVersion, Passage
from db.passages import live_version_id, visible_in
from knowledge.base import Knowledge, build_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.window import FIRST_WINDOW

from .conftest import CountingEmbedder, Folder

FILES = 3 * FIRST_WINDOW + 8
ROOT = Path(__file__).parents[2]
CHILD = """
import sys, time
from pathlib import Path
from db.engine import open_database
from knowledge.base import build_knowledge
from knowledge.settings import KnowledgeSettings
from tests.knowledge.conftest import CountingEmbedder

class Slow(CountingEmbedder):
    def embed_passages(self, texts, done=None):
        time.sleep(0.01 * len(texts))
        return super().embed_passages(texts)

database = open_database(sys.argv[1])
knowledge = build_knowledge(database, Slow(), KnowledgeSettings(documents=Path(sys.argv[2])))
knowledge.reindex(progress=lambda step: print(step.stage, step.done, flush=True))
"""

Row = tuple[str, str, str, int]


def desks(kind: str) -> dict[str, str]:
    return {f"{i:03}.md": f"The {kind} card of desk {i}." for i in range(FILES)}


def start(knowledge: Knowledge) -> subprocess.Popen[str]:
    url, documents = str(knowledge.database.engine.url), str(knowledge.settings.documents)
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, url, documents], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill_when(child: subprocess.Popen[str], done: int, seconds: float) -> None:
    """So many seconds after it has said that `done` files are embedded, unless it ends before."""
    assert child.stdout is not None
    told = (x for x in child.stdout if x.startswith("embedding") and int(x.split()[1]) >= done)
    assert next(told, None) or child.wait() == 0
    time.sleep(seconds)
    child.kill()
    child.wait()
    child.stdout.close()


def kinds(knowledge: Knowledge) -> set[tuple[int | None, str]]:
    """The version that answers, and what its passages say."""
    found = knowledge.retriever.find("the card of desk", top_k=FILES)
    return {(found.version, passage.text.split()[1]) for passage in found.passages}


def visible(database: Database) -> list[Row]:
    with database.reading() as session:
        query = (
            select(Document.path, Passage.text, Passage.text_hash, Passage.position)
            .join(Document)
            .where(visible_in(live_version_id(session) or 0))
        )
        return sorted(tuple(row) for row in session.execute(query))


def leftovers(database: Database) -> tuple[int, int, int]:
    """Versions half built, documents beyond the live ones, passages without a document."""
    with database.reading() as session:
        live = visible_in(live_version_id(session) or 0)
        building = select(func.count()).where(IndexVersion.status == "building")
        beyond = select(func.count()).select_from(Document).where(~live)
        documents = select(Document.id)
        orphans = select(func.count()).where(Passage.document_id.not_in(documents))
        return tuple(session.scalar(query) or 0 for query in (building, beyond, orphans))


@pytest.fixture
def changed(tiny: Knowledge, folder: Folder) -> Knowledge:
    """An index of red cards over a folder in which they are blue by now."""
    folder.write(desks("red"))
    tiny.reindex()
    folder.write(desks("blue"))
    return tiny


def assert_like_a_clean_build(knowledge: Knowledge, clean: Knowledge) -> None:
    clean.reindex()
    assert visible(knowledge.database) == visible(clean.database)
    assert leftovers(knowledge.database) == (0, 0, 0)


@pytest.fixture
def clean(
    empty_database: Path, tmp_path: Path, folder: Folder, counting: CountingEmbedder
) -> Knowledge:
    shutil.copy(empty_database, tmp_path / "clean.db")
    database = open_database(f"sqlite:///{tmp_path / 'clean.db'}")
    return build_knowledge(database, counting, KnowledgeSettings(documents=folder.root))


def test_after_kill_9_the_old_index_serves_and_the_next_run_goes_on(
    changed: Knowledge, clean: Knowledge, counting: CountingEmbedder
) -> None:
    old = changed.status().version
    kill_when(start(changed), FIRST_WINDOW, 1.0)
    after_kill = kinds(changed)
    counting.texts.clear()

    report = changed.reindex()

    assert after_kill == {(old, "red")}
    assert kinds(changed) == {(report.version, "blue")}
    assert len(counting.texts) <= 2 * (FILES - FIRST_WINDOW)
    assert_like_a_clean_build(changed, clean)
    clean.database.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_kills_at_any_moment_leave_one_version_and_nothing_behind(
    changed: Knowledge, clean: Knowledge, folder: Folder
) -> None:
    chance = random.Random(1)
    seen: list[set[tuple[int | None, str]]] = []
    for number in range(10):
        folder.write(desks(f"blue{number % 7}"))
        kill_when(start(changed), 0, chance.uniform(0, 5))
        seen.append(kinds(changed))

    report = changed.reindex()

    assert all(len(answers) == 1 for answers in seen)
    assert kinds(changed) == {(report.version, "blue2")}
    assert_like_a_clean_build(changed, clean)
    clean.database.close()
