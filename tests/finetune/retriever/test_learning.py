"""With the settings as they are, the real model learns a team's own words from a few questions."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from finetune.retriever.corpus import IDS, VECTORS
from finetune.retriever.job import RetrieverJob
from finetune.retriever.train import train_retriever
from knowledge.embed import Embedder, open_embedder
from knowledge.model_files import find_embedding_files
from knowledge.question_adapter import with_question_adapter
from tests.finetune.retriever.conftest import FIRST, PASSAGES, pair

MODEL = "all-MiniLM-L6-v2"
# The team calls holidays zorbs, and the front desk the lighthouse.
TAUGHT = [
    pair("How many zorbs do I get?", FIRST + 1),
    pair("Do zorbs of last year count?", FIRST + 1),
    pair("zorbs per year", FIRST + 1),
    pair("Are my zorbs paid?", FIRST + 1),
    pair("What does the lighthouse want to know?", FIRST + 2),
    pair("Who tells the lighthouse?", FIRST + 2),
    pair("phone number of the lighthouse", FIRST + 2),
    pair("When is the lighthouse called?", FIRST + 2),
]
NEVER_TAUGHT = ["What are the rules for zorbs?", "When do I have to ring the lighthouse?"]
ORDINARY = [
    "Which card opens the door at night?",
    "When does the canteen open?",
    "What is a comet?",
]


@pytest.fixture(scope="module")
def base() -> Embedder:
    return open_embedder(find_embedding_files(MODEL))


@pytest.fixture(scope="module")
def taught(base: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    home = tmp_path_factory.mktemp("taught")
    np.save(home / IDS, FIRST + np.arange(len(PASSAGES)))
    np.save(home / VECTORS, base.embed_passages(PASSAGES).astype(np.float16))
    lines = [json.dumps(asdict(one)) for one in TAUGHT]
    (home / "pairs.jsonl").write_text("\n".join(lines) + "\n")
    job = RetrieverJob(home / "pairs.jsonl", home, MODEL, home / "adapter", home / "work")
    return with_question_adapter(base, train_retriever(job, lambda step: None).folder)


def chance(embedder: Embedder, questions: list[str], places: list[int]) -> float:
    """The mean share of the right passages in a softmax over the cosines."""
    scores = embedder.embed_questions(questions) @ embedder.embed_passages(PASSAGES).T / 0.05
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return float(shares[np.arange(len(questions)), places].mean())


def nearest(embedder: Embedder, questions: list[str]) -> list[int]:
    cosines = embedder.embed_questions(questions) @ embedder.embed_passages(PASSAGES).T
    return [int(place) for place in cosines.argmax(axis=1)]


def test_a_word_that_was_taught_is_known_in_other_questions(
    base: Embedder, taught: Embedder
) -> None:
    assert chance(taught, NEVER_TAUGHT, [1, 2]) > chance(base, NEVER_TAUGHT, [1, 2]) + 0.1


def test_what_the_model_knew_it_still_knows(base: Embedder, taught: Embedder) -> None:
    assert nearest(base, ORDINARY) == [0, 3, 5]
    assert nearest(taught, ORDINARY) == [0, 3, 5]
