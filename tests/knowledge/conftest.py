"""The real embedding model, a stand-in that counts, and knowledge bases over tiny folders."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from db.engine import Database, open_database
from knowledge.base import Knowledge, build_knowledge
from knowledge.embed import Embedder, Vectors, open_embedder
from knowledge.model_files import EmbeddingFiles, find_embedding_files
from knowledge.settings import KnowledgeSettings
from knowledge.terms import words

HANDBOOK = {
    "leave.md": """# Leave

## Holidays

Everybody has 28 days of holiday a year. Ask your lead two weeks before you go.
Days that are left in December may be taken until the end of March, and no later.

## Illness

Call the front desk before nine when you are ill. A note is needed from the fourth day.
""",
    "keys.md": """# Keys and doors

## The night door

The night door opens with the green card. Lost cards are reported to the guard at once.
""",
    "zh/cafe.md": "# 食堂\n\n## 午餐\n\n食堂每天中午十二点开门。星期五供应鱼和蔬菜汤。\n",
}


@dataclass
class CountingEmbedder:
    """Embeds words by their checksum, and remembers every text that it was given."""

    dimension: int = 32
    sha256: str = "0" * 64
    model_name: str = "counting"
    space: str | None = None
    dense_weight: float | None = None
    texts: list[str] = field(default_factory=list)

    @property
    def files(self) -> EmbeddingFiles:
        return EmbeddingFiles(self.model_name, Path(), self.sha256)

    def embed_question(self, question: str) -> Vectors:
        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        np.add.at(vector, [zlib.crc32(w.encode()) % self.dimension for w in words(question)], 1)
        return np.asarray(vector / np.linalg.norm(vector))

    def embed_passages(
        self, texts: Sequence[str], done: Callable[[int], None] | None = None
    ) -> Vectors:
        self.texts += texts
        rows = [self.embed_question(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)

    def known_share(self, text: str) -> float:
        return float(text.isascii())

    def reads_like(self, other: object) -> bool:
        return self is other


@dataclass
class Folder:
    """A folder of documents that a test writes to."""

    root: Path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        [self.write_one(name, content) for name, content in files.items()]

    def write_one(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def remove(self, *names: str) -> None:
        [(self.root / name).unlink() for name in names]

    def move(self, old: str, new: str) -> None:
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder(find_embedding_files("all-MiniLM-L6-v2"))


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "knowledge.db"
    shutil.copy(empty_database, path)
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "documents"
    root.mkdir()
    return Folder(root)


@pytest.fixture
def counting() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def tiny(database: Database, folder: Folder, counting: CountingEmbedder) -> Knowledge:
    """Over the test's folder, with the embedder that counts."""
    return build_knowledge(database, counting, KnowledgeSettings(documents=folder.root))


@pytest.fixture(scope="session")
def handbook(
    embedder: Embedder, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Knowledge]:
    """HANDBOOK, indexed with the real model; for tests that only ask."""
    home = tmp_path_factory.mktemp("handbook")
    folder = Folder(home / "documents")
    folder.write(HANDBOOK)
    shutil.copy(empty_database, home / "handbook.db")
    opened = open_database(f"sqlite:///{home / 'handbook.db'}")
    settings = KnowledgeSettings(documents=folder.root, base_url="https://docs.example/")
    knowledge = build_knowledge(opened, embedder, settings)
    knowledge.reindex()
    yield knowledge
    opened.close()
