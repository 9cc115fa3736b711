"""A language model's answer: the prompt, the writing that people follow, and the check."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.answers import UNKNOWN, Citation, FoundPassage
from knowledge.errors import KnowledgeUnusable
from knowledge.following import Follower
from knowledge.generate.checked import CitationCheck
from knowledge.generate.writers import Writer, WriterUnavailable
from knowledge.prompts import build_messages
from knowledge.settings import KnowledgeSettings


@dataclass(frozen=True, slots=True)
class Written:
    """A checked answer; `refused` if the model found none in the passages."""

    text: str
    citations: tuple[Citation, ...]
    refused: bool
    supported: float
    """The share of its sentences that a passage supports, in 0..1."""


@dataclass(frozen=True)
class Writing:
    """What a language model needs around it."""

    writer: Writer
    check: CitationCheck

    def write(
        self, question: str, passages: Sequence[FoundPassage], follower: Follower | None
    ) -> Written:
        """Raises WriterUnavailable."""
        budget = self.writer.prompt_tokens
        messages = build_messages(question, passages, budget, self.writer.count)
        stop = threading.Event() if follower is None else follower.stop
        pieces = []
        for piece in self.writer.write(messages, stop):
            pieces.append(piece)
            if follower is not None:
                follower.wrote(piece)
        text = "".join(pieces).strip()
        if is_refusal(text):
            return Written(UNKNOWN, (), refused=True, supported=1.0)
        checked = self.check.check(text, passages)
        return Written(checked.text, checked.citations, False, checked.supported)


def is_refusal(text: str) -> bool:
    """Whether the model says that it does not know, and nothing else."""
    return text.strip(" \n\"'*_").rstrip(".") == UNKNOWN.rstrip(".")


def open_writer(settings: KnowledgeSettings) -> Writer | None:
    """The model; None where passages are quoted. Raises KnowledgeUnusable."""
    if settings.generator == "quotes":
        return None
    # Each brings packages that only it needs.
    if settings.generator == "local":
        from knowledge.generate.local import open_local

        return open_local(settings.local)
    from knowledge.generate.server import ServerWriter

    try:
        return ServerWriter(settings.server)
    except WriterUnavailable as error:
        raise KnowledgeUnusable(str(error)) from error
