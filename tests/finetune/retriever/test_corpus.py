"""The corpus is what the live index shows; a part of a large one keeps what matters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from db import schema, versions
from db.engine import Database, open_database
from finetune.retriever.corpus import Corpus, load_corpus, part_of, save_corpus
from finetune.runs import TrainingFailed
from knowledge.embed import Embedder
from knowledge.ready_passages import add_ready_passages
from knowledge.settings import KnowledgeSettings

READY = [
    ("keys.md#0", "Keys > The night door", "The night door opens with the green card."),
    ("keys.md#1", "Keys > The night door", "Lost cards are reported to the guard."),
    ("leave.md#0", "Leave > Holidays", "Everybody has 28 days of holiday a year."),
    ("leave.md#1", "Leave", "Ask your lead."),
]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = open_database(f"sqlite:///{tmp_path / 'lore.db'}")
    schema.upgrade(opened)
    return opened


@pytest.fixture
def indexed(database: Database, embedder: Embedder) -> Database:
    add_ready_passages(database, embedder, KnowledgeSettings(), READY)
    return database


def random_corpus(size: int) -> Corpus:
    vectors = np.random.default_rng(0).normal(size=(size, 8)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Corpus(10 * np.arange(size), unit.astype(np.float16))


def test_the_corpus_has_the_vectors_of_the_live_passages(
    indexed: Database, embedder: Embedder, tmp_path: Path
) -> None:
    assert save_corpus(indexed, tmp_path / "corpus") == 4
    corpus = load_corpus(tmp_path / "corpus")

    assert corpus.ids.tolist() == [1, 2, 3, 4]
    assert corpus.vectors.dtype == np.float16
    assert corpus.vectors.shape == (4, embedder.dimension)
    texts = embedder.embed_passages([text for _, _, text in READY])
    # A heading turns a passage's vector a little.
    assert np.einsum("ij,ij->i", corpus.vectors.astype(np.float32), texts).min() > 0.9


def test_a_document_that_has_gone_is_not_in_the_corpus(
    indexed: Database, embedder: Embedder, tmp_path: Path
) -> None:
    version = versions.begin_version(indexed, "next", "small-bert", embedder.dimension)
    versions.switch(indexed, version, [1, 4], {})

    save_corpus(indexed, tmp_path / "corpus")

    assert load_corpus(tmp_path / "corpus").ids.tolist() == [2, 3]


def test_without_an_index_there_is_no_corpus(database: Database, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="lorebot reindex"):
        save_corpus(database, tmp_path / "corpus")


def test_a_folder_without_a_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="no corpus in"):
        load_corpus(tmp_path)


def test_passages_that_have_gone_have_no_row() -> None:
    assert random_corpus(5).rows([30, 7, 10]).tolist() == [1, 3]


def test_a_small_corpus_is_trained_against_whole() -> None:
    corpus = random_corpus(50)

    part = part_of(corpus, np.array([3]), np.zeros((1, 8), np.float32), most=50, near=5)

    assert part.ids.tolist() == corpus.ids.tolist()


def test_of_a_large_corpus_stay_what_is_named_and_what_is_near() -> None:
    corpus = random_corpus(10_000)
    questions = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    cosines = questions @ corpus.vectors.T.astype(np.float32)
    near = np.argsort(-cosines, axis=1)[:, :20]

    part = part_of(corpus, np.array([17, 4_711]), questions, most=500, near=20)

    assert 450 <= len(part) <= 500
    assert set(part.ids) >= {170, 47_110, *(10 * near).ravel().tolist()}
    assert part.vectors.tobytes() == corpus.vectors[part.ids // 10].tobytes()
