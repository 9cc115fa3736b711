"""A LoRA adapter on the side of the questions: found better, and no passage is embedded anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

    It shares the model's weights, tokenizer and turns, and nothing that threads are using changes.
    Raises KnowledgeUnusable if the adapter is damaged, pickled, or made for another model.
    """
    return embedder.with_questions(question_network(embedder, folder))


def question_network(embedder: Embedder, folder: Path) -> Any:
    """The embedder's network with the adapter beside its weights.

    Not added to them: they would be rounded to bfloat16 together, and small changes would be lost.
    """
    check_adapter(folder, embedder.model_name)
    weights = {name.removeprefix(PREFIX): value for name, value in read_weights(folder).items()}
    network = sharing_copy(embedder.network)
    inject(network, folder, weights)
    return network.to(embedder.network.device).eval()
