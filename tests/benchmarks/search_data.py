"""Passages with real words and random vectors, written straight into a SQLite database."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from db import schema, versions
from db.engine import Database, open_database
from knowledge.embed import Vectors
from knowledge.terms import query_terms, spell, words

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
WORDS = " ".join(path.read_text() for path in sorted(SAMPLE.rglob("*.md"))).split()
SPELT = [" ".join(term for w in words(word) for term in spell(w, "english")) for word in WORDS]
DIMENSION = 384
LENGTH = 120
PER_DOCUMENT = 10
SOURCES = 100
"""They take turns, document by document: no audience's passages lie together."""
LABELS = {"1 %": "C1", "5 %": "C5"}
DOCUMENT = (
    "INSERT INTO document (id, source, path, title, text, size, modified_ns, content_hash, "
    "added_in) VALUES (?, ?, ?, ?, '', 0, 0, '', ?)"
)
PASSAGE = (
    "INSERT INTO passage (document_id, source_id, position, heading, text, start, end, "
    "text_hash, vector, heading_terms, body_terms) VALUES (?, ?, ?, 'Part', ?, 0, 0, '', ?, ?, ?)"
)


def fill(path: Path, count: int) -> Database:
    database = open_database(f"sqlite:///{path}")
    schema.upgrade(database)
    with sqlite3.connect(path) as connection:
        audiences = ['["public", "C1", "C5"]', *['["public", "C5"]'] * 4, *['["public"]'] * 95]
        rows = [(n + 1, f"source {n}", audience) for n, audience in enumerate(audiences)]
        connection.executemany("INSERT INTO source (id, name, audience) VALUES (?, ?, ?)", rows)
    connection.close()
    change(database, path, range(count // PER_DOCUMENT), [])
    return database


def change(database: Database, path: Path, added: range, removed: list[int]) -> None:
    """The next version, with these documents more and those less; a document's number is its id
    less one."""
    version = versions.begin_version(database, "bench", "bench", DIMENSION)
    with sqlite3.connect(path) as connection:
        documents = (
            (n + 1, f"source {n % SOURCES}", f"{n}.md", f"Page {n}", version) for n in added
        )
        connection.executemany(DOCUMENT, documents)
        connection.executemany(PASSAGE, passages(added))
    connection.close()
    versions.switch(database, version, removed, {})
    versions.sweep(database)


def passages(documents: range) -> Iterator[tuple[Any, ...]]:
    places = random.Random(documents.start)
    numbers = np.random.default_rng(documents.start)
    for number in documents:
        vectors = units(numbers, PER_DOCUMENT).astype(np.float16)
        for position in range(PER_DOCUMENT):
            start = places.randrange(len(WORDS) - LENGTH)
            text = " ".join(WORDS[start : start + LENGTH])
            body = " ".join(SPELT[start : start + LENGTH])
            source = number % SOURCES + 1
            place = (number + 1, source, position)
            yield (*place, text, vectors[position].tobytes(), f"page {number} part", body)


def units(numbers: np.random.Generator, count: int) -> Vectors:
    vectors = numbers.normal(size=(count, DIMENSION)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def questions(count: int, seed: int) -> list[tuple[Vectors, list[str]]]:
    """Vectors, and the terms of 12 words that stand together somewhere."""
    places = random.Random(seed)
    starts = [places.randrange(len(WORDS) - 12) for _ in range(count)]
    terms = [query_terms(" ".join(WORDS[start : start + 12])) for start in starts]
    return list(zip(units(np.random.default_rng(seed), count), terms, strict=True))
