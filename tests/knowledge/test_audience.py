"""Nobody is answered from what they may not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Database
from knowledge.audience import Reader
from knowledge.base import Knowledge, build_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .conftest import CountingEmbedder, Folder

QUESTION = "where is the lamp"
SECRET = {"pay.md": "The lamp of the pay office is red."}
OPEN = {"hall.md": "The lamp of the hall is green."}
OWN = {"mine.md": "The lamp of my desk is blue."}


@pytest.fixture
def build(tmp_path: Path, database: Database, counting: CountingEmbedder) -> Knowledge:
    """A public folder, one for the channel C01, and one for the person U01 and the channel C02."""
    sources = []
    for name, files, audience in (
        ("open", OPEN, "public"),
        ("secret", SECRET, ("C01",)),
        ("own", OWN, ("U01", "C02")),
    ):
        (tmp_path / name).mkdir()
        Folder(tmp_path / name).write(files)
        sources.append(FolderSettings(name=name, path=tmp_path / name, audience=audience))
    knowledge = build_knowledge(database, counting, KnowledgeSettings(), sources, tmp_path)
    knowledge.reindex()
    return knowledge


def read_by(knowledge: Knowledge, reader: Reader | None) -> set[str]:
    found = knowledge.retriever.find(QUESTION, 50, reader).passages
    return {passage.source for passage in found}


@pytest.mark.parametrize(
    ("reader", "sources"),
    [
        (Reader(channel="C01"), {"open", "secret"}),
        (Reader(channel="C02"), {"open", "own"}),
        (Reader(channel="C03"), {"open"}),
        (Reader(person="U01"), {"open", "own"}),
        (Reader(person="U02"), {"open"}),
        (Reader(person="public"), {"open"}),
        (Reader(), {"open"}),
        (None, {"open", "secret", "own"}),
    ],
)
def test_only_the_sources_of_the_reader_are_searched(
    build: Knowledge, reader: Reader | None, sources: set[str]
) -> None:
    assert read_by(build, reader) == sources


def test_in_a_channel_nobody_is_answered_from_what_they_alone_may_read(build: Knowledge) -> None:
    assert read_by(build, Reader(channel="C03", person="U01")) == {"open"}


def test_a_document_is_shown_to_its_readers_alone(build: Knowledge) -> None:
    assert build.document("pay.md", Reader(channel="C03")) is None
    assert build.document("pay.md", Reader()) is None
    shown = build.document("pay.md", Reader(channel="C01"))
    assert shown is not None
    assert "pay office" in shown.text


def test_an_answer_holds_back_what_its_reader_may_not_read(build: Knowledge) -> None:
    held_back = build.answer("Which lamp is red?", Reader(channel="C03"))
    told = build.answer("Which lamp is red?", Reader(channel="C01"))
    assert "red" not in held_back.text
    assert {passage.source for passage in held_back.passages} == {"open"}
    assert "secret" in {passage.source for passage in told.passages}


def test_a_new_audience_holds_without_a_reindex(build: Knowledge, tmp_path: Path) -> None:
    now = FolderSettings(name="secret", path=tmp_path / "secret", audience=("C09",))
    changed = build_knowledge(build.database, build.embedder, KnowledgeSettings(), [now], tmp_path)
    changed.sources.keep_audiences()

    assert read_by(build, Reader(channel="C01")) == set()
    assert read_by(build, Reader(channel="C09")) == {"secret"}
    # What is no longer set is read by nobody, until the next reindex takes it out.
    assert read_by(build, Reader(person="U01")) == set()


@pytest.mark.parametrize("audience", [(), ("everybody",), ("c1",), "private", ("D012",)])
def test_an_audience_that_is_none_is_refused(audience: object) -> None:
    with pytest.raises(ValueError, match="audience"):
        FolderSettings(name="a", path=Path(), audience=audience)
