"""What is known of each source: what it holds, who reads it, how and when it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.cron import next_slot, parse_cron
from db import source_counts
from db.engine import Database
from db.source_counts import LastRead, SourceCount
from knowledge.sources.names import ANSWERS, is_verified
from knowledge.sources.settings import AnySource

NOTHING = SourceCount(0, 0)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source; times are None for never."""

    name: str
    kind: str
    """As it is set; `answers` for verified ones, and `kept` for what no source has given."""
    audience: tuple[str, ...]
    owners: tuple[str, ...]
    documents: int
    passages: int
    read_at: dt.datetime | None
    error: str | None
    """Why the last reading failed; what was there before is still answered from."""
    schedule: str
    next_run: dt.datetime | None

    def as_json(self) -> dict[str, Any]:
        """Ready for json.dumps: times in ISO 8601."""
        times = {
            name: time and time.isoformat()
            for name, time in (("read_at", self.read_at), ("next_run", self.next_run))
        }
        return asdict(self) | times


def describe(database: Database, job: str, sources: Sequence[AnySource]) -> list[SourceStatus]:
    """Those that are set, in their order, and then what else the knowledge base holds.

    `job` is the one that reads them.
    """
    counts = source_counts.count_by_source(database)
    names = [source.name for source in sources]
    others = sorted(counts.keys() - set(names))
    reads = source_counts.last_reads(database, job, [*names, *others])
    audiences = source_counts.audiences(database)
    return [
        *(
            status_of(s, counts.get(s.name, NOTHING), reads.get(s.name, LastRead()))
            for s in sources
        ),
        *(
            other(name, audiences.get(name, ()), counts[name], reads.get(name, LastRead()))
            for name in others
        ),
    ]


def status_of(source: AnySource, count: SourceCount, last: LastRead) -> SourceStatus:
    now = dt.datetime.now(dt.UTC)
    return SourceStatus(
        name=source.name,
        kind=source.kind,
        audience=source.labels,
        owners=source.owners,
        documents=count.documents,
        passages=count.passages,
        read_at=last.read_at,
        error=last.error,
        schedule=source.schedule,
        next_run=next_slot(parse_cron(source.schedule), now) if source.schedule else None,
    )


def other(name: str, audience: tuple[str, ...], count: SourceCount, last: LastRead) -> SourceStatus:
    kind = ANSWERS if is_verified(name) else "kept"
    size = (count.documents, count.passages)
    return SourceStatus(name, kind, audience, (), *size, last.read_at, last.error, "", None)


def audience_words(audience: Sequence[str]) -> str:
    """`public`, or how many channels and people: `2 channels, 1 person`."""
    if "public" in audience:
        return "public"
    channels = sum(label.startswith(("C", "G")) for label in audience)
    people = len(audience) - channels
    counted = (
        counted_words(channels, "channel", "channels"),
        counted_words(people, "person", "people"),
    )
    return ", ".join(words for words in counted if words) or "nobody"


def counted_words(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""
