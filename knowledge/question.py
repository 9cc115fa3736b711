"""What people type, made into a question that can be searched for."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 2_000


class QuestionRefused(Exception):
    """The question cannot be answered as it is; the message says what to do instead."""


def tidy(text: str) -> str:
    """The question without control characters and runs of white space.

    Raises QuestionRefused with a sentence for the asker if nothing or too much is left.
    """
    # The length is looked at first: no work is spent on a megabyte of zero-width spaces.
    if len(text) > 10 * MAX_CHARACTERS:
        raise QuestionRefused(too_long())
    visible = "".join(" " if is_break(char) else char for char in text if is_shown(char))
    question = re.sub(r"\s+", " ", unicodedata.normalize("NFC", visible)).strip()
    if not any(char.isalnum() for char in question):
        raise QuestionRefused("I could not find a question in that. Ask me in a sentence.")
    if len(question) > MAX_CHARACTERS:
        raise QuestionRefused(too_long())
    return question


def too_long() -> str:
    return (
        f"That is too long for me: please ask in at most {MAX_CHARACTERS:,} characters, "
        "one question at a time."
    )


def is_break(char: str) -> bool:
    return char.isspace() or char in "\x00\x0b\x0c\x1c\x1d\x1e\x1f\x85"


def is_shown(char: str) -> bool:
    # Cf hides text (zero width, bidirectional, tag characters); joiners are kept for emoji.
    category = unicodedata.category(char)
    return is_break(char) or char == "\u200d" or category not in ("Cc", "Cf", "Co", "Cs", "Cn")
