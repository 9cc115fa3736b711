"""Which half of a data set a question belongs to, decided by the question alone."""

import hashlib
import re
import unicodedata
from typing import Literal

Split = Literal["train", "validation"]

_VALIDATION_EVERY = 5
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def normalise_question(question: str) -> str:
    """Return the question without case, punctuation and spacing, so that variants are equal."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return _NOT_ALPHANUMERIC.sub(" ", folded).strip()


def split_of(question: str) -> Split:
    """Return the split of a question: about one question in five is for validation.

    By hash, not by chance: a question never moves from validation to training, whatever is added
    to or removed from the data set around it.
    """
    digest = hashlib.sha256(normalise_question(question).encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % _VALIDATION_EVERY
    return "validation" if bucket == 0 else "train"
