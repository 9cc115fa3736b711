"""A knowledge base of a data set alone, whose documents can be changed as a team changes them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from db import registry, schema
from db.documents import live_documents, texts_at
from db.engine import open_database
from db.sources import PUBLIC, keep_audiences
from finetune.datasets import Dataset
from finetune.evaluate import OnProgress, add_all
from knowledge.base import Knowledge, build_knowledge, open_knowledge
from knowledge.confidence import Calibration
from knowledge.ready_passages import add_ready_passages
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import PASSAGES

WRITABLE = frozenset({".md", ".mdx", ".markdown", ".txt", ".rst", ".html", ".htm"})
"""Documents that are plain text, and can be changed in place."""


@dataclass(frozen=True, slots=True)
class Edit:
    """On a page, or in a passage, `old` becomes `new`; both are whole sentences if they can be."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Place:
    """The index of a data set, and where its documents are."""

    knowledge: Knowledge
    dataset: Dataset
    folder: Path
    """For what else is made on the way."""
    docs: Path | None
    """A copy of the folder of documents; None where passages are ready-made."""

    def text_of(self, path: str) -> str:
        """What stands on a page that can be changed; else nothing."""
        if self.docs is None:
            with self.knowledge.database.reading() as session:
                return "\n".join(texts_at(session, [path]).get(path, []))
        page = self.docs / path
        writable = page.suffix.lower() in WRITABLE and page.is_file()
        return page.read_text(encoding="utf-8", errors="replace") if writable else ""

    def change(self, edits: Sequence[Edit]) -> None:
        """Write the edits into the documents, and bring the index up to date."""
        if self.docs is None:
            self.change_passages(edits)
            return
        for edit in edits:
            page = self.docs / edit.path
            page.write_text(edited(self.text_of(edit.path), edit), encoding="utf-8")
        self.knowledge.reindex()

    def change_passages(self, edits: Sequence[Edit]) -> None:
        texts = {passage.id: passage for passage in self.dataset.passages}
        changed = {edit.path: self.text_of(edit.path) for edit in edits}
        for edit in edits:
            changed[edit.path] = edited(changed[edit.path], edit)
        with self.knowledge.database.reading() as session:
            gone = [one.id for one in live_documents(session) if one.path in changed]
        ready = [(path, texts[path].title, text) for path, text in changed.items()]
        knowledge = self.knowledge
        add_ready_passages(
            knowledge.database, knowledge.embedder, knowledge.settings, ready, replaced=gone
        )


def edited(text: str, edit: Edit) -> str:
    return pattern_of(edit.old).sub(lambda _: edit.new, text)


def pattern_of(words: str) -> re.Pattern[str]:
    """Matches the words however their lines are broken."""
    return re.compile(r"\s+".join(map(re.escape, words.split())))


@contextmanager
def opened_place(
    dataset: Dataset, settings: KnowledgeSettings, tell: OnProgress, calibration: Calibration
) -> Iterator[Place]:
    """Gone when the block is left."""
    with tempfile.TemporaryDirectory(prefix="lorebot-compare-") as name:
        folder = Path(name)
        docs = None if dataset.passages or dataset.docs is None else folder / "docs"
        if docs is not None and dataset.docs is not None:
            shutil.copytree(dataset.docs, docs)
        database = open_database(f"sqlite:///{folder}/compare.db")
        schema.upgrade(database)
        own = settings.model_copy(update={"documents": docs or settings.documents})
        knowledge = open_knowledge(
            database, own, calibration=calibration, adapters=folder / "adapters"
        )
        try:
            fill(knowledge, dataset, tell)
            registry.ensure_live(database, knowledge.release_parts())
            knowledge.live.refresh()
            yield Place(knowledge, dataset, folder, docs)
        finally:
            knowledge.close()
            database.close()


@contextmanager
def serving_with(
    place: Place, settings: KnowledgeSettings, calibration: Calibration
) -> Iterator[Place]:
    """The same index, answered by other models."""
    before = place.knowledge
    knowledge = build_knowledge(
        before.database,
        before.embedder,
        settings,
        calibration=calibration,
        adapters=place.folder / "adapters",
    )
    try:
        registry.ensure_live(before.database, knowledge.release_parts())
        knowledge.live.refresh()
        yield replace(place, knowledge=knowledge)
    finally:
        knowledge.close()


def fill(knowledge: Knowledge, dataset: Dataset, tell: OnProgress) -> None:
    if dataset.passages:
        add_all(knowledge, dataset.passages, tell)
        keep_audiences(knowledge.database, {PASSAGES: [PUBLIC]})
    else:
        knowledge.reindex(progress=lambda p: tell(p.stage, p.done, p.total))
