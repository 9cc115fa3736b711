"""One use of /lore: who said what where, and the ways to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_bolt import Respond
from slack_sdk import WebClient

from bot.blocks import Message
from bot.listeners.board import Board, say

if TYPE_CHECKING:
    from bot.lorebot import Lorebot


class Misunderstood(Exception):
    """The words after /lore make no sense together: help is shown."""


@dataclass(frozen=True, slots=True)
class Call:
    """`options` are the words after the act, in small letters."""

    lorebot: Lorebot
    surface: str
    actor: str
    channel: str
    options: tuple[str, ...]
    client: WebClient
    respond: Respond

    def say(self, message: Message) -> None:
        say(self.respond, message)

    def board(self) -> Board:
        return Board(self.client, self.channel, self.respond)

    def authorise(self, act: str) -> None:
        """Raise NotAllowed unless it is an admin who calls."""
        self.lorebot.commands.authorise(self.actor, self.surface, act)

    def alone(self) -> None:
        """Raise Misunderstood if something stands after the act."""
        if self.options:
            raise Misunderstood

    def number(self) -> int:
        """The id that stands after the act. Raises Misunderstood."""
        if len(self.options) != 1:
            raise Misunderstood
        return as_number(self.options[0])


def as_number(word: str) -> int:
    """Raises Misunderstood."""
    digits = word.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise Misunderstood
    return int(digits)
