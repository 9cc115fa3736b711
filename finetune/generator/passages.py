"""The passages of a serving prompt, taken out, cut and put back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.generate.checked import CITED, NUMBER
from knowledge.prompts import Message, shortened

ASKED = re.compile(
    r"<passages>\n(?P<passages>.*)\n</passages>(?P<rest>\n\n<question>.*)", re.DOTALL
)
PASSAGE = re.compile(
    r'<passage number="(?P<number>\d+)" from="(?P<place>[^"]*)">\n(?P<text>.*?)\n</passage>',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as a prompt shows it."""

    number: int
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A serving prompt in its parts."""

    before: tuple[Message, ...]
    shown: tuple[Shown, ...]
    rest: str
    """The question, with what stands between it and the passages."""

    def messages(self) -> list[Message]:
        fenced = "\n".join(
            f'<passage number="{n}" from="{one.place}">\n{one.text}\n</passage>'
            for n, one in enumerate(self.shown, start=1)
        )
        text = f"<passages>\n{fenced}\n</passages>{self.rest}"
        return [*self.before, Message(role="user", content=text)]

    def numbers(self) -> dict[int, int]:
        """The number that each passage has now, by the number that it had."""
        return {one.number: n for n, one in enumerate(self.shown, start=1)}

    def without(self, place: int) -> Prompt:
        return replace(self, shown=self.shown[:place] + self.shown[place + 1 :])

    def with_text(self, place: int, text: str) -> Prompt:
        cut = replace(self.shown[place], text=text)
        return replace(self, shown=(*self.shown[:place], cut, *self.shown[place + 1 :]))


def parse(messages: Sequence[Message]) -> Prompt | None:
    """None if the last message is not the serving prompt's."""
    found = ASKED.fullmatch(messages[-1]["content"]) if messages else None
    if found is None:
        return None
    shown = tuple(
        Shown(int(one["number"]), one["place"], one["text"])
        for one in PASSAGE.finditer(found["passages"])
    )
    return Prompt(tuple(messages[:-1]), shown, found["rest"])


def cited(answers: Iterable[str]) -> set[int]:
    """The numbers of the passages that answers cite."""
    return {
        int(number)
        for answer in answers
        for found in CITED.finditer(answer)
        for number in NUMBER.findall(found[1])
    }


def renumbered(answer: str, numbers: Mapping[int, int]) -> str:
    """The answer with its citations by the passages' new numbers."""

    def new(found: re.Match[str]) -> str:
        return NUMBER.sub(lambda n: str(numbers.get(int(n[0]), int(n[0]))), found[0])

    return CITED.sub(new, answer)


def shrink(
    prompt: Prompt, needed: frozenset[int], over: int, count: Callable[[str], int]
) -> Prompt | None:
    """The prompt about `over` tokens shorter: the last passage that is not needed is cut or left
    out; if all are needed the last that can still be cut. None if nothing is left to give."""
    places = range(len(prompt.shown) - 1, -1, -1)
    for place in places:
        if prompt.shown[place].number not in needed:
            return cut(prompt, place, over, count) or prompt.without(place)
    return next((made for place in places if (made := cut(prompt, place, over, count))), None)


def cut(prompt: Prompt, place: int, over: int, count: Callable[[str], int]) -> Prompt | None:
    text = prompt.shown[place].text
    kept = shortened(text, count(text) - over, count)
    return prompt.with_text(place, kept) if kept else None
