"""Search by meaning on PostgreSQL finds what comparing every vector finds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select, update

from db import versions
from db.engine import Database
from db.fulltext import StatisticsOfVersion, TextSearch
from db.models import Document, Passage
from db.versions import NewDocument
from db.view import View
from knowledge.embed import Vectors
from knowledge.index import open_search
from knowledge.pgvector import PgvectorSearch

from ..db.conftest import (
    document,
    make_postgres,
    migrated_postgres,
    postgres,
    postgres_server,
    publish,
)

__all__ = [
    "document",
    "make_postgres",
    "migrated_postgres",
    "postgres",
    "postgres_server",
    "publish",
]

ASKED: Vectors = np.array([0.5, -0.5, 0.5, 0.5], dtype=np.float32)


@pytest.fixture
def documents(document: Callable[..., NewDocument]) -> list[NewDocument]:
    """Passages whose vectors differ: they follow from the length of their text."""
    return [document(f"{n}.md", *("x" * (10 * n + i + 1) for i in range(10))) for n in range(12)]


@pytest.fixture
def version(postgres: Database, documents: list[NewDocument], publish: Callable[..., int]) -> int:
    """A live version without the first and the fifth document, while the next is being built."""
    publish(postgres, documents)
    with postgres.reading() as session:
        gone = select(Document.id).where(Document.path.in_(["0.md", "4.md"]))
        version = publish(postgres, [], session.scalars(gone).all())
    building = versions.begin_version(postgres, "print", "model", 4)
    versions.add_documents(postgres, building, documents[:3])
    with postgres.writing() as session:
        session.execute(update(Passage).where(Passage.id % 3 == 0).values(source_id=9))
    return version


def cosines(database: Database, sources: list[int] | None) -> dict[int, float]:
    """Of all passages of the live documents in these sources, by numpy, best first."""
    query = (
        select(Passage.id, Passage.vector)
        .join(Document)
        .where(Document.path.not_in(["0.md", "4.md"]), Document.added_in == 1)
    )
    kept = query if sources is None else query.where(Passage.source_id.in_(sources))
    with database.reading() as session:
        rows = session.execute(kept).all()
    found = {i: float(v.astype(float) @ ASKED / np.linalg.norm(v.astype(float))) for i, v in rows}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def near(
    database: Database, version: int, also: list[int], sources: list[int] | None, limit: int
) -> dict[int, float]:
    with database.reading() as session:
        return PgvectorSearch(StatisticsOfVersion()).search(
            View(session, version), ASKED, also, sources, limit
        )


@pytest.mark.parametrize("sources", [None, [9], [9, 1], [77], []])
@pytest.mark.parametrize("limit", [5, 200])
def test_it_finds_the_nearest_that_may_be_read(
    postgres: Database, version: int, sources: list[int] | None, limit: int
) -> None:
    found = near(postgres, version, [], sources, limit)
    best = cosines(postgres, sources)
    assert sorted(found.values()) == pytest.approx(sorted(best.values())[-limit:], abs=1e-3)
    assert found == pytest.approx({i: best[i] for i in found}, abs=1e-3)


def test_passages_found_by_words_are_compared_too_if_they_are_shown(
    postgres: Database, version: int
) -> None:
    best = cosines(postgres, None)
    with postgres.reading() as session:
        ids = list(session.scalars(select(Passage.id).order_by(Passage.id)))
    found = near(postgres, version, ids, None, 4)
    nearest = near(postgres, version, [], None, 4)
    first = [i for i in ids if i in best and i not in nearest][:4]
    assert set(found) == {*nearest, *first}
    assert found == pytest.approx({i: best[i] for i in found}, abs=1e-3)
    assert (len(ids), len(best)) == (150, 100)


def test_the_nearest_have_their_words_counted_though_others_hold_more(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    version = publish(postgres, documents)
    with postgres.writing() as session:
        ids = list(session.scalars(select(Passage.id).order_by(Passage.id)))
        for words, some in (("moon", ids[:60]), ("moon moon moon", ids[60:])):
            held = update(Passage).where(Passage.id.in_(some))
            session.execute(held.values(body_terms=words))
    with postgres.reading() as session:
        view = View(session, version)
        search = open_search(postgres, None)
        found = search.candidates(view, ASKED, ["moon"], None, 4)
        scores = dict(TextSearch(session, ["moon"]).best(1_000))
    assert found.text.tolist() == pytest.approx([scores[i] for i in found.ids])
    assert {i in ids[:60] for i in found.ids} == {True, False}


def test_a_word_that_a_new_version_brings_is_found_though_it_was_asked_for_before(
    postgres: Database, document: Callable[..., NewDocument], publish: Callable[..., int]
) -> None:
    search = open_search(postgres, None)

    def texts(version: int) -> list[str]:
        with postgres.reading() as session:
            found = search.candidates(View(session, version), ASKED, ["moon"], None, 4)
            words = dict(session.execute(select(Passage.id, Passage.text)).all())
        return [words[i] for i, score in zip(found.ids, found.text, strict=True) if score > 0]

    assert texts(publish(postgres, [document("a.md", "sun", "star")])) == []
    assert texts(publish(postgres, [document("b.md", "moon", "sky")])) == ["moon"]
