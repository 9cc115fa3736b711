"""Several answers at once: at every step one may join, and those that have ended make room."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers.cache_utils import Cache

from knowledge.generate import local_cache
from knowledge.generate.local_model import LocalModel
from knowledge.generate.local_row import Row
from knowledge.generate.writers import WriterUnavailable

log = logging.getLogger(__name__)

CHUNK = 512
"""Tokens of a prompt that are read at once; between two chunks the other answers go on."""


@dataclass(slots=True)
class Reading:
    """A prompt that is being read, in a cache of its own."""

    row: Row
    cache: Cache
    read: int = 0


class Batch:
    """The answers that one model writes now. For one thread."""

    def __init__(self, model: LocalModel, places: int) -> None:
        self._model = model
        self._places = places if model.joins else 1
        self._reading: Reading | None = None
        self._clear()

    @property
    def empty(self) -> bool:
        return not self._rows and self._reading is None

    @property
    def has_room(self) -> bool:
        return self._reading is None and len(self._rows) < self._places

    def add(self, row: Row) -> None:
        self._reading = Reading(row, self._model.new_cache())

    def advance(self) -> None:
        """Read a chunk of the prompt that joins, and write the next token of every other answer.

        If that fails, `fail` ends all.
        """
        self._drop_over()
        said = self._read_on() if self._reading else None
        self._step()
        if said is not None:
            self._join(said)

    def fail(self, why: WriterUnavailable) -> None:
        """End all answers with this reason."""
        for row in self._everyone():
            row.end(why)
        self._reading = None
        self._clear()

    def _everyone(self) -> list[Row]:
        return [*self._rows, *([self._reading.row] if self._reading else [])]

    def _clear(self) -> None:
        self._rows: list[Row] = []
        self._cache: Cache | None = None
        self._lengths: list[int] = []
        """Of each row, the tokens in the cache."""
        self._last: torch.Tensor = torch.empty(0, dtype=torch.long)
        """Of each row, the token that was said last and is not in the cache yet."""

    def _read_on(self) -> torch.Tensor | None:
        """The first token of the answer, of shape (1,), once the whole prompt is read."""
        assert self._reading is not None
        try:
            return self._read(self._reading)
        except Exception as error:  # The others have a cache of their own, and go on.
            self._reading.row.end(failure(error))
            self._reading = None
            return None

    def _read(self, reading: Reading) -> torch.Tensor | None:
        prompt = reading.row.prompt
        size = CHUNK if self._model.joins else len(prompt)
        ids = torch.tensor([prompt[reading.read : reading.read + size]])
        positions = torch.arange(reading.read, reading.read + ids.shape[1]).unsqueeze(0)
        logits = self._model.forward(ids, positions, reading.cache)
        reading.read += ids.shape[1]
        return choose(logits) if reading.read == len(prompt) else None

    def _join(self, said: torch.Tensor) -> None:
        assert self._reading is not None
        reading, self._reading = self._reading, None
        # Heard before it joins, which copies the cache: the first token is waited for.
        self._say([reading.row], said)
        if reading.row.over:
            return
        if self._cache is None:
            self._cache, self._last = reading.cache, said
        else:
            local_cache.join(self._cache, reading.cache)
            self._last = torch.cat([self._last, said])
        self._rows.append(reading.row)
        self._lengths.append(reading.read)

    def _step(self) -> None:
        if self._cache is None:
            return
        lengths = torch.tensor(self._lengths).unsqueeze(1)
        mask = None
        if min(self._lengths) < (width := max(self._lengths)):
            mask = (torch.arange(width + 1) >= width - lengths).long()
        logits = self._model.forward(self._last.unsqueeze(1), lengths, self._cache, mask)
        self._lengths = [length + 1 for length in self._lengths]
        self._last = choose(logits)
        self._say(self._rows, self._last)
        self._drop_over()

    def _say(self, rows: Sequence[Row], said: torch.Tensor) -> None:
        for row, token in zip(rows, said.tolist(), strict=True):
            row.say(token, token in self._model.ends)

    def _drop_over(self) -> None:
        """Give away the places of answers that have ended or that nobody waits for."""
        for row in self._everyone():
            row.over = row.over or row.gone
        if self._reading is not None and self._reading.row.over:
            self._reading = None
        kept = [place for place, row in enumerate(self._rows) if not row.over]
        if len(kept) == len(self._rows):
            return
        if not kept or self._cache is None:
            return self._clear()
        self._rows = [self._rows[place] for place in kept]
        self._lengths = [self._lengths[place] for place in kept]
        self._last = self._last[kept]
        local_cache.keep(self._cache, kept, max(self._lengths))


def choose(logits: torch.Tensor) -> torch.Tensor:
    """The likeliest tokens, of shape (rows,), from logits of shape (rows, vocabulary)."""
    found = logits.max(dim=-1)
    if not bool(torch.isfinite(found.values).all()):
        raise ArithmeticError("its numbers are not finite")
    return found.indices


def failure(error: Exception) -> WriterUnavailable:
    log.error("the local model failed", exc_info=error)
    reason = next(iter(str(error).splitlines()), "")
    return WriterUnavailable(f"The local model failed: {type(error).__name__}: {reason}")
