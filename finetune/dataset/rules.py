"""What the data set asks of the `[training]` settings."""

from __future__ import annotations

from typing import Protocol


class Rules(Protocol):
    """TrainingSettings are these. A protocol, because they hold the trainers' settings as well,
    and the trainers read data sets."""

    @property
    def enabled(self) -> bool: ...

    @property
    def min_examples(self) -> int: ...

    @property
    def labels_per_person(self) -> int: ...
