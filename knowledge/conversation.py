"""A follow-up in a thread, made a question that can be understood, and searched for, alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.generate.writers import Writer, WriterUnavailable
from knowledge.prompts import build_standalone_messages
from knowledge.terms import STOP_WORDS, words

LAST_TURNS = 3
"""Older turns say little about what is meant now."""
LONGEST_REWRITE = 400
"""In characters; a model that writes more has not rewritten but answered."""
ALONE_WORDS = 9
"""A question of so many words hardly leans on what was said before, whatever it begins with."""

OPENERS = re.compile(
    r"^\W*(?:(?:and|but|so|or)\b|(?:what|how)\s+(?:about|if)\b|"
    r"(?:why|how so|since when|until when|where|when|who|how(?: much| many| long| often)?)\W*$|"
    r"(?:und|aber|oder|et|mais|y|pero|e|ma)\s|那|那么|呢|然后|それ|では|じゃ|그럼|그리고)",
    re.IGNORECASE,
)
WHOLE = re.compile(
    r"^\W*(?:and|but|so|or)\s+(?:what|when|where|which|who|whom|whose|why|how|"
    r"is|are|was|were|do|does|did|can|could|may|must|should|will|has|have)\b",
    re.IGNORECASE,
)
"""Begins like a follow-up, and goes on like a question of its own."""
TELLING_WORDS = 2
"""So many words, besides the little ones, make such a question stand alone."""
SAID_OF_OTHERS = """
it its that this these those they them their he she him her his hers there one ones same else
former latter such
"""
POINTERS = frozenset(SAID_OF_OTHERS.split())
WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Chinese, Japanese and Korean."""
CJK_POINTERS = re.compile(r"它|这个|那个|这些|那些|他们|她|其|呢[？?]?$|それ|これ|あれ|그것|이것")


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked in the thread before, and what was answered."""

    question: str
    answer: str


def standalone(question: str, turns: Sequence[Turn], writer: Writer | None = None) -> str:
    """The question as it can be asked alone; itself, where it leans on nothing.

    By the model where there is one, else by rule: the questions it leans on go before it. `turns`
    are the thread's, oldest first.
    """
    if not turns or not leans(question):
        return question
    rewritten = rewrite(question, turns[-LAST_TURNS:], writer) if writer is not None else ""
    return rewritten or joined(question, turns[-LAST_TURNS:])


def leans(question: str) -> bool:
    """Whether a question can only be understood from what was said before."""
    if WIDE.search(question):
        short = len(question) <= 2 * ALONE_WORDS
        return short and bool(OPENERS.match(question) or CJK_POINTERS.search(question))
    said = list(words(question))
    if len(said) >= ALONE_WORDS:
        return False
    if not POINTERS.isdisjoint(said):
        return True
    telling = len([word for word in said if word not in STOP_WORDS])
    whole = telling >= TELLING_WORDS and WHOLE.match(question) is not None
    return OPENERS.match(question) is not None and not whole


def joined(question: str, turns: Sequence[Turn]) -> str:
    """The last question that stands alone, the follow-ups since, and this one."""
    asked = [turn.question for turn in turns]
    start = max((i for i, one in enumerate(asked) if not leans(one)), default=0)
    return " ".join([*asked[start:], question])


def rewrite(question: str, turns: Sequence[Turn], writer: Writer) -> str:
    """The model's version in one line; empty if it cannot be had or is no question."""
    messages = build_standalone_messages(question, [(t.question, t.answer) for t in turns])
    written = ""
    try:
        for piece in writer.write(messages, threading.Event()):
            written += piece
            if len(written) > LONGEST_REWRITE:
                return ""
    except WriterUnavailable:
        return ""
    lines = written.strip().splitlines()
    return lines[0].strip().strip("\"'") if len(lines) == 1 else ""
