"""An answer as Block Kit: within Slack's limits, linked only to its sources, ready to be rated."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.blocks import (
    MAX_MESSAGE,
    Message,
    answer_messages,
    packed,
    read_vote,
    section,
    sentence_message,
)
from bot.desk import FAULTS
from bot.views import (
    FAULT,
    RIGHT_ANSWER,
    RIGHT_DOCUMENT,
    VALUE,
    AnswerPlace,
    correction_form,
    progress_message,
    submitted,
)
from db.interactions import InteractionRecord, PassageRecord
from knowledge.answers import UNKNOWN
from knowledge.report import Progress

ID = "0123456789abcdef0123456789abcdef"
HOSTILE = "<!channel> <@U1> [x](https://evil.example) https://evil.example `*_~|> \u202e"


def passage(citation: int | None = 1, **changes: Any) -> PassageRecord:
    values = {
        "passage_id": 1,
        "path": "rockets/saturn-v.md",
        "title": "Saturn V",
        "uri": "https://docs.example/rockets/saturn-v.md",
        "heading": "Stages › First",
        "text": "It had three stages.",
        "score": 0.9,
        "dense_score": 0.9,
        "text_score": 0.9,
        "citation": citation,
        "quote": "It had three stages.",
    }
    return PassageRecord(**(values | changes))


def record(answer: str = "It had three stages. [1]", **changes: Any) -> InteractionRecord:
    made = InteractionRecord(
        question="How many stages?",
        answer=answer,
        abstained=False,
        confidence=0.9,
        generator="quotes",
        surface="slack",
        timings_ms={},
        passages=(passage(),),
        id=ID,
    )
    return replace(made, **changes)


def texts(message: Message) -> list[str]:
    return re.findall(
        r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(message.blocks, ensure_ascii=False)
    )


def check(message: Message) -> None:
    """Slack's own limits, as its SDK knows them."""
    for block in Block.parse_all(list(message.blocks)):
        block.validate_json()
        block.to_dict()


def test_an_answer_has_text_sources_and_buttons() -> None:
    [message] = answer_messages(record())
    kinds = [block["type"] for block in message.blocks]
    assert kinds == ["section", "context", "context_actions"]
    assert message.text == "It had three stages. [1]"
    check(message)


def test_a_source_links_the_title_and_quotes_the_sentence() -> None:
    [message] = answer_messages(record())
    assert message.blocks[1]["elements"][0]["text"] == (
        "[1] <https://docs.example/rockets/saturn-v.md|Saturn V> › Stages › First\n"
        "_“It had three stages.”_"
    )


def test_sources_come_in_the_order_of_their_numbers() -> None:
    passages = (passage(2), passage(None), passage(1, path="b.md"))
    [message] = answer_messages(record(passages=passages))
    assert [text[:3] for text in texts(message) if text.startswith("[")] == ["[1]", "[2]"]


def test_without_an_address_the_title_is_plain() -> None:
    [message] = answer_messages(record(passages=(passage(uri=""),)))
    assert message.blocks[1]["elements"][0]["text"].startswith("[1] Saturn V › Stages")


def test_when_it_abstains_it_names_the_nearest_documents_once_each() -> None:
    found = [passage(None), passage(None), *(passage(None, path=f"{n}.md") for n in range(5))]
    [message] = answer_messages(record(UNKNOWN, abstained=True, passages=tuple(found)))
    nearest = message.blocks[1]["elements"][0]["text"].split("\n")
    assert nearest[0] == "The nearest documents I have:"
    assert len(nearest) == 4
    assert "<https://docs.example/rockets/saturn-v.md|Saturn V>" in nearest[1]
    assert message.blocks[-1]["type"] == "context_actions"
    check(message)


def test_when_there_are_no_documents_only_the_sentence_is_left() -> None:
    [message] = answer_messages(record(UNKNOWN, abstained=True, passages=()))
    assert [block["type"] for block in message.blocks] == ["section", "context_actions"]


def test_the_buttons_say_which_answer_and_which_vote() -> None:
    [message] = answer_messages(record())
    buttons = message.blocks[-1]["elements"][0]
    assert read_vote(buttons["positive_button"]["value"]) == (ID, 1)
    assert read_vote(buttons["negative_button"]["value"]) == (ID, -1)


@pytest.mark.parametrize("value", ["", "x:up", f"{ID}:+1", f"{ID}:up ", f"{ID.upper()}:up", "None"])
def test_any_other_value_is_no_vote(value: str) -> None:
    assert read_vote(value) is None


def test_a_long_answer_goes_on_in_another_message() -> None:
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 400 for n in range(12))
    messages = answer_messages(record(long))
    assert len(messages) > 1
    assert [m.blocks[-1]["type"] for m in messages] == [
        *["section"] * (len(messages) - 1),
        "context_actions",
    ]
    assert "Paragraph 11" in json.dumps(messages[-1].blocks) + json.dumps(messages[-2].blocks)


