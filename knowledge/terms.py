"""Words as full text search compares them: folded, stemmed, and as pairs where none has a space."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import Stemmer

from knowledge.folding import MARKS, fold

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
# Thai, Lao, Burmese and Khmer, and what `fold` makes of their marks.
SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ue500-\ue5ff\ue700-\ue79f\uee80-\ueeff"
UNSPACED = CJK + SOUTH_EAST
LETTER = rf"(?:[^\W_{UNSPACED}]|[{MARKS}])"
WORDS = re.compile(rf"v?\d+(?:\.\d+)+|[{UNSPACED}]+|{LETTER}+(?:['’]{LETTER}+)*")
IS_UNSPACED = re.compile(rf"[{UNSPACED}]")
IS_VERSION = re.compile(r"v?\d+\.\d")
SYLLABLES = re.compile(rf".[{MARKS}]*")
IN_VERSION = "\uf8ff"
"""Stands for the dot: unlike it, a private character divides no term in either database."""
PARTICLE = re.compile("[가-힣][은는이가을를에의로도와과만]")


ENGLISH_STOP_WORDS = """
a about am an and any are as at be been but by can could did do does for from had has have
having he her hers him his how i if in into is it its me my no nor not of on or our ours she
should so than that the their theirs them then there these they this those to too us was we
were what when where which who whom why will with would you your yours
"""
STOP_WORDS = frozenset(ENGLISH_STOP_WORDS.split())


def index_terms(text: str, stemmer: str = "english") -> str:
    """The terms of a passage, separated by spaces, in the order of the text."""
    return " ".join(term for word in words(text) for term in spell(word, stemmer))


def query_terms(question: str, stemmer: str = "english") -> list[str]:
    """The terms to look for, each once. Stop words go, unless the question has nothing else."""
    found = list(words(question))
    telling = [word for word in found if word not in STOP_WORDS]
    spelt = (term for word in telling or found for term in spell(word, stemmer))
    return list(dict.fromkeys(spelt))


def words(text: str) -> Iterator[str]:
    folded = fold(unicodedata.normalize("NFKC", text).casefold())
    return (match.group() for match in WORDS.finditer(folded))


def spell(word: str, stemmer: str) -> list[str]:
    if IS_UNSPACED.match(word):
        return pairs(word)
    if IS_VERSION.match(word):
        return versions(word)
    plain = word.replace("’", "'").removesuffix("'s").replace("'", "")
    return [stem(plain, stemmer)] if plain else []


def pairs(run: str) -> list[str]:
    # Pairs of neighbours find words without a dictionary.
    found = SYLLABLES.findall(run)
    if len(found) == 1:
        return [run]
    # 책을, 책은, 책: a word of one syllable in every case.
    alone = [run[0]] if PARTICLE.fullmatch(run) else []
    return [first + second for first, second in pairwise(found)] + alone


def versions(number: str) -> list[str]:
    """`v1.11.2` → v1, 11, 2, and as one term each 1.11 and 1.11.2."""
    parts = number.split(".")
    whole = number.removeprefix("v").split(".")
    series = {IN_VERSION.join(whole[:2]), IN_VERSION.join(whole)}
    return [*parts, *sorted(series)]


@lru_cache(maxsize=65_536)
def stem(word: str, language: str) -> str:
    if not language:
        return word
    stemmed: str = open_stemmer(language).stemWord(word)
    return stemmed


@lru_cache(maxsize=8)
def open_stemmer(language: str) -> Stemmer.Stemmer:
    # Its own cache is not safe between threads; lru_cache in `stem` is.
    return Stemmer.Stemmer(language, 0)
