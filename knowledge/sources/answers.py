"""Answers that an expert has approved, as documents: a question, and its answer below."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from db import verified
from db.engine import Database
from db.sources import PUBLIC
from db.verified import VerifiedRecord
from knowledge.documents import Skipped, SourceFile
from knowledge.sources import Known, NamedSource
from knowledge.sources.names import answers_of


class AnswersSource:
    """The verified answers that are given everywhere, or those of one channel."""

    def __init__(self, records: Sequence[VerifiedRecord]) -> None:
        self._records = {f"answers/{record.id}.md": record for record in records}

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        return [as_file(path, record) for path, record in sorted(self._records.items())], []

    def read(self, file: SourceFile) -> bytes | Skipped:
        return as_markdown(self._records[file.path])


def open_answers(database: Database) -> list[NamedSource]:
    """The source of answers for everybody, and one for each channel that has answers of its own."""
    records = verified.standing(database)
    channels = sorted({record.channel for record in records if record.channel is not None})
    return [
        NamedSource(
            answers_of(channel),
            AnswersSource([record for record in records if record.channel == channel]),
            audience=(channel or PUBLIC,),
            guarded=False,
        )
        for channel in (None, *channels)
    ]


def as_file(path: str, record: VerifiedRecord) -> SourceFile:
    data = as_markdown(record)
    modified_ns = int(record.approved_at.timestamp() * 1e9)
    return SourceFile(path, len(data), modified_ns, hashlib.sha256(data).hexdigest())


def as_markdown(record: VerifiedRecord) -> bytes:
    """The question is the title; the heading, shown with every citation, says who stands for it."""
    question = " ".join(record.question.split())
    role = " ".join(record.role.split())
    by = f"Verified answer, {role}" if role else "Verified answer"
    return f"# {question}\n\n## {by}\n\n{record.answer.strip()}\n".encode()
