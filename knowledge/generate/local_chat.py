"""Messages to a model's tokens by its chat template, and its tokens back to text as they come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from knowledge.errors import KnowledgeUnusable
from knowledge.prompts import Message

MARK = "a mark that no template holds"
HALF = "\N{REPLACEMENT CHARACTER}"
"""What the beginning of a character decodes to before the rest of its bytes is there."""


class Chat:
    """The tokenizer of a model and its chat template. May be used by several threads."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        self.tokenizer = tokenizer
        if not tokenizer.chat_template:
            raise KnowledgeUnusable(
                f"The model {name} has no chat template: choose its instruction-tuned variant "
                "(often named -Instruct, -it or -chat), or put a chat_template.jinja into its "
                "folder."
            )
        self._control = control_tokens(tokenizer)
        self._takes_system = self._shows_system(name)
        self.overhead = len(self.tokens([{"role": r, "content": ""} for r in ("system", "user")]))
        """Tokens of a prompt that belong to no message."""

    def count(self, text: str) -> int:
        return len(self._ids(text))

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """The prompt, up to where the model is to write."""
        # Else a document that holds the template's own tokens could end its message and speak on.
        safe = [Message(role=m["role"], content=self._defused(m["content"])) for m in messages]
        if not self._takes_system:
            safe = without_system(safe)
        return self._ids(self._render(safe, True))

    def ends(self) -> set[int]:
        """The tokens with which the template ends a message of the model."""
        turn: list[Message] = [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": MARK},
        ]
        _, _, after = self._render(turn, False).rpartition(MARK)
        ids = self._ids(after.strip())
        special = set(self.tokenizer.added_tokens_decoder)
        return {self.tokenizer.eos_token_id, *ids[:1]} & special

    def _shows_system(self, name: str) -> bool:
        """Some templates refuse a system message, and some leave it out without a word."""
        system: Message = {"role": "system", "content": MARK}
        user: Message = {"role": "user", "content": "?"}
        try:
            return MARK in self._render([system, user], True)
        except TemplateError:
            pass
        try:
            self._render([user], True)
        except (TemplateError, TypeError, ValueError) as error:
            raise KnowledgeUnusable(
                f"The chat template of {name} cannot be used ({error}): correct its "
                "chat_template.jinja, or choose another knowledge.local.model."
            ) from error
        return False

    def _render(self, messages: Sequence[Message], prompt: bool) -> str:
        text: str = self.tokenizer.apply_chat_template(
            list(messages),
            tokenize=False,
            add_generation_prompt=prompt,
            # Models that can think aloud first would show it as the answer; others ignore it.
            enable_thinking=False,
        )
        return text

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _defused(self, text: str) -> str:
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def control_tokens(tokenizer: Any) -> re.Pattern[str]:
    """Matches what the tokenizer would read as control and not as text."""
    added = tokenizer.added_tokens_decoder.values()
    found = {str(t) for t in added if t.special or (str(t)[:1] == "<" and str(t)[-1:] == ">")}
    found |= set(tokenizer.all_special_tokens)
    return re.compile("|".join(re.escape(token) for token in sorted(found)) or r"(?!)")


def without_system(messages: Sequence[Message]) -> list[Message]:
    """What the system messages say put before what the first user says."""
    system = [m["content"] for m in messages if m["role"] == "system" and m["content"]]
    rest = [m for m in messages if m["role"] != "system"]
    joined = "\n\n".join([*system, rest[0]["content"]])
    return [Message(role=rest[0]["role"], content=joined), *rest[1:]]


class TextPieces:
    """Turns one answer's tokens into text, never giving out a part of a character."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._begin = 0
        self._given = 0

    def add(self, token: int) -> str:
        """The text that is certain with this token; empty in the middle of a character."""
        self._ids.append(token)
        piece = self._new()
        return "" if piece.endswith(HALF) else self._give(piece)

    def rest(self) -> str:
        """What is left at the end, without a character that was cut off."""
        return self._give(self._new()).rstrip(HALF)

    def _new(self) -> str:
        # Decoded with the tokens before: some tokenizers drop the space of a first token.
        before = self._decode(self._ids[self._begin : self._given])
        return self._decode(self._ids[self._begin :])[len(before) :]

    def _give(self, piece: str) -> str:
        self._begin, self._given = self._given, len(self._ids)
        return piece

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text
