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
OWN_SHARE, HEADING_SHARE, BESIDE_SHARE = 0.4, 0.4, 0.2
"""A question's word counts in full in the sentence itself, for both of the other shares in the
heading above it, and for the last in the sentence before or after: what they are about is seldom
said twice, in Chinese above all. Measured: .845 for .815 of the answers on cmrc2018_trial."""


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
        return Draft(tuple(statements(chosen, readings)), float(np.clip(fits[order[0]], 0, 1)))

    def split(
        self, passages: Sequence[FoundPassage], readings: Sequence[Reading]
    ) -> Iterator[Sentence]:
        """The sentences in reading order; headings are no sentences, but say what follows is of."""
        for number, reading in enumerate(readings):
            over = self.terms(f"{passages[number].title} {passages[number].heading}")
            terms = [self.terms(reading.quote(place)) for place in range(len(reading.parts))]
            heading = over
            for place in range(len(reading.parts)):
                if reading.block(place).kind == "heading":
                    heading = over | terms[place]
                elif not reading.is_head(place):
                    above = reading.above(place)
                    about = "" if above is None else reading.quote(above)
                    yield Sentence(
                        passage=number,
                        place=place,
                        text=f"{about} {reading.quote(place)}".strip(),
                        terms=terms[place],
                        heading=heading if above is None else heading | terms[above],
                        beside=frozenset().union(*terms[max(0, place - 1) : place + 2]),
                    )

    def terms(self, text: str) -> frozenset[str]:
        return frozenset(index_terms(text, self.stemmer).split())

    def by_words(self, question: str, found: Sequence[Sentence]) -> Scores:
        """The cover of the question's words by each sentence, its headings and its neighbours."""
        asked = self.weights.of(query_terms(question, self.stemmer))
        covers = [
            OWN_SHARE * cover(asked, s.terms)
            + HEADING_SHARE * cover(asked, s.terms | s.heading)
            + BESIDE_SHARE * cover(asked, s.terms | s.heading | s.beside)
            for s in found
        ]
        return np.array(covers, dtype=np.float32)

    def fit(self, question: str, found: Sequence[Sentence], words: Scores) -> Scores:
        """How well each sentence fits the question by itself, of shape (sentences,), in −1..1."""
        meaning = max(LEAST_MEANING, MEANING_SHARE * self.embedder.known_share(question))
        vectors = self.embedder.embed_passages([sentence.text for sentence in found])
        similar = vectors @ self.embedder.embed_question(question)
        return np.asarray(meaning * similar + (1 - meaning) * words, dtype=np.float32)
