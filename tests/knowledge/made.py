"""Passages of real words and random vectors, stored without reading or embedding anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from db import versions
from db.engine import Database
from db.versions import NewDocument, NewPassage
from knowledge import bm25
from knowledge.embed import Vectors
from knowledge.index import Hits, PassageIndex
from knowledge.terms import index_terms

SAMPLE = Path(bm25.__file__).parent / "sample" / "docs"

WORDS = " ".join(path.read_text() for path in sorted(SAMPLE.rglob("*.md"))).split()

DIMENSION = 48

PER_DOCUMENT = 5


def unit(seed: int) -> Vectors:
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector))


def some_words(seed: int, count: int) -> str:
    start = random.Random(seed).randrange(len(WORDS) - count)
    return " ".join(WORDS[start : start + count])


def passage(seed: int) -> NewPassage:
    text = some_words(seed, 40 + seed % 40)
    vector = unit(seed).astype(np.float16)
    return NewPassage(
        "Part", text, 0, len(text), None, str(seed), vector, "part", index_terms(text)
    )


def documents(numbers: Sequence[int], source: Callable[[int], str] = str) -> list[NewDocument]:
    """Of five passages each; a number stands for the words and vectors."""
    return [
        NewDocument(
            source(number),
            f"{number}.md",
            f"Page {number}",
            "",
            0,
            0,
            str(number),
            tuple(passage(PER_DOCUMENT * number + i) for i in range(PER_DOCUMENT)),
        )
        for number in numbers
    ]


def publish(database: Database, added: Sequence[NewDocument], removed: Sequence[int] = ()) -> int:
    version = versions.begin_version(database, "print", "model", DIMENSION)
    versions.add_documents(database, version, added)
    versions.switch(database, version, removed, {})
    return version


def ids_of(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {found.path: found.id for found in versions.known_documents(session, 0)}


def exchange(database: Database, numbers: Sequence[int]) -> int:
    """Makes a version of these documents alone."""
    version = publish(database, documents(numbers), list(ids_of(database).values()))
    versions.sweep(database)
    return version


def ask_once(index: PassageIndex, seed: int) -> Hits:
    return index.search(unit(seed), ["moon", "earth"], 0.5, 50)
