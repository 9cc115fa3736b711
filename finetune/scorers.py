"""Pure scores: an answer against gold answers, a ranking against gold places."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKENS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


def tokens(text: str) -> list[str]:
    """Words without case and punctuation; Chinese and Japanese by character."""
    return TOKENS.findall(unicodedata.normalize("NFKC", text).casefold())


def token_f1(answer: str, golds: Sequence[str]) -> float:
    """The best F1 of shared tokens with any gold answer, in 0..1 (Rajpurkar et al., SQuAD)."""
    return max((f1(tokens(answer), tokens(gold)) for gold in golds), default=0.0)


def f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    shared = sum((Counter(answer) & Counter(gold)).values())
    return 2 * shared / (len(answer) + len(gold)) if shared else 0.0


def containment(answer: str, golds: Sequence[str]) -> float:
    """1 if the answer holds a gold answer as it stands, tokens in order and unbroken; else 0."""
    padded = spaced(answer)
    return float(any(tokens(gold) and spaced(gold) in padded for gold in golds))


def spaced(text: str) -> str:
    return f" {' '.join(tokens(text))} "


def overlap(text: str, other: str) -> float:
    """The share of the shorter text's tokens that the longer one has too, in 0..1."""
    first, second = Counter(tokens(text)), Counter(tokens(other))
    shorter = min(first.total(), second.total())
    return (first & second).total() / shorter if shorter else 0.0


def hit(rank: int | None, k: int) -> float:
    """1 if the gold is among the first k; ranks count from 0, None is not found."""
    return float(rank is not None and rank < k)


def reciprocal_rank(rank: int | None, k: int) -> float:
    return 1 / (rank + 1) if rank is not None and rank < k else 0.0
