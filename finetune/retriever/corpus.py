"""The vectors of the live index in a folder: what a question is trained to come near to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from db import corpus as live
from db.engine import Database
from db.passages import count_live
from finetune.runs import TrainingFailed
from knowledge.embed import Vectors

IDS, VECTORS = "ids.npy", "vectors.npy"
COPIED = 4_096
"""Passages that are read or compared at once."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages by rising id, and their unit vectors, float16 of shape (passages, dimension)."""

    ids: Rows
    vectors: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: Collection[int]) -> Rows:
        """Where these passages are; those that are here no more are left out."""
        wanted = np.unique(np.fromiter(ids, dtype=np.int64, count=len(ids)))
        return np.flatnonzero(np.isin(self.ids, wanted))

    def chosen(self, rows: Rows) -> Corpus:
        return Corpus(self.ids[rows], np.asarray(self.vectors[rows]))


def save_corpus(database: Database, folder: Path) -> int:
    """Write the live passages' ids and vectors into the folder; how many they are.

    Raises TrainingFailed if nothing is indexed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with database.reading() as session:
        _, count = count_live(session)
        passages = live.live_vectors(session)
        first = next(passages, None)
        if first is None:
            raise TrainingFailed("Nothing is indexed yet: run `lorebot reindex` before training.")
        ids = np.zeros(count, dtype=np.int64)
        # Straight to the disk: a million vectors need not fit into memory.
        vectors = np.lib.format.open_memmap(
            folder / VECTORS, mode="w+", dtype=np.float16, shape=(count, len(first[1]))
        )
        ids[0], vectors[0] = first
        filled = 1
        while some := list(islice(passages, min(COPIED, count - filled))):
            end = filled + len(some)
            ids[filled:end] = [passage_id for passage_id, _ in some]
            vectors[filled:end] = [vector for _, vector in some]
            filled = end
        vectors.flush()
    np.save(folder / IDS, ids)
    return count


def load_corpus(folder: Path) -> Corpus:
    """Raises TrainingFailed if the folder holds no corpus."""
    try:
        vectors = np.load(folder / VECTORS, mmap_mode="r")
        return Corpus(np.load(folder / IDS), vectors)
    except (OSError, ValueError) as error:
        raise TrainingFailed(
            f"There is no corpus in {folder}: begin the cycle anew, which writes one."
        ) from error


def part_of(corpus: Corpus, keep: Rows, questions: Vectors, most: int, near: int) -> Corpus:
    """At most about `most` passages: `keep`, the `near` nearest of each question, others evenly.

    Those that are far from every question hardly change a softmax; a few of them stand for all.
    """
    if len(corpus) <= most:
        return corpus.chosen(np.arange(len(corpus)))
    chosen = np.union1d(keep, nearest(corpus, questions, near))
    evenly = np.linspace(0, len(corpus) - 1, max(0, most - len(chosen)), dtype=np.int64)
    return corpus.chosen(np.union1d(chosen, evenly))


def nearest(corpus: Corpus, questions: Vectors, near: int) -> Rows:
    """The rows that are among the `near` nearest of any question."""
    best = np.full((len(questions), near), -2.0, dtype=np.float32)
    rows = np.zeros((len(questions), near), dtype=np.int64)
    for start, vectors in pieces(corpus):
        cosines = np.hstack([best, questions @ vectors.T.astype(np.float32)])
        here = np.broadcast_to(start + np.arange(len(vectors)), (len(questions), len(vectors)))
        order = np.argpartition(-cosines, near - 1, axis=1)[:, :near]
        best = np.take_along_axis(cosines, order, axis=1)
        rows = np.take_along_axis(np.hstack([rows, here]), order, axis=1)
    return np.unique(rows[best > -2])


def pieces(corpus: Corpus) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
    for start in range(0, len(corpus), COPIED):
        yield start, corpus.vectors[start : start + COPIED]
