"""Find the passages that hold what a person says is right, by words and by meaning together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from db.documents import LiveDocument, LivePassage, live_documents, passages_of
from finetune.cases import GoldPassage
from finetune.naming import named_documents
from knowledge.base import Knowledge
from knowledge.sentences import sentences
from knowledge.sources.names import is_verified
from knowledge.terms import query_terms
from knowledge.weights import LiveTermWeights, cover

SURE = 0.7
"""Agreement from which a passage is taken to hold a text.

Measured on handbook_18f, with the right page in the index / taken out of it: of whole answers .99 /
.06 are found, of their first sentences .99 / .05, with two words in five gone and the rest shuffled
.89 / .07, of twelve words of them .83 / .07.
"""
UNKNOWN = 0.6
"""Agreement under which nobody can have read it in the documents: .97 to .99 / .14 to .25. What
lies between the two is left to a person."""
PIECE = 12
"""Telling words that a piece of a text should have: of fewer, too many passages hold them all."""
PIECES = 8
"""The most of a text that is compared."""
SOUGHT = 4
"""The most of these that are searched for."""
NEAREST = 20
"""Passages in which each piece is looked for."""
TIES = 0.02
NEAR = 0.3
"""Agreement of a question with a passage from which that may be the one on a page that is meant."""
BY_PAGE = 0.54
"""How surely it is: measured on handbook_18f, and higher agreement makes it no surer."""
MOST = 4
"""The passages of an answer; what is said more often than this is told by nothing."""

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Agreeing:
    """A passage, and in 0..1 how much it agrees with what was looked for."""

    passage: LivePassage
    agreement: float


@dataclass(frozen=True, slots=True)
class Support:
    """What was found for a correction."""

    passages: tuple[Agreeing, ...] = ()
    """Best first; empty where none is sure."""
    best: float = 0.0
    """The highest agreement there is, sure or not."""
    named: bool | None = None
    """Whether the document that was named is there; None where none was named."""


@dataclass(frozen=True)
class Supporter:
    """Looks into the live index, whoever may read it; approved answers support nothing: they are
    made of corrections."""

    knowledge: Knowledge

    def find(
        self, text: str | None, document: str | None, question: str
    ) -> tuple[GoldPassage, ...]:
        """The passages that hold a corrected text, best first; none where none is sure.

        `document` is a title, a path or an address as people write it; without a text, its
        passages that are nearest to the question.
        """
        return tuple(map(to_gold, self.look(text, document, question).passages))

    def look(self, text: str | None, document: str | None, question: str) -> Support:
        page = self.page(document) if document else []
        named = bool(page) if document else None
        if text and page:
            # Whoever names the page as well has looked: in it, likely enough is sure.
            return self.holding(text, self.passages(page), UNKNOWN, named)
        if text:
            return self.holding(text, self.near([question, *pieces(text)[:SOUGHT]]), SURE, named)
        if page:
            return self.nearest(question, self.passages(page))
        return Support(named=named)

    def page(self, name: str) -> list[LiveDocument]:
        with self.knowledge.database.reading() as session:
            documents = live_documents(session)
        read = [one for one in documents if not is_verified(one.source)]
        return named_documents(name, read, self.knowledge.sources.base_urls)

    def near(self, texts: Sequence[str]) -> list[LivePassage]:
        """The passages of the documents in which a search finds any of the texts."""
        # Without the adapter: it knows what people ask, and most of these are no questions.
        plain = self.knowledge.embedder
        find = self.knowledge.retriever.find
        found = [find(text, NEAREST, questions=plain).passages for text in texts]
        return self.read(sorted({one.document_id for some in found for one in some}))

    def passages(self, page: Sequence[LiveDocument]) -> list[LivePassage]:
        return self.read([document.id for document in page])

    def read(self, document_ids: Sequence[int]) -> list[LivePassage]:
        with self.knowledge.database.reading() as session:
            found = passages_of(session, document_ids)
        return [passage for passage in found if not is_verified(passage.document.source)]

    def holding(
        self, text: str, passages: Sequence[LivePassage], sure: float, named: bool | None
    ) -> Support:
        if not passages:
            return Support(named=named)
        parts = pieces(text)
        each = self.agreement(parts, passages)
        held = in_all(each, [len(part) for part in parts])
        rows = [row for row in told_by(each, held) if held[row] >= sure]
        best = tuple(Agreeing(passages[row], round(float(held[row]), 3)) for row in rows[:MOST])
        return Support(best, round(float(held.max()), 3), named)

    def nearest(self, question: str, page: Sequence[LivePassage]) -> Support:
        if not page:
            return Support(named=True)
        near = self.agreement([question], page)[0]
        row = int(near.argmax())
        best = round(float(near[row]), 3)
        return Support((Agreeing(page[row], BY_PAGE),) if best >= NEAR else (), best, True)

    def agreement(self, parts: Sequence[str], passages: Sequence[LivePassage]) -> Matrix:
        """Of shape (parts, passages), in 0..1: the mean of the share of the words, by rarity, and
        the cosine."""
        weights = LiveTermWeights(self.knowledge.database)
        stemmer = self.knowledge.settings.stemmer
        asked = [weights.of(query_terms(part, stemmer)) for part in parts]
        words = np.array([[cover(terms, p.terms) for p in passages] for terms in asked])
        vectors = np.array([passage.vector for passage in passages], dtype=np.float32)
        meaning = self.knowledge.embedder.embed_passages(parts) @ vectors.T
        return np.asarray((words + np.clip(meaning, 0, 1)) / 2, dtype=np.float32)


def pieces(text: str) -> list[str]:
    """A text's sentences, joined until each piece says enough to be told from others."""
    found: list[str] = []
    for start, end in sentences(text):
        if found and len(query_terms(found[-1])) < PIECE:
            found[-1] = f"{found[-1]} {text[start:end]}"
        else:
            found.append(text[start:end])
    if len(found) > 1 and len(query_terms(found[-1])) < PIECE / 2:
        found[-2:] = [f"{found[-2]} {found[-1]}"]
    return found[:PIECES] or [text]


def in_all(each: Matrix, lengths: Sequence[int]) -> Matrix:
    """How surely each passage holds its part of the text, of shape (passages,).

    The mean of its agreement with the piece that it fits best, and of the text's with all passages:
    a piece that could stand anywhere is no proof where nobody says the rest.
    """
    weights = np.array(lengths, dtype=np.float32) / sum(lengths)
    whole = float(each.max(axis=1) @ weights)
    return np.asarray((each.max(axis=0) + whole) / 2, dtype=np.float32)


def told_by(each: Matrix, held: Matrix) -> list[int]:
    """The passages that hold some piece as well as any other does, best first."""
    best = each.max(axis=1, keepdims=True)
    rows = np.flatnonzero((each >= best - TIES).any(axis=0))
    return sorted(rows.tolist(), key=lambda row: -held[row])


def to_gold(found: Agreeing) -> GoldPassage:
    passage = found.passage
    return GoldPassage(
        passage_id=passage.id,
        path=passage.document.path,
        title=passage.document.title,
        heading=passage.heading,
        text=passage.text,
        agreement=found.agreement,
    )
