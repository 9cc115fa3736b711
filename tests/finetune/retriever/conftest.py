"""A very small embedding model with an index of its own, and jobs to train it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from finetune.examples import Pair, Provenance
from finetune.retriever.corpus import IDS, VECTORS
from finetune.retriever.job import RetrieverJob
from finetune.retriever.settings import RetrieverTraining
from knowledge.embed import Embedder, open_embedder
from knowledge.model_files import find_embedding_files, packaged_folder

PASSAGES = [
    "The night door opens with the green card.",
    "Everybody has 28 days of holiday a year.",
    "Call the front desk before nine when you are ill.",
    "The canteen opens at noon and serves fish on Fridays.",
    "Invoices are paid within thirty days.",
    "A comet is a ball of ice and dust.",
    "Bicycles are parked behind the house.",
    "The printer on the second floor needs a badge.",
]
FIRST = 101
"""The id of the first passage."""
QUESTIONS = ["Which card do I need?", "How long may I be away?", "Whom do I tell?", "What is fish?"]

MakeJob = Callable[..., RetrieverJob]


def pair(question: str, *positives: int, **values: object) -> Pair:
    provenance = Provenance("correction", "i1", ("U1",), question)
    return replace(Pair(question, positives, (), provenance), **values)  # type: ignore[arg-type]


PAIRS = [pair(question, FIRST + place) for place, question in enumerate(QUESTIONS)]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of random weights, with the tokenizer of the real model."""
    folder = tmp_path_factory.mktemp("models") / "small-bert"
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = BertConfig(intermediate_size=64, initializer_range=0.3, **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    [shutil.copy(path, folder) for path in packaged_folder().glob("*token*")]
    shutil.copy(packaged_folder() / "vocab.txt", folder)
    return folder


@pytest.fixture(scope="session")
def embedder(model: Path) -> Embedder:
    return open_embedder(find_embedding_files(str(model)))


@pytest.fixture(scope="session")
def corpus(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    np.save(folder / IDS, FIRST + np.arange(len(PASSAGES)))
    np.save(folder / VECTORS, embedder.embed_passages(PASSAGES).astype(np.float16))
    return folder


@pytest.fixture
def make_job(model: Path, corpus: Path, tmp_path: Path) -> MakeJob:
    """A job in a folder of this name, with these pairs and settings."""

    def make(name: str, pairs: Sequence[Pair] = PAIRS, **settings: float) -> RetrieverJob:
        home = tmp_path / name
        home.mkdir()
        lines = [json.dumps(asdict(one)) + "\n" for one in pairs]
        (home / "pairs.jsonl").write_text("".join(lines))
        chosen = RetrieverTraining(**{"epochs": 8, "batch": 2, "soup": 1, "dropout": 0, **settings})  # type: ignore[arg-type]
        return RetrieverJob(
            pairs=home / "pairs.jsonl",
            corpus=corpus,
            model=str(model),
            out=home / "adapter",
            work=home / "work",
            settings=chosen,
            threads=1,
        )

    return make
