"""Which half of a data set a question belongs to, decided by the question alone."""

import hashlib
import re
import unicodedata
from typing import Literal

Split = Literal["train", "validation"]
Half = Literal["fit", "held out"]
HALVES: tuple[Half, ...] = ("fit", "held out")

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
    return "validation" if digest(question)[0] % _VALIDATION_EVERY == 0 else "train"


def half_of(question: str) -> Half:
    """Return the half of a question for what is fitted on one half and reported on the other.

    By hash as well, and whatever its split is.
    """
    return "fit" if digest(question)[1] % 2 else "held out"


def digest(question: str) -> tuple[int, int]:
    """Two numbers that say nothing of each other."""
    hashed = hashlib.sha256(normalise_question(question).encode()).digest()
    return int.from_bytes(hashed[:8], "big"), int.from_bytes(hashed[8:16], "big")
