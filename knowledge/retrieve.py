"""From a question to passages, best first: meaning and words, in one convex sum."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from db.passages import StoredPassage
from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.index import Hits, PassageIndex, Scores
from knowledge.links import document_uri
from knowledge.settings import KnowledgeSettings
from knowledge.terms import query_terms

CANDIDATES = 200
"""Passages that each of the two searches may propose."""
LEAST_DENSE_WEIGHT = 0.05
"""Foreign script or not, the model still reads names and numbers."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first, in which version, and the milliseconds it took."""

    passages: tuple[FoundPassage, ...]
    version: int | None
    embed_ms: float
    search_ms: float


class HybridRetriever(BaseRetriever):
    """Dense and BM25 scores, each divided by its best, summed with weights w and 1 − w.

    After Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    The weight follows the share of the question that the embedding model can read.
    """

    def __init__(
        self, index: PassageIndex, embedder: Embedder, settings: KnowledgeSettings
    ) -> None:
        super().__init__()
        self._index = index
        self._embedder = embedder
        self._settings = settings

    def find(self, question: str, top_k: int | None = None) -> Found:
        """The best `top_k` passages (the setting's number, if not given) for a tidied question."""
        start = perf_counter()
        vector = self._embedder.embed_question(question)
        weight = self._settings.dense_weight * self._embedder.known_share(question)
        embedded = perf_counter()
        terms = query_terms(question, self._settings.stemmer)
        hits = self._index.search(vector, terms, CANDIDATES)
        passages = self._rank(hits, max(LEAST_DENSE_WEIGHT, weight))
        searched = perf_counter()
        return Found(
            passages[: top_k or self._settings.top_k],
            hits.version,
            embed_ms=1000 * (embedded - start),
            search_ms=1000 * (searched - embedded),
        )

    def _rank(self, hits: Hits, weight: float) -> tuple[FoundPassage, ...]:
        scores = weight * shares(hits.dense) + (1 - weight) * shares(hits.text)
        order = np.argsort(-scores, kind="stable")
        return tuple(
            self._found(hits.passages[passage_id], hits, row, float(scores[row]))
            for row in order.tolist()
            if (passage_id := int(hits.ids[row])) in hits.passages
        )

    def _found(self, passage: StoredPassage, hits: Hits, row: int, score: float) -> FoundPassage:
        return FoundPassage(
            passage_id=passage.id,
            document_id=passage.document_id,
            path=passage.path,
            title=passage.title,
            uri=document_uri(self._settings.base_url, passage.path),
            heading=passage.heading,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            page=passage.page,
            score=score,
            dense_score=float(hits.dense[row]),
            text_score=float(hits.text[row]),
        )

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.find(query_bundle.query_str)
        return [NodeWithScore(node=as_node(p), score=p.score) for p in found.passages]


def shares(scores: Scores) -> Scores:
    """Scores as shares of the best one: in 0..1, below zero counts as zero."""
    best = float(scores.max(initial=0.0))
    return np.clip(scores, 0, None) / best if best > 0 else np.zeros_like(scores)


def as_node(passage: FoundPassage) -> TextNode:
    return TextNode(
        id_=str(passage.passage_id),
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={
            "path": passage.path,
            "title": passage.title,
            "heading": passage.heading,
            "uri": passage.uri,
        },
    )
