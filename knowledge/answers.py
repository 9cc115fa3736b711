"""The plain data that retrieval and answering pass on: passages found, citations, an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = "I could not find an answer to that in the documents."
"""The sentence that every answer which is not given begins with."""

NOT_REACHED = "The language model could not answer just now: these are the passages themselves."
"""The notice of a quoted answer that a language model should have written."""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that the retriever found; scores are in 0..1, a higher one is better."""

    passage_id: int
    document_id: int
    path: str
    title: str
    uri: str
    """Where a person reads the document; the path itself if no base_url is set."""
    heading: str
    """The headings above the passage, joined by ' › '."""
    text: str
    start: int
    end: int
    page: int | None
    score: float
    dense_score: float = 0.0
    text_score: float = 0.0
    source: str = ""
    """The name of the source that its document comes from."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source of an answer: `quote` is a sentence of the passage, word for word."""

    number: int
    passage: FoundPassage
    quote: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of one answer."""

    understand: float = 0.0
    """Making a follow-up stand alone."""
    embed: float = 0.0
    search: float = 0.0
    generate: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the asker. An abstained answer cites nothing and names nearest passages."""

    question: str
    text: str
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[FoundPassage, ...]
    """Everything that was retrieved, best first."""
    generator: str
    index_version: int | None
    timings: Timings = field(default_factory=Timings)
    standalone: str = ""
    """The question as it was searched for, where that is not the question itself."""
    notice: str = ""
    """A line to show with the answer, such as that the language model could not be reached."""
    release_id: int | None = None
    """Which release gave it; None where the models answered as they are."""
