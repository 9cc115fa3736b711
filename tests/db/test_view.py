"""A view gives a search in memory the columns of one version, and where terms are (SQLite)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select

from db import versions
from db.engine import Database
from db.fulltext import count_terms
from db.fulltext.sqlite import varints
from db.models import Document, Passage
from db.versions import NewDocument
from db.view import View

Make = Callable[..., NewDocument]
Publish = Callable[..., int]


def ids_of(database: Database, path: str) -> list[int]:
    """The document's id, then those of its passages."""
    with database.reading() as session:
        document = session.scalars(select(Document.id).where(Document.path == path)).one()
        query = select(Passage.id).where(Passage.document_id == document).order_by(Passage.id)
        return [document, *session.scalars(query)]


def test_a_view_shows_the_documents_of_its_version(
    sqlite: Database, document: Make, publish: Publish
) -> None:
    first = publish(sqlite, [document("a.md", "one"), document("b.md", "two")])
    [a, *_], [b, *_] = ids_of(sqlite, "a.md"), ids_of(sqlite, "b.md")
    second = publish(sqlite, [document("c.md", "three")], [a])
    building = versions.begin_version(sqlite, "print", "model", 4)
    versions.add_documents(sqlite, building, [document("d.md", "four")])
    [c, *_] = ids_of(sqlite, "c.md")

    with sqlite.reading() as session:
        assert View(session, first).documents().tolist() == [a, b]
        assert View(session, second).documents().tolist() == [b, c]
        assert View(session, 0).documents().tolist() == []


def test_passages_come_as_columns_with_their_vectors(
    sqlite: Database, document: Make, publish: Publish
) -> None:
    made = document("a.md", "one two three", "four", heading="Head")
    passages = [replace(p, vector=np.full(4, n, np.float16)) for n, p in enumerate(made.passages)]
    version = publish(sqlite, [replace(made, passages=tuple(passages)), document("b.md", "b")])
    [a, *ids] = ids_of(sqlite, "a.md")

    with sqlite.reading() as session:
        [(rows, vectors)] = View(session, version).passages([a])

    assert (rows.ids.tolist(), rows.documents.tolist()) == (ids, [a, a])
    assert len(set(rows.sources.tolist())) == 1
    assert rows.lengths.tolist() == [4, 2]
    assert vectors.dtype == np.float16
    assert vectors.tolist() == [[0.0] * 4, [1.0] * 4]


@pytest.mark.parametrize("length", [1, 127, 128, 300, 16_384, 40_000])
def test_lengths_are_right_whatever_their_size(
    sqlite: Database, document: Make, publish: Publish, length: int
) -> None:
    version = publish(sqlite, [document("a.md", "word " * length, heading="Two words")])

    with sqlite.reading() as session:
        view = View(session, version)
        [(rows, _)] = view.passages(view.documents().tolist())

    assert rows.lengths.tolist() == [length + 2]


def test_a_passage_is_named_for_each_time_that_it_holds_a_term(
    sqlite: Database, document: Make, publish: Publish
) -> None:
    version = publish(sqlite, [document("a.md", "moon moon sun", "sun", heading="moon")])
    [_, first, second] = ids_of(sqlite, "a.md")

    with sqlite.reading() as session:
        places = View(session, version).places(["moon", "sun", "star", "'\"); 漢字"])

    assert sorted(places["moon"].tolist()) == [first, first, first, second]
    assert sorted(places["sun"].tolist()) == [first, second]
    assert places["star"].tolist() == places["'\"); 漢字"].tolist() == []


def test_the_total_is_known_without_counting(
    sqlite: Database, document: Make, publish: Publish
) -> None:
    publish(sqlite, [document(f"{n}.md", *["words"] * 40) for n in range(10)])
    publish(sqlite, [], ids_of(sqlite, "3.md")[:1])
    versions.sweep(sqlite)

    with sqlite.reading() as session:
        counted = session.scalar(select(func.count()).select_from(Passage))
        assert View(session, 1).total() == counted == 360
        assert count_terms(session, ["word"]) == (360, {"word": 360})


def test_numbers_of_variable_length_are_decoded() -> None:
    assert list(varints(bytes([5, 0x81, 0x00, 0xFF, 0x7F, 0]))) == [5, 128, 16_383, 0]
    assert list(varints(b"")) == []
