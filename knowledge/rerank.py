"""A cross-encoder reads the question with each of the best candidates, and orders them anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

from knowledge.answers import FoundPassage
from knowledge.bm25 import Scores
from knowledge.embed import cpu_has_bfloat16
from knowledge.errors import KnowledgeUnusable
from knowledge.model_files import from_hub, hash_weights

RERANKED = 24
"""Candidates that are read; the cost of an answer grows with them."""
MAX_TOKENS = 512
BATCH_TOKENS = 8_192
"""Tokens in one forward pass, padding included."""


@dataclass(frozen=True)
class Reranker:
    """Any model with one logit for a pair of texts, in bfloat16 where the CPU or GPU has it."""

    name: str
    model: Any
    tokenizer: Any
    max_tokens: int
    _one_at_a_time: Any = field(default_factory=threading.Lock)

    def order(
        self, question: str, passages: Sequence[FoundPassage], top_k: int
    ) -> list[FoundPassage]:
        """The first RERANKED passages, or as many as `top_k`, best first by the model's account.

        A passage's score becomes the model's, in 0..1.
        """
        read = passages[: max(RERANKED, top_k)]
        scores = self.scores(question, [with_headings(passage) for passage in read])
        scored = (replace(p, score=float(s)) for p, s in zip(read, scores, strict=True))
        return sorted(scored, key=lambda passage: -passage.score)

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """How well each text answers the question, in 0..1, of shape (texts,)."""
        found = np.zeros(len(texts), dtype=np.float32)
        for rows, batch in self._batches(question, texts):
            with self._one_at_a_time, torch.inference_mode(), self._precision():
                logits = self.model(**batch).logits
            found[rows] = torch.sigmoid(logits.float()).squeeze(-1).cpu().numpy()
        return found

    def _batches(self, question: str, texts: Sequence[str]) -> Iterator[tuple[list[int], Any]]:
        if not texts:
            return
        pairs = ([question] * len(texts), list(texts))
        encoded = self.tokenizer(*pairs, truncation=True, max_length=self.max_tokens)
        lengths = [len(ids) for ids in encoded["input_ids"]]
        rows: list[int] = []
        for row in sorted(range(len(texts)), key=lambda row: -lengths[row]):
            if rows and lengths[rows[0]] * (len(rows) + 1) > BATCH_TOKENS:
                yield rows, self._padded(encoded, rows)
                rows = []
            rows.append(row)
        yield rows, self._padded(encoded, rows)

    def _padded(self, encoded: Any, rows: list[int]) -> Any:
        chosen = {name: [values[row] for row in rows] for name, values in encoded.items()}
        return self.tokenizer.pad(chosen, return_tensors="pt").to(self.model.device)

    def _precision(self) -> AbstractContextManager[Any]:
        device = self.model.device.type
        if device != "cuda" and not cpu_has_bfloat16():
            return nullcontext()
        return torch.autocast(device, dtype=torch.bfloat16)


def with_headings(passage: FoundPassage) -> str:
    above = " › ".join(part for part in (passage.title, passage.heading) if part)
    return f"{above}\n{passage.text}" if above else passage.text


def open_reranker(name: str) -> Reranker:
    """Load the cross-encoder of a folder, of the Hugging Face cache or of the hub.

    Raises KnowledgeUnusable if it is missing, damaged, not safetensors, or no cross-encoder.
    """
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = find_folder(name)
    try:
        model, loading = AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # Whatever is wrong with the files, it is said in many types.
        raise KnowledgeUnusable(
            f"The reranker {name!r} cannot be loaded ({type(error).__name__}): "
            "get its files anew, or leave knowledge.reranker empty."
        ) from error
    if model.config.num_labels != 1 or loading["missing_keys"]:
        raise KnowledgeUnusable(
            f"{name!r} is no cross-encoder with one score for a pair of texts: choose another "
            "knowledge.reranker, for instance cross-encoder/ms-marco-MiniLM-L6-v2."
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Reranker(name, model.eval().to(device), tokenizer, longest(model, tokenizer))


def longest(model: Any, tokenizer: Any) -> int:
    positions = getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS
    return int(min(MAX_TOKENS, positions, tokenizer.model_max_length))


def find_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    try:
        folder = folder if folder.is_dir() else from_hub(name)
        hash_weights(folder)
    except KnowledgeUnusable as error:
        raise KnowledgeUnusable(
            f"The reranker {name!r} is neither a folder nor to be had from Hugging Face, or has no "
            "*.safetensors file: check knowledge.reranker and the connection, or leave it empty."
        ) from error
    return folder
