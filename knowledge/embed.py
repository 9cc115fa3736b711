"""The embedding model: texts to unit vectors, straight on transformers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import ConfigDict, PrivateAttr
from transformers import AutoModel, AutoTokenizer, logging

from knowledge.ahead import ahead
from knowledge.model_files import EmbeddingFiles
from knowledge.turns import Turns

BATCH_TOKENS = 1_024
"""Word pieces in one forward pass on a CPU, padding included.

Measured: 1,024 to 4,096 take as long a piece, 8,192 take 5 % longer, for they leave the caches;
and a question that comes during a reindex waits until a pass has ended.
"""
GPU_BATCH_TOKENS = 16_384
SLICE = 512
"""Texts that are tokenised at once, while the ones before are embedded."""
HURRY_TOKENS = 8_192
"""Whoever embeds no more, for a question say, goes before whoever embeds more."""

Vectors = npt.NDArray[np.float32]
Batch = tuple[list[int], list[list[int]], bool]
"""Rows of the result, the word pieces of each, and whether somebody waits for just this."""


class Embedder(BaseEmbedding):
    """Mean-pooled, normalised token states, in bfloat16 where the CPU or GPU computes in it.

    Texts are batched by length, so that hardly any padding is computed. Questions may be read by
    a network of their own, which tells them apart better; passages stay as they are indexed, or
    are read by that network too, and have vectors of their own for it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    dimension: int
    files: EmbeddingFiles
    space: str | None = None
    """Whose vectors of the passages its questions are compared with: the SHA-256 of the weights of
    the adapter that has read them; None stands for the model as it is."""
    dense_weight: float | None = None
    """The share of its cosines against words in a passage's score, in 0..1, as it was learnt with
    the adapter; None stands for the setting."""
    _model: Any = PrivateAttr()
    _asking: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()
    _device: torch.device = PrivateAttr()
    _half: bool = PrivateAttr()
    _batch_tokens: int = PrivateAttr(default=BATCH_TOKENS)
    _turns: Turns = PrivateAttr(default_factory=Turns)
    _tokenizing: Any = PrivateAttr(default_factory=threading.Lock)

    def embed_question(self, question: str) -> Vectors:
        """A unit vector of shape (dimension,)."""
        vector: Vectors = self.embed_questions([question])[0]
        return vector

    def embed_questions(self, questions: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(questions), dimension)."""
        prompt = self.files.question_prompt
        return self._embed(self._asking, [prompt + question for question in questions])

    def embed_passages(
        self, texts: Sequence[str], done: Callable[[int], None] | None = None
    ) -> Vectors:
        """Unit vectors of shape (len(texts), dimension); `done` hears how many are finished."""
        prompt = self.files.passage_prompt
        return self.embed([prompt + text for text in texts] if prompt else texts, done)

    def embed(self, texts: Sequence[str], done: Callable[[int], None] | None = None) -> Vectors:
        """Unit vectors of shape (len(texts), dimension) of the texts as they are."""
        return self._embed(self._model, texts, done)

    @property
    def network(self) -> Any:
        """What reads passages, and questions too where no adapter is."""
        return self._model

    def with_questions(
        self, network: Any, space: str | None = None, dense_weight: float | None = None
    ) -> Embedder:
        """A copy that reads questions by this network, and shares all else, its turns too."""
        other = self.weighing(dense_weight)
        other.space, other._asking = space, network
        return other

    def weighing(self, dense_weight: float | None) -> Embedder:
        """A copy whose cosines have this share."""
        return self.model_copy(update={"dense_weight": dense_weight})

    def reads_like(self, other: Embedder) -> bool:
        """Whether a question has the same vector by both."""
        return self._asking is other._asking

    def with_passages(self, network: Any) -> Embedder:
        """A copy that reads passages by this network."""
        other = self.model_copy()
        other._model = network
        return other

    def encode(self, network: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Unit vectors, shape (texts, dimension), through which gradients may flow."""
        with self._precision():
            states = network(**batch).last_hidden_state
        pooled = self._pool(states.float(), batch["attention_mask"])
        return torch.nn.functional.normalize(pooled, dim=-1)

    def _embed(
        self, network: Any, texts: Sequence[str], done: Callable[[int], None] | None = None
    ) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        finished = 0
        with closing(self._batches(texts)) as batches:
            for rows, ids, hurry in batches:
                vectors[rows] = self._forward(network, self.padded(ids), hurry)
                finished += len(rows)
                if done is not None:
                    done(finished)
        return vectors

    def known_share(self, text: str) -> float:
        """The share of a text's word pieces that the model knows, in 0..1.

        Where the script is foreign to the vocabulary, pieces are unknown or single characters,
        and similarity of meaning says little.
        """
        with self._tokenizing:
            pieces = self._tokenizer(text, add_special_tokens=False, truncation=True)["input_ids"]
        letters = sum(char.isalpha() for char in text)
        if not pieces or not letters:
            return 1.0
        unknown = pieces.count(self._tokenizer.unk_token_id) / len(pieces)
        letters_per_piece = letters / len(pieces)
        return float((1 - unknown) * min(1.0, max(0.0, (letters_per_piece - 1) / 1.5)))

    def _batches(self, texts: Sequence[str]) -> Generator[Batch, None, None]:
        """Longest first: memory is claimed once, at the start."""
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        if len(order) > SLICE:
            slices = (order[i : i + SLICE] for i in range(0, len(order), SLICE))
            return ahead(batch for rows in slices for batch in self._cut(texts, rows, False))
        return self._cut(texts, order, True)

    def _cut(
        self, texts: Sequence[str], rows: Sequence[int], few: bool
    ) -> Generator[Batch, None, None]:
        if not rows:
            return
        ids = dict(zip(rows, self.tokens([texts[row] for row in rows]), strict=True))
        hurry = few and sum(map(len, ids.values())) <= HURRY_TOKENS
        batch: list[int] = []
        for row in sorted(rows, key=lambda row: -len(ids[row])):
            if batch and len(ids[batch[0]]) * (len(batch) + 1) > self._batch_tokens:
                yield batch, [ids[i] for i in batch], hurry
                batch = []
            batch.append(row)
        yield batch, [ids[i] for i in batch], hurry

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The word pieces of each text, cut where the model reads no further."""
        # A tokenizer refuses work while another thread sets how it truncates.
        with self._tokenizing:
            found = self._tokenizer(texts, truncation=True, max_length=self.files.max_tokens)
        ids: list[list[int]] = found["input_ids"]
        return ids

    def padded(self, ids: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        """What a network reads, of shape (texts, the longest one's word pieces)."""
        width = max(len(row) for row in ids)
        pad = self._tokenizer.pad_token_id or 0
        padded = [row + [pad] * (width - len(row)) for row in ids]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in ids]
        return {
            "input_ids": torch.tensor(padded, device=self._device),
            "attention_mask": torch.tensor(mask, device=self._device),
        }

    def _forward(self, network: Any, batch: dict[str, torch.Tensor], hurry: bool) -> Vectors:
        # A forward pass takes all cores; two at once would wait for each other at every layer.
        with self._turns.taken(hurry=hurry), torch.inference_mode():
            unit = self.encode(network, batch)
        return np.asarray(unit.cpu().numpy(), dtype=np.float32)

    def _pool(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """From token states (texts, tokens, dimension) to one state a text."""
        if self.files.pooling == "cls":
            return states[:, 0]
        if self.files.pooling == "lasttoken":
            return states[torch.arange(len(states)), mask.sum(dim=1) - 1]
        weights = mask.unsqueeze(-1)
        return (states * weights).sum(dim=1) / weights.sum(dim=1)

    def _precision(self) -> AbstractContextManager[Any]:
        if not self._half:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=torch.bfloat16)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self.embed_passages(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self.embed_question(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def open_embedder(files: EmbeddingFiles, threads: int = 0) -> Embedder:
    """Load the model of `files` on the best device there is; `threads` 0 is one for each core."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads or os.cpu_count() or 1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = AutoModel.from_pretrained(
        str(files.folder), local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    embedder = Embedder(model_name=files.name, dimension=model.config.hidden_size, files=files)
    embedder._model = embedder._asking = model.eval().to(device)
    embedder._tokenizer = AutoTokenizer.from_pretrained(str(files.folder), local_files_only=True)
    embedder._device = device
    embedder._half = device.type == "cuda" or cpu_has_bfloat16()
    embedder._batch_tokens = GPU_BATCH_TOKENS if device.type == "cuda" else BATCH_TOKENS
    return embedder


def cpu_has_bfloat16() -> bool:
    """Whether bfloat16 is arithmetic here and not an emulation."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags or "bf16" in flags.split()
