"""Where documents come from: each source lists its files and reads them one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from db.sources import PUBLIC
from knowledge.documents import Skipped, SourceFile
from knowledge.errors import KnowledgeUnusable

Known = Mapping[str, tuple[int, int, str]]
"""What the last run saw of each path: size, time of change in nanoseconds, hash of the content."""


CHANGED = "changed while it was read; the next run takes it in"


class SourceUnavailable(KnowledgeUnusable):
    """A source cannot be read as a whole; the message says what to do."""


class Source(Protocol):
    """A folder, a repository, a site: anything that has files with names that end in a format."""

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        """All files in the order of their paths, and what was left out and why.

        What has the size and time that is known keeps its hash without being read again. Raises
        SourceUnavailable.
        """

    def read(self, file: SourceFile) -> bytes | Skipped:
        """The bytes that have the file's hash; skipped when it has changed or vanished since."""


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source as it is set: what it is called, who reads it, where its documents are shown."""

    name: str
    source: Source
    audience: Sequence[str] = (PUBLIC,)
    base_url: str = ""
    guarded: bool = True
    """Whether losing many documents at once looks like a mistake."""


__all__ = ["CHANGED", "Known", "NamedSource", "Source", "SourceUnavailable"]