def test_many_sources_stay_within_fifty_blocks() -> None:
    many = tuple(passage(n, path=f"{n}.md") for n in range(1, 121))
    messages = answer_messages(record(passages=many))
    assert all(len(message.blocks) <= 50 for message in messages)
    assert sum(len(message.blocks) for message in messages) == 122


ANY = st.one_of(st.text(max_size=200), st.just(HOSTILE), st.text("ab. \n", max_size=4000))


@settings(max_examples=300, deadline=None)
@given(ANY, ANY, ANY, ANY, ANY, st.booleans())
def test_whatever_is_answered_slack_takes_it_and_nobody_is_pinged(
    answer: str, title: str, heading: str, quote: str, uri: str, abstained: bool
) -> None:
    found = (passage(title=title, heading=heading, quote=quote, uri=uri),)
    messages = answer_messages(record(answer, abstained=abstained, passages=found))
    shown = json.dumps([m.blocks for m in messages], ensure_ascii=False)
    assert [check(message) for message in messages]
    assert not re.search(r"<(?!https?://[^|<>]+\|)", shown + "".join(m.text for m in messages))
    assert shown.count("<http") <= 1
    assert max(sum(map(len, texts(message))) for message in messages) <= MAX_MESSAGE + 1000


def test_hostile_documents_are_shown_as_they_are() -> None:
    hostile = passage(title=HOSTILE, heading=HOSTILE, quote=HOSTILE)
    [message] = answer_messages(record(HOSTILE, passages=(hostile,)))
    shown = json.dumps(message.blocks)
    assert shown.count("<") == shown.count("<https://docs.example/") == 1
    assert "&lt;!channel&gt;" in shown


def test_text_objects_are_never_rewritten_by_slack() -> None:
    [message] = answer_messages(record())
    objects = [message.blocks[0]["text"], message.blocks[1]["elements"][0]]
    assert [(text["type"], text["verbatim"]) for text in objects] == [("mrkdwn", True)] * 2


def test_a_sentence_is_a_message() -> None:
    message = sentence_message("Ask me <in> a sentence.")
    assert message.text == "Ask me &lt;in&gt; a sentence."
    check(message)


def test_packing_keeps_every_block_in_order() -> None:
    blocks = [section("x" * 2900) for _ in range(9)]
    messages = packed(blocks)
    assert [len(message) for message in messages] == [3, 3, 3]


def test_the_form_is_one_that_slack_takes_and_carries_its_answer() -> None:
    place = AnswerPlace(ID, "C1", "1.2")
    form = correction_form(place, FAULTS)
    View(**form).validate_json()
    assert AnswerPlace.unpacked(form["private_metadata"]) == place
    assert [block["optional"] for block in form["blocks"]] == [False, True, True]


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"interaction_id": 1}', "null", "3"])
def test_other_private_metadata_is_no_place(text: str) -> None:
    assert AnswerPlace.unpacked(text) is None


def test_a_place_of_other_things_than_text_is_none() -> None:
    assert AnswerPlace.unpacked('{"interaction_id": 1, "channel": 2, "thread_ts": 3}') is None


def test_what_was_submitted_is_read_by_field() -> None:
    values = {
        FAULT: {VALUE: {"type": "radio_buttons", "selected_option": {"value": "other"}}},
        RIGHT_ANSWER: {VALUE: {"type": "plain_text_input", "value": " three\u200b stages "}},
        RIGHT_DOCUMENT: {VALUE: {"type": "plain_text_input", "value": None}},
    }
    given = {FAULT: "other", RIGHT_ANSWER: "three stages", RIGHT_DOCUMENT: None}
    assert submitted(values) == given


def test_an_empty_submission_has_no_values() -> None:
    assert set(submitted({}).values()) == {None}


@pytest.mark.parametrize(
    ("done", "total", "bar"), [(0, 0, "▱" * 20), (1, 2, "▰" * 10 + "▱" * 10), (5, 5, "▰" * 20)]
)
def test_progress_is_a_bar(done: int, total: int, bar: str) -> None:
    message = progress_message(Progress("embedding", done, total, 7))
    assert message.text == f"*Embedding passages*\n{bar} {done} of {total} · 7 passages"


def test_a_notice_and_what_was_searched_for_stand_in_small_print() -> None:
    [message] = answer_messages(
        record(notice="No model <!here>.", standalone="How many stages has <@U1> Saturn V?")
    )
    shown = [block["elements"][0].get("text") for block in message.blocks[1:]]
    assert shown[0] == "No model &lt;!here&gt;."
    assert shown[1].startswith("[1]")
    assert shown[2] == "Searched for: How many stages has &lt;@U1&gt; Saturn V?"
    check(message)


def test_a_question_that_stood_alone_is_not_repeated() -> None:
    assert answer_messages(record(standalone="How many stages?")) == answer_messages(record())


def test_a_very_long_notice_is_cut() -> None:
    [message] = answer_messages(record(notice="<" * 5000, standalone="<" * 5000))
    check(message)
