"""Answers by quoting: the sentences that answer, with what they need to be understood. No model
writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.generate import Draft
from knowledge.generate.choosing import Sentence, choose, statements
from knowledge.generate.windows import Reading
from knowledge.index import Scores
from knowledge.terms import index_terms, query_terms
from knowledge.weights import TermWeights, cover

READ_PASSAGES = 4
"""Passages that are read for sentences; more of them add length and no answers."""
READ_SENTENCES = 12
"""Sentences whose meaning is compared, chosen by words and passage; more of them change nothing."""
MEANING_SHARE = 0.6
"""Meaning against words in a sentence's score, where the model knows the script."""
LEAST_MEANING = 0.1
HEADING_SHARE = 0.5
"""How much a question word counts that stands in the heading above the sentence."""


@dataclass(frozen=True)
class QuotesGenerator:
    """Scores every sentence by meaning, by the question's words in it, and by its passage."""

    embedder: Embedder
    weights: TermWeights
    stemmer: str
    name: str = "quotes"

    def generate(self, question: str, passages: Sequence[FoundPassage]) -> Draft:
        readings = [Reading(passage.text) for passage in passages[:READ_PASSAGES]]
        found = list(self.split(passages, readings))
        if not found:
            return Draft((), 0.0)
        words = self.by_words(question, found)
        ranks = np.array([passages[sentence.passage].score for sentence in found])
        read = np.argsort(-(words + ranks), kind="stable")[:READ_SENTENCES]
        fits = self.fit(question, [found[i] for i in read], words[read])
        scores = fits + ranks[read]
        order = np.argsort(-scores, kind="stable")
        ranked = ((found[read[i]], float(scores[i])) for i in order)
        chosen = tuple(choose(ranked, readings))
        return Draft(
            tuple(statements(chosen, readings)), float(np.clip(fits[order[0]], 0, 1))
        )

    def split(
        self, passages: Sequence[FoundPassage], readings: Sequence[Reading]
    ) -> Iterator[Sentence]:
        """The sentences in reading order; headings are no sentences, but say what follows is of."""
        for number, reading in enumerate(readings):
            over = self.terms(f"{passages[number].title} {passages[number].heading}")
            heading = over
            for place in range(len(reading.parts)):
                text = reading.quote(place)
                if reading.block(place).kind == "heading":
                    heading = over | self.terms(text)
                elif not reading.is_head(place):
                    above = reading.above(place)
                    about = "" if above is None else reading.quote(above)
                    yield Sentence(
                        number,
                        place,
                        f"{about} {text}".strip(),
                        self.terms(text),
                        heading | self.terms(about),
                    )

    def terms(self, text: str) -> frozenset[str]:
        return frozenset(index_terms(text, self.stemmer).split())

    def by_words(self, question: str, found: Sequence[Sentence]) -> Scores:
        """The cover of the question's words by each sentence and its headings, in 0..1."""
        asked = self.weights.of(query_terms(question, self.stemmer))
        covers = [
            (1 - HEADING_SHARE) * cover(asked, s.terms)
            + HEADING_SHARE * cover(asked, s.terms | s.heading)
            for s in found
        ]
        return np.array(covers, dtype=np.float32)

    def fit(self, question: str, found: Sequence[Sentence], words: Scores) -> Scores:
        """How well each sentence fits the question by itself, of shape (sentences,), in −1..1."""
        meaning = max(LEAST_MEANING, MEANING_SHARE * self.embedder.known_share(question))
        vectors = self.embedder.embed_passages([sentence.text for sentence in found])
        similar = vectors @ self.embedder.embed_question(question)
        return np.asarray(meaning * similar + (1 - meaning) * words, dtype=np.float32)
