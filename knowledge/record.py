"""An answer as the database keeps it."""

from __future__ import annotations

from dataclasses import asdict, replace

from db.interactions import InteractionRecord, PassageRecord
from knowledge.answers import Answer, Citation, FoundPassage


def to_record(answer: Answer, surface: str) -> InteractionRecord:
    """The answer as it is stored, without the ids of where it was asked."""
    return InteractionRecord(
        question=answer.question,
        answer=answer.text,
        abstained=answer.abstained,
        confidence=answer.confidence,
        generator=answer.generator,
        surface=surface,
        timings_ms={name: round(ms, 3) for name, ms in asdict(answer.timings).items()},
        passages=to_passages(answer),
        release_id=answer.release_id,
        index_version=answer.index_version,
        standalone=answer.standalone,
        notice=answer.notice,
    )


def to_passages(answer: Answer) -> tuple[PassageRecord, ...]:
    """What was found, in its order; a passage cited under two numbers stands there twice."""
    cited: dict[int, dict[int, list[Citation]]] = {}
    for citation in answer.citations:
        numbers = cited.setdefault(citation.passage.passage_id, {})
        numbers.setdefault(citation.number, []).append(citation)
    found = {passage.passage_id: passage for passage in answer.passages}
    found |= {c.passage.passage_id: c.passage for c in answer.citations}
    return tuple(
        record
        for passage_id, passage in found.items()
        for record in to_passage(passage, cited.get(passage_id, {}))
    )


def to_passage(passage: FoundPassage, citations: dict[int, list[Citation]]) -> list[PassageRecord]:
    names = PassageRecord.__dataclass_fields__.keys() - {"citation", "quote"}
    record = PassageRecord(**{name: getattr(passage, name) for name in names})
    if not citations:
        return [record]
    return [
        replace(record, citation=number, quote=" … ".join(citation.quote for citation in several))
        for number, several in citations.items()
    ]
