"""A language model's answer on the command line, token by token."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bot.cli_show import printable
from knowledge.answers import FoundPassage


class Shown:
    """Writes to a terminal alone: who reads a pipe wants the checked answer and nothing else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.stop = threading.Event()
        self.anything = False

    def found(self, passages: Sequence[FoundPassage]) -> None:
        titles = list(dict.fromkeys(passage.title for passage in passages))
        if self._console.is_terminal and titles:
            self._console.print(Text(printable(f"Reading {', '.join(titles[:3])}…"), "dim"))

    def wrote(self, piece: str) -> None:
        if self._console.is_terminal:
            self.anything = True
            self._console.print(Text(printable(piece)), end="", soft_wrap=True)
