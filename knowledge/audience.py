"""Who reads an answer, and so what it may be made from."""

from __future__ import annotations

from dataclasses import dataclass

from db.sources import PUBLIC


@dataclass(frozen=True, slots=True)
class Reader:
    """Everybody in a channel, or one person in a direct message.

    What is said in a channel is read by all its members: there, what only the person who asks may
    read is not said.
    """

    channel: str | None = None
    person: str | None = None

    @property
    def labels(self) -> frozenset[str]:
        own = self.channel or self.person
        return frozenset({PUBLIC, own} if own else {PUBLIC})
