"""A LoRA adapter of the embedding model: it reads questions, and passages too if it is for both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from knowledge.adapters.dense_weight import dense_weight_of
from knowledge.adapters.sides import space_of
from knowledge.embed import Embedder
from knowledge.generate.local_adapter import (
    PREFIX,
    check_adapter,
    inject,
    read_weights,
    sharing_copy,
)


def with_question_adapter(embedder: Embedder, folder: Path) -> Embedder:
    """A copy that reads questions through the adapter, and passages as before.

    Where the adapter is for both sides, its questions are compared with what it has read itself.
    What it has learnt to count beside words comes with it.
    It shares the model's weights, tokenizer and turns, and nothing that threads are using changes.
    Raises KnowledgeUnusable if the adapter is damaged, pickled, or made for another model.
    """
    network = question_network(embedder, folder)
    return embedder.with_questions(network, space_of(folder), dense_weight_of(folder))


def question_network(embedder: Embedder, folder: Path) -> Any:
    """The embedder's network with the adapter beside its weights.

    Not added to them: they would be rounded to bfloat16 together, and small changes would be lost.
    """
    check_adapter(folder, embedder.model_name)
    weights = {name.removeprefix(PREFIX): value for name, value in read_weights(folder).items()}
    network = sharing_copy(embedder.network)
    inject(network, folder, weights)
    return network.to(embedder.network.device).eval()
