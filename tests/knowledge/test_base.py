"""The knowledge base tells what is live and shows its documents."""

from __future__ import annotations

import datetime as dt

from knowledge.base import Knowledge, open_knowledge
from knowledge.settings import KnowledgeSettings

from .conftest import Folder


def test_before_the_first_reindex_there_is_nothing(tiny: Knowledge) -> None:
    status = tiny.status()

    assert (status.version, status.documents, status.passages) == (None, 0, 0)
    assert status.indexed_at is None
    assert not status.in_step


def test_the_status_counts_what_is_live(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "The card.", "b.md": "The door."})
    before = dt.datetime.now(dt.UTC)
    version = tiny.reindex().version
    status = tiny.status()

    assert (status.version, status.documents, status.passages) == (version, 2, 2)
    assert status.indexed_at is not None
    assert before <= status.indexed_at <= dt.datetime.now(dt.UTC)
    assert (status.model, status.in_step) == ("counting", True)


def test_a_document_is_shown_as_it_is_live(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "# Cards\n\nThe green card."})
    tiny.reindex()
    folder.write({"a.md": "# Cards\n\nThe blue card is new."})
    unread = tiny.document("a.md")
    tiny.reindex()
    read = tiny.document("a.md")

    assert unread is not None
    assert (unread.title, "green" in unread.text) == ("Cards", True)
    assert read is not None
    assert "blue" in read.text


def test_an_unknown_path_has_no_document(tiny: Knowledge) -> None:
    assert tiny.document("../../etc/passwd") is None


def test_a_release_is_made_of_model_generator_and_prompt(tiny: Knowledge) -> None:
    parts = tiny.release_parts()

    assert (parts.embedding_model, parts.generator) == ("counting", "quotes")


def test_everything_is_wired_with_the_default_model(handbook: Knowledge) -> None:
    knowledge = open_knowledge(handbook.database, KnowledgeSettings())

    assert knowledge.status().in_step
    assert "green card" in knowledge.answer("Which card opens the night door?").text
