"""From the candidates of a search to the evidence for an answer, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.answers import FoundPassage
from knowledge.diversity import diverse
from knowledge.embed import Embedder, Vectors
from knowledge.mentions import prefer_mentioned
from knowledge.neighbours import Merging, ReadText
from knowledge.rerank import Reranker, open_reranker
from knowledge.settings import KnowledgeSettings
from knowledge.verified import VerifiedFirst

CANDIDATES = 40
"""Passages that are ranked; what comes after them is too far to be in the evidence."""
SPARE = 4
"""Pieces of evidence beyond `top_k` that may come in for those that give way."""
EVIDENCE = 2.5
"""The longest evidence in passages of full length: a page's worth, for any reader's window."""


@dataclass(frozen=True)
class Ranking:
    """What the question names first, then what the reranker finds, then approved answers; at last
    neighbours become one and no document takes all places."""

    verified: VerifiedFirst
    reranker: Reranker | None
    longest: float
    """Tokens of the longest evidence."""

    def rank(
        self,
        question: str,
        vector: Vectors,
        candidates: Sequence[FoundPassage],
        top_k: int,
        read: ReadText,
    ) -> tuple[FoundPassage, ...]:
        """At most `top_k` pieces of evidence; `vector` is the question's, of shape (dimension,)."""
        ranked = prefer_mentioned(question, candidates)
        if self.reranker is not None:
            ranked = self.reranker.order(question, ranked, top_k)
        ranked = self.verified.order(question, vector, ranked)
        merged = Merging(read, self.longest).merge(ranked, top_k + SPARE)
        return tuple(diverse(merged)[:top_k])


def open_ranking(embedder: Embedder, settings: KnowledgeSettings) -> Ranking:
    """Raises KnowledgeUnusable if a reranker is set that cannot be loaded."""
    return Ranking(
        VerifiedFirst(embedder, settings.stemmer),
        open_reranker(settings.reranker) if settings.reranker else None,
        EVIDENCE * settings.passage_tokens,
    )
