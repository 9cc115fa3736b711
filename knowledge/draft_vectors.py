"""The vectors of drafts: their texts and headings embedded together, each heading once a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from db.passages import Half
from knowledge.embed import Embedder, Vectors
from knowledge.passages import Draft, turned

MOST_HEADINGS = 20_000
"""Kept at once: 30 MB of 384 dimensions."""


@dataclass
class DraftVectors:
    """Remembers headings from one call to the next."""

    embedder: Embedder
    headings: dict[str, Vectors] = field(default_factory=dict)

    def embed(
        self, drafts: Sequence[Draft], done: Callable[[float], None] | None = None
    ) -> dict[str, Half]:
        """The vector of each draft by its hash, shape (dimension,); equal ones are computed once.

        `done` hears the share that is finished.
        """
        unique = {draft.text_hash: draft for draft in drafts}
        if len(self.headings) > MOST_HEADINGS:
            self.headings.clear()
        headings = {draft.full_heading for draft in unique.values()} - self.headings.keys()
        # In one go, for short texts share their batches with headings.
        texts = [*sorted(headings), *(draft.span.text for draft in unique.values())]
        share = None if done is None else (lambda finished: done(finished / len(texts)))
        vectors = self.embedder.embed_passages(texts, share)
        # Copies: a part of an array keeps the whole of it.
        self.headings.update(zip(sorted(headings), map(np.copy, vectors), strict=False))
        return {
            text_hash: turned(vector, self.headings[draft.full_heading])
            for (text_hash, draft), vector in zip(
                unique.items(), vectors[len(headings) :], strict=True
            )
        }
