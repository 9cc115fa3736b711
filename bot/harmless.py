"""A language model's markdown made harmless as it comes, piece by piece, for what is streamed.

The finished answer goes through `bot.markdown`, which knows the whole text. A stream cannot be
taken back, so here every character is judged by those before it alone: however a mention or a link
is cut into pieces, its last character is shown as a look-alike. Formatting is left to Slack.
"""

from __future__ import annotations

import re

from bot.mrkdwn import JOINERS, LINE_BREAKS, is_shown

BEHIND = 48
"""So many characters before one can make it dangerous."""
LOOK_ALIKES = {"<": "‹", ">": "›", "\\": "∖"}
ENTITY = re.compile(r"&#?\w{1,40}\Z", re.ASCII)


class Harmless:
    """Takes an answer in pieces of any size and gives each back as it may be shown at once."""

    def __init__(self) -> None:
        self._behind = ""

    def take(self, piece: str) -> str:
        return "".join(map(self._take, piece.replace("\r", "").replace("\t", " ")))

    def _take(self, char: str) -> str:
        char = "\n" if LINE_BREAKS.match(char) else char
        # A joiner is judged by what comes after it too, so it is left out.
        hidden = char != "\n" and not is_shown(self._behind + char, len(self._behind), char)
        if hidden or char in JOINERS:
            return ""
        shown = self._shown(char)
        self._behind = (self._behind + char)[-BEHIND:]
        return shown

    def _shown(self, char: str) -> str:
        before = self._behind.lower()
        if char in "(:" and before.endswith("]"):
            # Neither [label](address) nor [label]: address.
            return " " + char
        if char == "/" and before.endswith(":/"):
            return "∕"
        if char == "." and before.endswith("www"):
            return "․"
        if char == ":" and before.endswith("mailto"):
            return "∶"
        if char == ";" and ENTITY.search(before):
            return "；"
        return LOOK_ALIKES.get(char, char)
