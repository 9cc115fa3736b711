"""Takes a model's reasoning out of its answer while the answer streams."""

from __future__ import annotations

OPENING = ("<think>", "<thinking>")
CLOSING = ("</think>", "</thinking>")
LONGEST = max(map(len, CLOSING))


class BareReasoning(Exception):
    """A block of reasoning ended that was never begun: what was shown of the answer is none."""


class ReasoningFilter:
    """Feed it pieces; it gives back what may be shown.

    A tag counts at the beginning of a line only: an answer may speak of `<think>`.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._line = ""
        self._shown = False

    def feed(self, piece: str) -> str:
        """The text to show now. Raises BareReasoning."""
        self._held += piece
        shown = ""
        before = ""
        while self._held != before:
            before = self._held
            if self._inside:
                self._skip()
            else:
                shown += self._take()
        return self._without_lead(shown)

    def end(self) -> str:
        """What was held back because a tag might have begun there."""
        rest = "" if self._inside else self._held
        self._held = ""
        return self._without_lead(rest)

    def _skip(self) -> None:
        ends = [self._held.find(tag) + len(tag) for tag in CLOSING if tag in self._held]
        if ends:
            self._held = self._held[min(ends) :]
            self._inside, self._line = False, ""
        else:
            self._held = self._held[-LONGEST + 1 :]

    def _take(self) -> str:
        """The text up to the next tag, or up to what may become one."""
        text, angle, _ = self._held.partition("<")
        self._line = (self._line + text).rpartition("\n")[2]
        self._held = rest = self._held[len(text) :]
        if not angle or self._line.strip():
            return text + self._pass_angle(angle)
        if rest.startswith(OPENING):
            self._held = rest.partition(">")[2]
            self._inside = True
            return text
        if rest.startswith(CLOSING):
            raise BareReasoning
        if any(tag.startswith(rest) for tag in OPENING + CLOSING):
            return text
        return text + self._pass_angle(angle)

    def _pass_angle(self, angle: str) -> str:
        self._held = self._held[len(angle) :]
        self._line += angle
        return angle

    def _without_lead(self, text: str) -> str:
        text = text if self._shown else text.lstrip()
        self._shown = self._shown or bool(text)
        return text
