"""Examples as the tokens that the model reads and writes in serving, nothing dropped unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finetune.generator.passages import Prompt, cited, parse, renumbered, shrink
from knowledge.generate.local_chat import Chat, control_tokens
from knowledge.prompts import Message


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt and the answers to it, each ending with the token that ends an answer."""

    prompt: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    trimmed: bool


class Encoder:
    """Encodes prompts as the local generator does."""

    def __init__(self, chat: Chat, longest: int) -> None:
        self.longest = longest
        self._chat = chat
        self._end = end_of_answer(chat)
        self._control = control_tokens(chat.tokenizer)

    def encode(self, messages: Sequence[Message], answers: Sequence[str]) -> Encoded | None:
        """None if the answers do not fit with the question and the passages that they cite."""
        parts = parse(messages)
        needed = frozenset(cited(answers))
        said = list(answers)
        trimmed = False
        while True:
            prompt = self._chat.tokens(messages)
            written = tuple(self._answer(answer) for answer in said)
            over = len(prompt) + max(map(len, written)) - self.longest
            if over <= 0:
                return Encoded(tuple(prompt), written, trimmed)
            shorter = parts and shrink(parts, needed, over, self._chat.count)
            if not shorter:
                return None
            parts, trimmed = shorter, True
            messages, said = parts.messages(), renumber(parts, answers)

    def _answer(self, text: str) -> tuple[int, ...]:
        safe = self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text.strip())
        return (*self._chat.tokenizer(safe, add_special_tokens=False)["input_ids"], self._end)


def renumber(prompt: Prompt, answers: Sequence[str]) -> list[str]:
    numbers = prompt.numbers()
    return [renumbered(answer, numbers) for answer in answers]


def end_of_answer(chat: Chat) -> int:
    """The one token to learn to end with: the template's own before the tokenizer's."""
    eos: int = chat.tokenizer.eos_token_id
    return min(chat.ends() - {eos}, default=eos)
