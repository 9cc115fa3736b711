"""What a language model wrote, checked: every citation leads to a sentence that supports it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from knowledge.answers import Citation, FoundPassage
from knowledge.embed import Embedder, Vectors
from knowledge.links import citation_uri
from knowledge.sentences import sentences
from knowledge.terms import index_terms
from knowledge.weights import TermWeights, cover

CITED = re.compile(r"\s*[\[【]\s*(\d{1,3}(?:\s*[,;、]\s*\d{1,3})*)\s*[\]】]")
NUMBER = re.compile(r"\d+")
SUPPORT = 0.6
"""Under it a sentence of a passage does not say what the answer's sentence says."""
WRONG_NUMBER = 0.5
"""What a number in the claim that the passage does not have leaves of a score."""
UNSUPPORTED = "(not found in the documents)"
"""Stands after a sentence that no passage supports, where such sentences are marked."""

Unsupported = Literal["mark", "drop"]


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer whose citations are numbered in the order in which they appear."""

    text: str
    citations: tuple[Citation, ...]
    supported: float
    """The share of its sentences that a passage supports, in 0..1."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the answer, and the places of the passages it cites."""

    text: str
    cited: tuple[int, ...]
    before: str
    """The white space that parts it from the sentence before."""


@dataclass(frozen=True, slots=True)
class Backing:
    """The sentence of a passage that says most of a claim."""

    passage: int
    quote: str
    score: float


@dataclass(frozen=True)
class CitationCheck:
    """Compares sentences by meaning and by their words, weighed by rarity."""

    embedder: Embedder
    weights: TermWeights
    stemmer: str
    unsupported: Unsupported = "mark"

    def check(self, text: str, passages: Sequence[FoundPassage]) -> Checked:
        """Remove citations of passages that there are not, cite what supports a sentence, and mark
        or drop the sentences that nothing supports."""
        claims = list(split(text, len(passages)))
        said = [claim for claim in claims if is_claim(claim.text)]
        backings = dict(zip(map(id, said), self.back(said, passages), strict=True))
        numbers: dict[int, int] = {}
        quotes: dict[int, Backing] = {}
        written = ""
        for claim in claims:
            backing = backings.get(id(claim))
            if backing is None:
                written += claim.before + claim.text
            elif backing.score >= SUPPORT:
                number = numbers.setdefault(backing.passage, len(numbers) + 1)
                best = quotes.setdefault(number, backing)
                quotes[number] = max(best, backing, key=lambda one: one.score)
                written += f"{claim.before}{claim.text} [{number}]"
            elif self.unsupported == "mark":
                written += f"{claim.before}{claim.text} {UNSUPPORTED}"
        held = sum(backing.score >= SUPPORT for backing in backings.values())
        return Checked(
            text=written.strip(),
            citations=tuple(as_citation(n, quotes[n], passages) for n in sorted(quotes)),
            supported=held / len(said) if said else 1.0,
        )

    def back(self, claims: Sequence[Claim], passages: Sequence[FoundPassage]) -> list[Backing]:
        """For each claim the best sentence, of the passages it cites before all others."""
        spoken = [(i, s) for i, passage in enumerate(passages) for s in sentences_of(passage)]
        if not claims or not spoken:
            return [Backing(0, "", 0.0) for _ in claims]
        texts = [text for _, text in spoken]
        vectors = self.embedder.embed_passages([*(c.text for c in claims), *texts])
        similar = vectors[: len(claims)] @ vectors[len(claims) :].T
        scores = 0.5 * np.clip(similar, 0, 1) + 0.5 * self.covers(claims, texts)
        numbers = [set(NUMBER.findall(passage.text)) for passage in passages]
        # "14 days" is not "28 days", however alike the sentences are.
        right = [[set(NUMBER.findall(c.text)) <= numbers[i] for i, _ in spoken] for c in claims]
        scores *= np.where(right, 1.0, WRONG_NUMBER)
        return [best(claim, row, spoken) for claim, row in zip(claims, scores, strict=True)]

    def covers(self, claims: Sequence[Claim], texts: Sequence[str]) -> Vectors:
        """The share, by rarity, of each claim's words in each text: shape (claims, texts)."""
        there = [frozenset(index_terms(text, self.stemmer).split()) for text in texts]
        asked = [self.weights.of(index_terms(c.text, self.stemmer).split()) for c in claims]
        return np.array([[cover(words, terms) for terms in there] for words in asked], np.float32)


def best(claim: Claim, scores: Vectors, spoken: Sequence[tuple[int, str]]) -> Backing:
    order = [int(i) for i in np.argsort(-scores, kind="stable")]
    cited = [i for i in order if spoken[i][0] in claim.cited and scores[i] >= SUPPORT]
    chosen = (cited or order)[0]
    passage, quote = spoken[chosen]
    return Backing(passage, quote, float(scores[chosen]))


def split(text: str, passages: int) -> Iterator[Claim]:
    """The sentences without their citations; a citation after the full stop belongs to it too."""
    text = CITED.sub(lambda found: f"{found[0].strip()}", text)
    ends = [end for _, end in sentences(bare(text))]
    start = 0
    for end in [*ends[:-1], len(text)] if ends else [len(text)]:
        while (more := CITED.match(text, end)) is not None:
            end = more.end()
        piece = text[start:end]
        start = end
        cited = {int(n) - 1 for found in CITED.finditer(piece) for n in NUMBER.findall(found[1])}
        plain = CITED.sub("", piece)
        lead = plain[: len(plain) - len(plain.lstrip())]
        if plain.strip():
            places = tuple(sorted(place for place in cited if 0 <= place < passages))
            yield Claim(plain.strip(), places, lead)


def bare(text: str) -> str:
    """The text with its citations blanked: sentences end where they would without them."""
    return CITED.sub(lambda found: " " * len(found[0]), text)


def is_claim(text: str) -> bool:
    """Headings and lines that introduce a list claim nothing."""
    return not text.startswith("#") and not text.rstrip().endswith((":", "："))


def sentences_of(passage: FoundPassage) -> list[str]:
    return [passage.text[start:end].strip() for start, end in sentences(passage.text)]


def as_citation(number: int, backing: Backing, passages: Sequence[FoundPassage]) -> Citation:
    passage = passages[backing.passage]
    uri = citation_uri(passage.uri, backing.quote, passage.page)
    return Citation(number, replace(passage, uri=uri), backing.quote)
