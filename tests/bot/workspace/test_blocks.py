"""Block Kit's limits: what Slack refuses is refused here, with a pointer to the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace.blocks_check import check_message_blocks, check_view
from bot.workspace.refusal import Refused

Body = dict[str, Any]


def plain(words: str) -> Body:
    return {"type": "plain_text", "text": words}


def mrkdwn(words: str) -> Body:
    return {"type": "mrkdwn", "text": words}


FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "rate",
    "positive_button": {"text": plain("Good"), "value": "up"},
    "negative_button": {"text": plain("Bad"), "value": "down"},
}
PRESS = {"type": "button", "action_id": "a", "text": plain("Press")}
OPTION = {"text": plain("One"), "value": "1"}
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": mrkdwn("x" * 3000)},
        {"type": "section", "fields": [mrkdwn("a"), plain("b")]},
        {"type": "section", "text": mrkdwn("a"), "accessory": PRESS},
        {"type": "header", "text": plain("x" * 150)},
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "context", "elements": [mrkdwn("a"), plain("b")]},
        {"type": "actions", "elements": [PRESS | {"style": "danger", "value": "v"}]},
        {"type": "context_actions", "elements": [FEEDBACK]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, RICH]]},
        RICH,
    ],
)
def test_blocks_within_the_limits_are_taken(block: Body) -> None:
    check_message_blocks([block])


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        ({}, "/blocks/0"),
        ({"type": "sektion"}, "/blocks/0/type"),
        ({"type": "section"}, "/blocks/0"),
        ({"type": "section", "text": mrkdwn("x" * 3001)}, "/blocks/0"),
        ({"type": "section", "text": mrkdwn("")}, "/blocks/0/text/text"),
        ({"type": "section", "text": "words"}, "/blocks/0/text"),
        ({"type": "section", "text": {"type": "html", "text": "x"}}, "/blocks/0/text/type"),
        ({"type": "section", "text": mrkdwn("x"), "html": "<b>"}, "/blocks/0"),
        ({"type": "section", "fields": [mrkdwn("x")] * 11}, "/blocks/0"),
        ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/blocks/0/fields"),
        ({"type": "section", "text": mrkdwn("x"), "block_id": "i" * 256}, "/blocks/0"),
        ({"type": "header", "text": mrkdwn("x")}, "/blocks/0/text"),
        ({"type": "header", "text": plain("x" * 151)}, "/blocks/0"),
        ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0"),
        ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/blocks/0"),
        ({"type": "context", "elements": [PRESS]}, "/blocks/0/elements/0"),
        ({"type": "context_actions", "elements": [PRESS]}, "/blocks/0/elements/0"),
        ({"type": "actions", "elements": [FEEDBACK]}, "/blocks/0/elements/0"),
        ({"type": "actions", "elements": [PRESS] * 26}, "/blocks/0"),
        ({"type": "actions", "elements": [PRESS, PRESS]}, "/blocks/0"),
        ({"type": "actions", "elements": [{"type": "knob"}]}, "/blocks/0/elements/0"),
        ({"type": "actions", "elements": [PRESS | {"text": plain("x" * 76)}]}, "/blocks/0"),
        ({"type": "actions", "elements": [PRESS | {"text": mrkdwn("x")}]}, "/elements/0/text"),
        ({"type": "actions", "elements": [PRESS | {"value": "v" * 2001}]}, "/blocks/0"),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}, "/rows"),
    ],
)
def test_blocks_outside_the_limits_are_refused(block: Body, pointer: str) -> None:
    with pytest.raises(Refused) as refused:
        check_message_blocks([block])
    assert refused.value.code == "invalid_blocks"
    assert f"{pointer}]" in refused.value.messages[0]


def test_fifty_blocks_are_taken_and_one_more_is_not() -> None:
    check_message_blocks([{"type": "divider"}] * 50)
    with pytest.raises(Refused, match="invalid_blocks"):
        check_message_blocks([{"type": "divider"}] * 51)


def test_blocks_that_are_too_long_together_are_refused() -> None:
    check_message_blocks([{"type": "section", "text": mrkdwn("x" * 3000)}] * 4)
    with pytest.raises(Refused, match="msg_blocks_too_long"):
        check_message_blocks([{"type": "section", "text": mrkdwn("x" * 3000)}] * 5)


def test_a_block_id_is_used_once() -> None:
    with pytest.raises(Refused) as refused:
        check_message_blocks([{"type": "divider", "block_id": "same"}] * 2)
    assert "`same` already exists" in refused.value.messages[0]


def test_the_client_reads_where_the_blocks_are_wrong(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=[{"type": "section"}])
    assert error.value.response["error"] == "invalid_blocks"
    [message] = error.value.response["response_metadata"]["messages"]
    assert message.startswith("[ERROR] ")
    assert "[json-pointer:/blocks/0]" in message


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("x" * 25)},
        {"title": "words"},
        {"title": None},
        {"submit": None},
        {"submit": plain("x" * 25)},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"blocks": [{"type": "context_actions", "elements": [FEEDBACK]}]},
        {"blocks": []},
        {"blocks": "none"},
        {"type": "home"},
        {"type": "page"},
        {"id": "V123"},
    ],
)
def test_a_modal_outside_the_limits_is_refused(modal: Callable[..., Body], change: Body) -> None:
    with pytest.raises(Refused, match="invalid_arguments"):
        check_view(modal(**change), ("modal",))


def test_a_modal_with_all_kinds_of_inputs_is_taken(modal: Callable[..., Body]) -> None:
    choices = {"options": [OPTION], "action_id": "a"}
    kinds = ("radio_buttons", "checkboxes", "static_select", "multi_static_select")
    inputs = [
        {"type": "input", "label": plain("?"), "element": {"type": kind} | choices}
        for kind in kinds
    ]
    check_view(modal(blocks=inputs), ("modal",))


def test_a_home_tab_has_no_submit_button() -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    check_view(home, ("home",))
    with pytest.raises(Refused, match="invalid_arguments"):
        check_view(home | {"submit": plain("Send")}, ("home",))
