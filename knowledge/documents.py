"""The plain data of documents: a file found, its text, a span of it, and what was left out."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a source offers: its path under the root, its size in bytes and its content.

    `content_hash` is whatever the source tells contents apart by: equal ones are the same file.
    """

    path: str
    size: int
    modified_ns: int
    content_hash: str
    uri: str = ""
    """Where people read it, if it has an address of its own."""

    @property
    def modified(self) -> float:
        """Seconds since 1970 (UTC)."""
        return self.modified_ns / 1e9


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as markdown: only `\\n` ends a line, NFC, nothing invisible but white space.

    `page_starts` holds, for a document that has pages, the offset in `text` at which each begins.
    """

    title: str
    text: str
    page_starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a document: `text == document.text[start:end]`, under a path of headings.

    `heading` starts below the document's title; `page` counts from 1 where there are pages.
    """

    text: str
    heading: tuple[str, ...]
    start: int
    end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out; its reason follows the path in the report: `a.md is empty`."""

    path: str
    reason: str
    later: bool = field(default=False, compare=False)
    """It may well be read the next time: what is stored of it stays until then."""
