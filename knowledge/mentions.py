"""A date or a version in the question prefers the passages that carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from knowledge.answers import FoundPassage

VERSION = re.compile(r"(?<![\w.,])v?(\d{1,4}(?:\.\d{1,5}){1,3})(?!\.?\w|%)|\bv(\d{1,3})\b", re.I)
YEAR = re.compile(r"(?<![\w.,])((?:19|20)\d\d)(?![\w%]|[.,]\d)")
MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
NAMED_MONTH = re.compile(
    rf"\b({'|'.join(MONTHS)})\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?((?:19|20)\d\d)\b", re.I
)
CHINESE_DATE = re.compile(r"((?:19|20)\d\d)\s*年(?:\s*(\d{1,2})\s*月)?")
NUMBERED_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})(?!\d|\.\d)")

IN_NAME, IN_TEXT = 0.15, 0.05
"""What a passage gains whose title, path or headings carry it, and one whose text alone does.

Of 45 questions about Wikipedia that name a year, MRR@10 went from .943 to .958; more gains no more,
and lets a passage of that year go before the one that answers.
"""


def mentions(text: str) -> frozenset[str]:
    """The versions, years and months that a text names: `1.11.2`, `2024`, `2025-01`."""
    named = {month(m[2], MONTHS.index(m[1].capitalize()) + 1) for m in NAMED_MONTH.finditer(text)}
    numbered = {month(m[1], int(m[2])) for m in NUMBERED_MONTH.finditer(text)}
    chinese = {month(m[1], int(m[2])) for m in CHINESE_DATE.finditer(text) if m[2]}
    months = named | numbered | chinese
    years = {found[1] for pattern in (YEAR, CHINESE_DATE) for found in pattern.finditer(text)}
    versions = {found[1] or f"v{found[2]}" for found in VERSION.finditer(text)}
    return frozenset(months | years | {year[:4] for year in months} | versions)


def month(year: str, number: int) -> str:
    return f"{year}-{number:02}"


def prefer_mentioned(question: str, passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """The passages, best first, after those that carry what the question mentions have gained."""
    asked = mentions(question)
    if not asked:
        return list(passages)
    gains = [gain(asked, passage) for passage in passages]
    # Scores stay in 0..1, and what was best by far stays best by less.
    most = 1 + max(gains, default=0.0)
    gained = (replace(p, score=(p.score + g) / most) for p, g in zip(passages, gains, strict=True))
    return sorted(gained, key=lambda passage: -passage.score)


def gain(asked: frozenset[str], passage: FoundPassage) -> float:
    """The share of what is asked for that the passage carries, as an addition to its score."""
    name = mentions(f"{passage.title}\n{passage.heading}\n{words_of(passage.path)}")
    text = mentions(passage.text)
    carried = sum(IN_NAME if carries(name, m) else IN_TEXT * carries(text, m) for m in asked)
    return carried / len(asked)


def carries(named: frozenset[str], mention: str) -> bool:
    """1.11 is carried by 1.11.2 too."""
    return mention in named or any(other.startswith(f"{mention}.") for other in named)


def words_of(path: str) -> str:
    return re.sub(r"[/_]|\.\w+$", " ", path)
