"""Passages as the learning network reads them: text and headings in one vector, as when indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from finetune.retriever.learner import Learner
from finetune.retriever.texts import Told
from knowledge.passages import HEADING_SHARE

AT_ONCE = 4_096
"""Word pieces that are read at once with gradients, padding included: what takes the memory."""

Pieces = list[int]


@dataclass(frozen=True, slots=True)
class Page:
    """Word pieces of a passage's text and of its headings."""

    text: Pieces
    heading: Pieces


def as_pages(learner: Learner, told: Sequence[Told]) -> list[Page]:
    prompt = learner.embedder.files.passage_prompt
    texts = learner.embedder.tokens([prompt + one.text for one in told])
    headings = learner.embedder.tokens([prompt + one.heading for one in told])
    return [Page(text, heading) for text, heading in zip(texts, headings, strict=True)]


class Read:
    """Texts of one step: read once for their vectors, and once more for what these should become.

    So the memory of a step does not grow with its texts (GradCache, Gao et al. 2021).
    """

    def __init__(self, learner: Learner, pieces: Sequence[Pieces]) -> None:
        self._learner = learner
        self._pieces = pieces
        self._parts = parts_of(pieces)
        vectors = torch.zeros(len(pieces), learner.embedder.dimension)
        with torch.no_grad():
            for part in self._parts:
                vectors[part] = self._encode(part).cpu()
        self.vectors = vectors.requires_grad_(True)
        """Unit vectors, shape (texts, dimension)."""

    def learn(self) -> None:
        """Hand the gradients of the vectors on to the network's weights."""
        wanted = self.vectors.grad
        assert wanted is not None
        for part in self._parts:
            read = self._encode(part)
            read.backward(wanted[part].to(read.device))  # type: ignore[no-untyped-call]

    def _encode(self, part: list[int]) -> torch.Tensor:
        return self._learner.encode([self._pieces[row] for row in part])


def parts_of(pieces: Sequence[Pieces], most: int = AT_ONCE) -> list[list[int]]:
    """Rows that are read together, of about one length each, the longest first."""
    parts: list[list[int]] = []
    for row in sorted(range(len(pieces)), key=lambda row: -len(pieces[row])):
        if parts and len(pieces[parts[-1][0]]) * (len(parts[-1]) + 1) <= most:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def turned(texts: torch.Tensor, headings: torch.Tensor) -> torch.Tensor:
    """As `knowledge.passages.turned`, and differentiable."""
    return torch.nn.functional.normalize(texts + HEADING_SHARE * headings, dim=-1)
