"""Who follows an answer while it comes about."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from knowledge.answers import FoundPassage


class Follower(Protocol):
    """Called from the thread that answers; what it raises ends the answer."""

    @property
    def stop(self) -> threading.Event:
        """Set by whoever wants no more of the answer: what was written until then is kept."""

    def found(self, passages: Sequence[FoundPassage]) -> None:
        """The passages that the answer will be made from, best first; before anything is written.

        Not called for an answer that is withheld.
        """

    def wrote(self, piece: str) -> None:
        """The next piece of a language model's answer, before its citations are checked.

        Quoted answers come whole and are not told piece by piece.
        """
