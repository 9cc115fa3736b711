"""From a question to evidence, best first: meaning and words in one convex sum, then ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from knowledge.answers import FoundPassage
from knowledge.audience import Reader
from knowledge.embed import Embedder
from knowledge.index import Hit, PassageIndex
from knowledge.links import document_uri
from knowledge.live import Live
from knowledge.ranking import CANDIDATES, open_ranking
from knowledge.settings import KnowledgeSettings
from knowledge.terms import query_terms

LEAST_DENSE_WEIGHT = 0.02
"""Foreign script or not, the model still reads names and numbers; with more of it, Chinese
questions would find less than by words alone."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first, in which version, and the milliseconds it took.

    `known` is the share of the question that the embedding model can read, in 0..1; `similarity`
    the cosine of the question and the nearest of the passages by the model as it is. With an
    adapter all cosines are lower, and what is enough was told from these.
    """

    passages: tuple[FoundPassage, ...]
    version: int | None
    known: float
    similarity: float
    embed_ms: float
    search_ms: float


class HybridRetriever(BaseRetriever):
    """Searches by meaning and by words; the weight of meaning follows the share of the question
    that the embedding model can read."""

    def __init__(
        self,
        index: PassageIndex,
        embedder: Embedder,
        settings: KnowledgeSettings,
        base_urls: Mapping[str, str],
        live: Live | None = None,
    ) -> None:
        """Questions are embedded as `live` says at that moment, else by `embedder`."""
        super().__init__()
        self._index = index
        self._embedder = embedder
        self._live = live
        self._settings = settings
        self._base_urls = base_urls
        self._ranking = open_ranking(embedder, settings)

    def find(
        self,
        question: str,
        top_k: int | None = None,
        reader: Reader | None = None,
        questions: Embedder | None = None,
    ) -> Found:
        """The best `top_k` passages (the setting's number, if not given) for a tidied question.

        Only what the reader may read; without a reader, all there is. `questions` embeds the
        question; without it, what is live does.
        """
        start = perf_counter()
        asking = questions or self._asking()
        vector = asking.embed_question(question)
        # Approved questions are compared with it, and those no adapter has seen.
        same = asking.reads_like(self._embedder)
        plain = vector if same else self._embedder.embed_question(question)
        known = self._embedder.known_share(question)
        learnt = asking.dense_weight
        weight = dense_weight(known, self._settings.dense_weight if learnt is None else learnt)
        embedded = perf_counter()
        terms = query_terms(question, self._settings.stemmer)
        labels = None if reader is None else reader.labels
        wanted = top_k or self._settings.top_k
        proposed = max(CANDIDATES, 2 * wanted)
        hits = self._index.search(vector, terms, weight, proposed, labels, asking.space)
        candidates = [found_passage(hit, self._base_urls) for hit in hits.best]
        passages = self._ranking.rank(question, plain, candidates, wanted, self._index.text)
        similarity = max((passage.dense_score for passage in passages), default=0.0)
        if plain is not vector and hits.version is not None:
            ids = [passage.passage_id for passage in passages]
            similarity = self._index.similarity(hits.version, plain, ids)
        searched = perf_counter()
        return Found(
            passages,
            hits.version,
            known,
            similarity,
            embed_ms=1000 * (embedded - start),
            search_ms=1000 * (searched - embedded),
        )

    def _asking(self) -> Embedder:
        return self._embedder if self._live is None else self._live.current().questions

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.find(query_bundle.query_str)
        return [NodeWithScore(node=as_node(p), score=p.score) for p in found.passages]


def dense_weight(known: float, wanted: float) -> float:
    """The share of meaning against words in a passage's score, where the embedding model knows
    this share of the question."""
    return max(LEAST_DENSE_WEIGHT, wanted * known)


def found_passage(hit: Hit, base_urls: Mapping[str, str]) -> FoundPassage:
    passage = hit.passage
    uri = passage.uri or document_uri(base_urls.get(passage.source, ""), passage.path)
    return FoundPassage(
        passage_id=passage.id,
        document_id=passage.document_id,
        path=passage.path,
        title=passage.title,
        uri=uri,
        heading=passage.heading,
        text=passage.text,
        start=passage.start,
        end=passage.end,
        page=passage.page,
        score=hit.score,
        dense_score=hit.dense,
        text_score=hit.text,
        source=passage.source,
    )


def as_node(passage: FoundPassage) -> TextNode:
    return TextNode(
        id_=str(passage.passage_id),
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.path)},
        metadata={
            "path": passage.path,
            "title": passage.title,
            "heading": passage.heading,
            "uri": passage.uri,
        },
    )
