"""Answers by quoting: the sentences that answer, in reading order. No model writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.generate import Draft, Statement
from knowledge.index import Scores
from knowledge.sentences import sentences
from knowledge.terms import index_terms, query_terms
from knowledge.weights import TermWeights, cover

HEADING_LINE = re.compile(r"#{1,6}\s")
READ_PASSAGES = 4
"""Passages that are read for sentences; more of them add length and no answers."""
READ_SENTENCES = 12
"""Sentences whose meaning is compared, chosen by words and passage; more of them change nothing."""
MAX_SENTENCES = 3
WORTH_QUOTING = 0.85
"""A sentence is quoted too if it scores at least this share of the best one."""
MEANING_SHARE = 0.6
"""Meaning against words in a sentence's score, where the model knows the script."""
LEAST_MEANING = 0.1
HEADING_SHARE = 0.5
"""How much a question word counts that stands in the heading above the sentence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    passage: int
    place: int
    """Its number among the sentences of the passage."""
    text: str
    terms: frozenset[str]
    heading: frozenset[str]
    """The terms of the title and the headings above it."""


@dataclass(frozen=True)
class QuotesGenerator:
    """Scores every sentence by meaning, by the question's words in it, and by its passage."""

    embedder: Embedder
    weights: TermWeights
    stemmer: str
    name: str = "quotes"

    def generate(self, question: str, passages: Sequence[FoundPassage]) -> Draft:
        found = list(self.split(passages[:READ_PASSAGES]))
        if not found:
            return Draft((), 0.0)
        words = self.by_words(question, found)
        ranks = np.array([passages[sentence.passage].score for sentence in found])
        read = np.argsort(-(words + ranks), kind="stable")[:READ_SENTENCES]
        found = [found[i] for i in read]
        fits = self.fit(question, found, words[read])
        scores = fits + ranks[read]
        order = np.argsort(-scores, kind="stable")[:MAX_SENTENCES]
        worth = [int(i) for i in order if scores[i] >= WORTH_QUOTING * scores[order[0]]]
        chosen = without_repeats({found[i]: float(scores[i]) for i in worth})
        in_order = sorted(chosen, key=lambda s: (s.passage, s.place))
        statements = (Statement(s.text, s.passage, s.text, chosen[s]) for s in in_order)
        return Draft(tuple(statements), float(np.clip(fits[order[0]], 0, 1)))

    def split(self, passages: Sequence[FoundPassage]) -> Iterator[Sentence]:
        """The sentences in reading order; headings are no sentences, but say what follows is of."""
        for number, passage in enumerate(passages):
            above = self.terms(f"{passage.title} {passage.heading}")
            heading = above
            for place, (start, end) in enumerate(sentences(passage.text)):
                text = passage.text[start:end].strip()
                if HEADING_LINE.match(text):
                    heading = above | self.terms(text)
                else:
                    yield Sentence(number, place, text, self.terms(text), heading)

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


def without_repeats(scored: Mapping[Sentence, float]) -> dict[Sentence, float]:
    """Passages overlap by a sentence, and documents repeat each other: each is quoted once."""
    kept: dict[frozenset[str], Sentence] = {}
    for sentence in scored:
        kept.setdefault(sentence.terms, sentence)
    return {sentence: scored[sentence] for sentence in kept.values()}
