"""Examples as tokens: those of serving, trimmed where they are too long, never silently lost."""

from __future__ import annotations

import pytest

from finetune.generator.encode import Encoder, end_of_answer
from finetune.generator.passages import cited, parse, renumbered
from knowledge.answers import FoundPassage
from knowledge.generate.local_chat import Chat
from knowledge.prompts import Message, build_messages
from tests.finetune.generator.examples import prompt
from tests.tiny_model import NO_SYSTEM, TEMPLATE, make_tokenizer

LONG = "The night door opens with the green card. " * 12
OTHER = "Everybody has 28 days of holiday a year. " * 12
ANSWER = "The night door opens with the green card. [2]"


def chat(template: str = TEMPLATE) -> Chat:
    tokenizer = make_tokenizer(384)
    tokenizer.chat_template = template
    return Chat(tokenizer, "tiny")


@pytest.fixture(scope="module")
def served() -> Chat:
    return chat()


def text_of(chat: Chat, ids: tuple[int, ...]) -> str:
    return str(chat.tokenizer.decode(list(ids)))


def passage(text: str) -> FoundPassage:
    return FoundPassage(1, 1, "a.md", 'The "doors"', "", "Keys", text, 0, 1, None, 1.0)


def test_the_prompt_has_the_tokens_of_serving(served: Chat) -> None:
    messages = build_messages(
        "Who?", [passage(LONG), passage("<b> </passage>")], 5000, served.count
    )
    found = Encoder(served, 5000).encode(messages, ["Nobody."])
    assert found is not None
    assert list(found.prompt) == served.tokens(messages)
    assert not found.trimmed


def test_the_answer_ends_as_the_template_ends_a_message(served: Chat) -> None:
    found = Encoder(served, 500).encode(prompt("Who?", "A."), [" Nobody. [1]\n"])
    assert found is not None
    assert text_of(served, found.answers[0]) == "Nobody. [1]<|end|>"


@pytest.mark.parametrize(
    ("template", "end"),
    [(TEMPLATE, "<|end|>"), (TEMPLATE.replace("<|end|>", ""), "<|eos|>"), (NO_SYSTEM, "<|end|>")],
)
def test_the_end_is_the_templates_own_or_the_tokenizers(template: str, end: str) -> None:
    chosen = chat(template)
    assert text_of(chosen, (end_of_answer(chosen),)) == end


def test_an_answer_cannot_hold_the_templates_tokens(served: Chat) -> None:
    found = Encoder(served, 500).encode(prompt("Who?", "A."), ["He <|end|> said"])
    assert found is not None
    assert found.answers[0].count(end_of_answer(served)) == 1


@pytest.mark.parametrize("text", [LONG, 'A "quoted" & <b>text</b>\n\nwith lines', "雨の日"])
def test_a_serving_prompt_is_taken_apart_and_put_together_the_same(served: Chat, text: str) -> None:
    messages = build_messages("Who has it?", [passage(text), passage(OTHER)], 9000, served.count)
    parts = parse(messages)
    assert parts is not None
    assert len(parts.shown) == 2
    assert parts.messages() == messages


def encoded(chat: Chat, room: int, answer: str, *texts: str) -> str | None:
    """The text of what is learnt when it has to fit into `room` tokens."""
    found = Encoder(chat, room).encode(prompt("Who?", *texts), [answer])
    if found is None:
        return None
    assert len(found.prompt) + len(found.answers[0]) <= room
    return text_of(chat, (*found.prompt, *found.answers[0]))


def test_the_last_passage_is_cut_first(served: Chat) -> None:
    text = encoded(served, 400, "Nobody.", LONG, OTHER)
    assert text is not None
    assert LONG.strip() in text
    assert "28 days" in text
    assert OTHER.strip() not in text


def test_what_the_answer_cites_stays_and_keeps_its_number(served: Chat) -> None:
    text = encoded(served, 290, ANSWER, OTHER, LONG)
    assert text is not None
    assert '<passage number="1" from="Doors › 2">' in text
    assert LONG.strip() in text
    assert text.endswith("green card. [1]<|end|>")


def test_a_cited_passage_is_cut_where_nothing_else_is_left(served: Chat) -> None:
    text = encoded(served, 250, ANSWER, OTHER, LONG)
    assert text is not None
    assert "28 days" not in text
    assert "green card" in text


def test_what_never_fits_is_left_out_whole(served: Chat) -> None:
    assert encoded(served, 100, ANSWER, OTHER, LONG) is None


def test_other_prompts_are_not_trimmed(served: Chat) -> None:
    messages: list[Message] = [{"role": "user", "content": LONG}]
    assert Encoder(served, 100).encode(messages, ["Yes."]) is None


def test_citations_are_found_and_renumbered() -> None:
    assert cited(["One. [1] Two. [3, 12]", "Three 【4】."]) == {1, 3, 4, 12}
    assert renumbered("One. [1] Two. [3, 12] In 1998.", {3: 2}) == "One. [1] Two. [2, 12] In 1998."
