"""Words as full text search compares them: folded, stemmed, and CJK text as bigrams."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
WORDS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*")
IS_CJK = re.compile(rf"[{CJK}]")


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
    folded = unicodedata.normalize("NFKC", text).casefold()
    return (match.group() for match in WORDS.finditer(folded))


def spell(word: str, stemmer: str) -> list[str]:
    if IS_CJK.match(word):
        return bigrams(word)
    plain = strip_accents(word).replace("’", "'").removesuffix("'s").replace("'", "")
    return [stem(plain, stemmer)] if plain else []


def bigrams(run: str) -> list[str]:
    # CJK text has no spaces; pairs of characters find words without a dictionary.
    if len(run) == 1:
        return [run]
    return [run[i : i + 2] for i in range(len(run) - 1)]


def strip_accents(word: str) -> str:
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


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
