"""From a question to a cited answer: retrieve, is it enough?, generate, cite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from knowledge.answers import UNKNOWN, Answer, Citation, FoundPassage, Timings
from knowledge.audience import Reader
from knowledge.confidence import THRESHOLD, Evidence, confidence
from knowledge.generate import Draft, Generator, Statement
from knowledge.links import citation_uri
from knowledge.retrieve import Found, HybridRetriever
from knowledge.terms import index_terms, query_terms
from knowledge.weights import TermWeights, cover


@dataclass(frozen=True)
class Answerer:
    """Answers tidied questions from the knowledge base; safe to call from several threads."""

    retriever: HybridRetriever
    generator: Generator
    weights: TermWeights
    stemmer: str

    def answer(self, question: str, reader: Reader | None = None) -> Answer:
        start = perf_counter()
        found = self.retriever.find(question, reader=reader)
        retrieved = perf_counter()
        draft = self.generator.generate(question, found.passages)
        sure = confidence(self.evidence(question, found.passages, draft))
        generated = perf_counter()
        answer = self.compose(question, found, draft, sure)
        timings = Timings(
            embed=found.embed_ms,
            search=found.search_ms,
            generate=1000 * (generated - retrieved),
            total=1000 * (perf_counter() - start),
        )
        return replace(answer, timings=timings)

    def compose(self, question: str, found: Found, draft: Draft, sure: float) -> Answer:
        abstained = sure < THRESHOLD or not draft.statements
        citations = () if abstained else cite(draft.statements, found.passages)
        return Answer(
            question=question,
            text=UNKNOWN if abstained else write(draft.statements, citations),
            abstained=abstained,
            confidence=sure,
            citations=citations,
            passages=found.passages,
            generator=self.generator.name,
            index_version=found.version,
        )

    def evidence(self, question: str, passages: Sequence[FoundPassage], draft: Draft) -> Evidence:
        asked = self.weights.of(query_terms(question, self.stemmer))
        best = [f"{p.title} {p.heading} {p.text}" for p in passages[:1]]
        there = {term for text in best for term in index_terms(text, self.stemmer).split()}
        return Evidence(
            similarity=max((p.dense_score for p in passages), default=0.0),
            cover=cover(asked, there),
            fit=draft.fit,
        )


def cite(statements: Sequence[Statement], passages: Sequence[FoundPassage]) -> tuple[Citation, ...]:
    """One citation for each quoted passage, numbered in the order of the answer.

    Of several sentences of a passage the quote is the one that says most; the uri leads to it.
    """
    best: dict[int, Statement] = {}
    for statement in statements:
        known = best.setdefault(statement.passage, statement)
        if statement.score > known.score:
            best[statement.passage] = statement
    return tuple(
        Citation(number, leading_to(chosen.quote, passages[place]), chosen.quote)
        for number, (place, chosen) in enumerate(best.items(), start=1)
    )


def leading_to(quote: str, passage: FoundPassage) -> FoundPassage:
    return replace(passage, uri=citation_uri(passage.uri, quote, passage.page))


def write(statements: Sequence[Statement], citations: Sequence[Citation]) -> str:
    """The sentences, each with the number of its citation."""
    places = dict.fromkeys(statement.passage for statement in statements)
    numbers = dict(zip(places, (citation.number for citation in citations), strict=True))
    return "\n\n".join(f"{s.text} [{numbers[s.passage]}]" for s in statements)
