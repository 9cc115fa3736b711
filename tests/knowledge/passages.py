"""Passages found, for tests of what orders them."""

from __future__ import annotations

from knowledge.answers import FoundPassage


def passage(
    document: int,
    *,
    title: str = "Handbook",
    path: str = "handbook.md",
    heading: str = "",
    text: str = "Some text.",
    start: int = 0,
    score: float = 0.5,
    source: str = "folder",
    page: int | None = None,
) -> FoundPassage:
    return FoundPassage(
        passage_id=1000 * document + start,
        document_id=document,
        path=path,
        title=title,
        uri=path,
        heading=heading,
        text=text,
        start=start,
        end=start + len(text),
        page=page,
        score=score,
        source=source,
    )
