"""Scores of an answer that need no gold answer and no judge: is it supported, cited, ended?"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finetune.scorers import tokens
from knowledge.answers import Answer
from knowledge.generate.checked import CITED, UNSUPPORTED, Claim, is_claim, split
from knowledge.terms import STOP_WORDS, index_terms
from knowledge.weights import TermWeights, cover

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"[^\W\d_][\w'’&-]*")
SUPPORTS = 0.5
"""From so much support on, a cited passage says what the sentence says."""
LOOPS = 3
"""An answer that says the same sentence so often has lost its way."""
ENDS = frozenset(".!?…。！？｡:：;；|`~*_")
CLOSING = "\"'”’»)]}」』）】*_ \n"
ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)]|#{1,6})\s")


@dataclass(frozen=True)
class Support:
    """How well texts bear out sentences: by their words, weighed by rarity, and by every number
    and name in them. Measured on CLAPNQ, one changed number or name shows where a comparison of
    embeddings sees none."""

    weights: TermWeights
    stemmer: str

    def faithfulness(self, text: str, sources: Sequence[str]) -> float:
        """The least supported sentence's support by the source that says most of it, in 0..1; 1
        for a text that claims nothing."""
        claims = claims_of(text, 0)
        return min((self.best(claim.text, sources) for claim in claims), default=1.0)

    def grounding(self, text: str, sources: Sequence[str]) -> float:
        """The mean of its sentences' support, in 0..1; 0 for a text that claims nothing. Against
        what is known to be right it asks less than F1: other words for the same are as good."""
        found = [self.best(claim.text, sources) for claim in claims_of(text, 0)]
        return sum(found) / len(found) if found else 0.0

    def best(self, sentence: str, sources: Sequence[str]) -> float:
        return max((self.of(sentence, source) for source in sources), default=0.0)

    def of(self, sentence: str, source: str) -> float:
        return self.words(sentence, source) * facts(sentence, source)

    def words(self, sentence: str, source: str) -> float:
        said = [term for term in index_terms(sentence, self.stemmer).split() if telling(term)]
        if not said:
            return 1.0
        return cover(self.weights.of(said), frozenset(index_terms(source, self.stemmer).split()))

    def citation_precision(self, answer: Answer) -> float:
        """The share of citations whose passage bears out their sentence, in 0..1; 0 for claims
        without any citation, 1 for an answer that is not given."""
        if answer.abstained:
            return 1.0
        passages = {citation.number - 1: citation.passage.text for citation in answer.citations}
        last = max(passages, default=-1) + 1
        cited = [
            self.of(claim.text, passages.get(place, "")) >= SUPPORTS
            for claim in claims_of(answer.text, last)
            for place in claim.cited
        ]
        return sum(cited) / len(cited) if cited else 0.0


def claims_of(text: str, passages: int) -> list[Claim]:
    bare = text.replace(UNSUPPORTED, "")
    return [claim for claim in split(bare, passages) if is_claim(claim.text)]


def telling(term: str) -> bool:
    return term not in STOP_WORDS


def facts(sentence: str, source: str) -> float:
    """The share of the sentence's numbers and names that the source has, in 0..1; 1 if none."""
    said = Counter(facts_of(sentence))
    there = {name.casefold() for name in named(source)} | set(numbers(source))
    found = sum(count for fact, count in said.items() if fact in there)
    return found / said.total() if said else 1.0


def facts_of(sentence: str) -> Iterator[str]:
    """Numbers, and words written with a capital letter elsewhere than at the beginning."""
    yield from numbers(sentence)
    for place, word in enumerate(named(sentence)):
        if place and word[0].isupper() and word.casefold() not in STOP_WORDS:
            yield word.casefold()


def numbers(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text)
    return [found.replace(",", "") for found in NUMBER.findall(plain)]


def named(text: str) -> list[str]:
    return NAME.findall(unicodedata.normalize("NFKC", text))


def ends_properly(text: str) -> bool:
    """Whether the answer is whole: its last sentence ended, and none said over and over."""
    bare = CITED.sub("", text.replace(UNSUPPORTED, "")).rstrip()
    said = Counter(" ".join(tokens(claim.text)) for claim in claims_of(text, 0))
    if not bare or max(said.values(), default=0) >= LOOPS:
        return False
    last = bare.rsplit("\n", 1)[-1]
    return bool(ITEM.match(last)) or (bare.rstrip(CLOSING) or bare)[-1] in ENDS or last[-1] in ENDS


def length(text: str) -> int:
    """Tokens of the answer, without the numbers of its citations."""
    return len(tokens(CITED.sub("", text)))
