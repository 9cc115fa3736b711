"""From a question to a cited answer: understand, retrieve, is it enough?, generate, cite."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from knowledge.answers import NOT_REACHED, UNKNOWN, Answer, Citation, FoundPassage, Timings
from knowledge.audience import Reader
from knowledge.confidence import DEFAULT, Calibration, Evidence
from knowledge.conversation import Turn, standalone
from knowledge.following import Follower
from knowledge.generate import Draft, Generator, Statement
from knowledge.generate.checked import CitationCheck
from knowledge.generate.writers import WriterUnavailable
from knowledge.links import citation_uri, heading_above
from knowledge.live import Live
from knowledge.retrieve import Found, HybridRetriever
from knowledge.terms import index_terms, query_terms
from knowledge.weights import TermWeights, cover
from knowledge.writing import Writing

log = logging.getLogger(__name__)


NOT_SUPPORTED = (
    "What the language model wrote is not in the passages: these are the passages themselves."
)
STOPPED = "The answer was stopped before it began."


@dataclass(frozen=True)
class Answerer:
    """Answers tidied questions from the knowledge base; safe to call from several threads."""

    retriever: HybridRetriever
    generator: Generator
    """Quotes. Its reading of the passages decides whether they are enough."""
    weights: TermWeights
    stemmer: str
    live: Live
    """What reads questions, and the language model, if there is one."""
    check: CitationCheck
    calibration: Calibration = DEFAULT

    def answer(
        self,
        question: str,
        reader: Reader | None = None,
        follower: Follower | None = None,
        turns: Sequence[Turn] = (),
    ) -> Answer:
        """`turns` are what was said in the thread before, oldest first."""
        start = perf_counter()
        # Once: a release that goes live meanwhile has no part in this answer.
        serving = self.live.current()
        writer = serving.writer
        asked = standalone(question, turns, writer)
        understood = perf_counter()
        found = self.retriever.find(asked, reader=reader, questions=serving.questions)
        retrieved = perf_counter()
        draft = self.generator.generate(asked, found.passages)
        sure = self.calibration.confidence(self.evidence(asked, found, draft))
        enough = sure >= self.calibration.threshold and bool(draft.statements)
        quoted = self.quote(question, found, draft) if enough else withheld(question, found)
        if enough and writer is not None:
            answer = self.write(asked, quoted, Writing(writer, self.check), follower)
        else:
            answer = quoted
        end = perf_counter()
        timings = Timings(
            understand=1000 * (understood - start),
            embed=found.embed_ms,
            search=found.search_ms,
            generate=1000 * (end - retrieved),
            total=1000 * (end - start),
        )
        shown = "" if asked == question else asked
        return replace(
            answer,
            confidence=sure,
            generator=answer.generator or (writer or self.generator).name,
            standalone=shown,
            timings=timings,
            release_id=serving.release_id,
        )

    def quote(self, question: str, found: Found, draft: Draft) -> Answer:
        citations = cite(draft.statements, found.passages)
        return replace(
            withheld(question, found),
            text=write(draft.statements, citations),
            abstained=False,
            citations=citations,
            generator=self.generator.name,
        )

    def write(
        self, asked: str, quoted: Answer, writing: Writing, follower: Follower | None
    ) -> Answer:
        """The model's answer; the quoted one where it has none that the passages support."""
        if follower is not None:
            follower.found(quoted.passages)
        try:
            written = writing.write(asked, quoted.passages, follower)
        except WriterUnavailable as error:
            log.warning("the language model could not answer: %s", error)
            return replace(quoted, notice=NOT_REACHED)
        stopped = follower is not None and follower.stop.is_set()
        if stopped and not written.text:
            return replace(quoted, text=STOPPED, citations=(), generator=writing.writer.name)
        if not written.text or not (stopped or written.supported):
            return replace(quoted, notice=NOT_SUPPORTED)
        return replace(
            quoted,
            text=written.text,
            abstained=written.refused,
            citations=written.citations,
            generator=writing.writer.name,
        )

    def evidence(self, question: str, found: Found, draft: Draft) -> Evidence:
        asked = self.weights.of(query_terms(question, self.stemmer))
        best = [f"{p.title} {p.heading} {p.text}" for p in found.passages[:1]]
        there = {term for text in best for term in index_terms(text, self.stemmer).split()}
        return Evidence(
            similarity=found.similarity,
            cover=cover(asked, there),
            fit=draft.fit,
            known=found.known,
        )


def withheld(question: str, found: Found) -> Answer:
    """No answer, but the passages that came nearest."""
    return Answer(
        question=question,
        text=UNKNOWN,
        abstained=True,
        confidence=0.0,
        citations=(),
        passages=found.passages,
        generator="",
        index_version=found.version,
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
    uri = citation_uri(passage.uri, quote, passage.page)
    return replace(passage, uri=uri, heading=heading_above(passage, quote))


def write(statements: Sequence[Statement], citations: Sequence[Citation]) -> str:
    """The sentences, each with the number of its citation."""
    places = dict.fromkeys(statement.passage for statement in statements)
    numbers = dict(zip(places, (citation.number for citation in citations), strict=True))
    return "\n\n".join(f"{s.text}{apart(s.text)}[{numbers[s.passage]}]" for s in statements)


def apart(text: str) -> str:
    """A number at the end of a table's row or of a fence would be part of it, and not shown."""
    last = text.rsplit("\n", 1)[-1]
    return "\n\n" if "\n" in text and ("|" in last or not last.strip("`~ ")) else " "
