"""chat.*: what the bot posts, changes and deletes is what people see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace import Workspace
from bot.workspace.orbit_desk import orbit_desk
from bot.workspace.page_objects import page_message

from .conftest import in_a_hurry

Body = dict[str, Any]


def test_a_posted_message_is_seen_in_the_channel(workspace: Workspace, client: WebClient) -> None:
    answer = client.chat_postMessage(channel="C0ASKLORE00", text="Good morning")
    [message] = workspace.messages("#ask-lore")
    assert (message.ts, message.text, message.user) == (
        answer["ts"],
        "Good morning",
        workspace.bot_user,
    )


def test_the_answer_to_a_post_has_slacks_shape(client: WebClient) -> None:
    answer = client.chat_postMessage(channel="C0ASKLORE00", text="Hello")
    assert answer["channel"] == "C0ASKLORE00"
    assert answer["message"]["bot_id"] == "B0LOREBOT00"
    assert answer["message"]["app_id"] == "A0LOREBOT00"
    assert answer["message"]["type"] == "message"


def test_timestamps_are_unique_and_increase(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel="C0ASKLORE00", text="x")["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


def test_a_message_to_a_person_arrives_in_the_direct_conversation(
    workspace: Workspace, client: WebClient
) -> None:
    answer = client.chat_postMessage(channel="U0ADAMORENO", text="Psst")
    assert answer["channel"] == "D0ADAMORENO"
    assert [m.text for m in workspace.messages("@lorebot", user="ada")] == ["Psst"]


def test_a_reply_belongs_to_its_thread(workspace: Workspace, client: WebClient) -> None:
    root = workspace.post("ada", "#ask-lore", "Who was first?")
    client.chat_postMessage(channel="C0ASKLORE00", text="Gagarin", thread_ts=root)
    assert [m.text for m in workspace.messages("#ask-lore", root)] == ["Gagarin"]
    assert len(workspace.messages("#ask-lore")) == 1


def test_a_reply_to_a_reply_is_refused(workspace: Workspace, client: WebClient) -> None:
    root = workspace.post("ada", "#ask-lore", "Who was first?")
    reply = workspace.post("noor", "#ask-lore", "Anyone?", root)
    with pytest.raises(SlackApiError, match="cannot_reply_to_message"):
        client.chat_postMessage(channel="C0ASKLORE00", text="Gagarin", thread_ts=reply)


def test_the_same_client_msg_id_posts_once(workspace: Workspace, client: WebClient) -> None:
    first = client.chat_postMessage(channel="C0ASKLORE00", text="once", client_msg_id="id-1")
    again = client.chat_postMessage(channel="C0ASKLORE00", text="once", client_msg_id="id-1")
    assert first["ts"] == again["ts"]
    assert len(workspace.messages("#ask-lore")) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": "C0ASKLORE00"}, "no_text"),
        ({"channel": "C0ASKLORE00", "text": "   "}, "no_text"),
        ({"channel": "C0ASKLORE00", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0ASKLORE00", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C0ASKLORE00", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C0ASKLORE00", "text": "x", "thread_ts": "1.1"}, "cannot_reply_to_message"),
        ({"channel": "C0ASKLORE00", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "C0ASKLORE00", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ({"text": "x"}, "invalid_arguments"),
    ],
)
def test_a_message_that_slack_refuses_is_refused(
    client: WebClient, arguments: Body, error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        client.api_call("chat.postMessage", json=arguments)


def test_the_bot_cannot_post_where_it_is_not_a_member(
    workspace: Workspace, client: WebClient
) -> None:
    public = workspace.add_channel("loading-dock", ("ada",), bot=False)
    private = workspace.add_channel("board", ("ada",), private=True, bot=False)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.chat_postMessage(channel=public, text="x")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel=private, text="x")


def test_an_update_replaces_the_text_and_marks_it_as_edited(
    workspace: Workspace, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="10 %")["ts"]
    client.chat_update(channel="C0ASKLORE00", ts=ts, text="20 %")
    [message] = workspace.messages("#ask-lore")
    assert message.text == "20 %"
    assert message.edited_ts is not None


def test_an_update_with_text_alone_removes_the_blocks(
    workspace: Workspace, client: WebClient, section: Callable[[str], Body]
) -> None:
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="a", blocks=[section("a")])["ts"]
    client.chat_update(channel="C0ASKLORE00", ts=ts, text="b")
    assert workspace.messages("#ask-lore")[0].blocks == []


def test_an_update_with_blocks_is_not_marked_as_edited(
    workspace: Workspace, client: WebClient, section: Callable[[str], Body]
) -> None:
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="a")["ts"]
    client.chat_update(channel="C0ASKLORE00", ts=ts, text="b", blocks=[section("b")])
    assert workspace.messages("#ask-lore")[0].edited_ts is None


def test_an_update_takes_shorter_text_than_a_post(client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x" * 4_001)["ts"]
    with pytest.raises(SlackApiError, match="msg_too_long"):
        client.chat_update(channel="C0ASKLORE00", ts=ts, text="x" * 4_001)


def test_the_bot_cannot_change_or_delete_what_a_person_wrote(
    workspace: Workspace, client: WebClient
) -> None:
    ts = workspace.post("ada", "#ask-lore", "mine")
    with pytest.raises(SlackApiError, match="cant_update_message"):
        client.chat_update(channel="C0ASKLORE00", ts=ts, text="yours")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        client.chat_delete(channel="C0ASKLORE00", ts=ts)


def test_a_deleted_message_is_gone(workspace: Workspace, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="oops")["ts"]
    client.chat_delete(channel="C0ASKLORE00", ts=ts)
    assert workspace.messages("#ask-lore") == []
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel="C0ASKLORE00", ts=ts, text="x")


def test_an_ephemeral_message_is_for_one_person(workspace: Workspace, client: WebClient) -> None:
    client.chat_postEphemeral(channel="C0ASKLORE00", user="U0ADAMORENO", text="Thanks")
    assert [m.text for m in workspace.messages("#ask-lore", user="ada")] == ["Thanks"]
    assert workspace.messages("#ask-lore", user="noor") == []


def test_an_ephemeral_message_cannot_be_updated_or_read_back(client: WebClient) -> None:
    answer = client.chat_postEphemeral(channel="C0ASKLORE00", user="U0ADAMORENO", text="Thanks")
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel="C0ASKLORE00", ts=answer["message_ts"], text="x")
    assert client.conversations_history(channel="C0ASKLORE00")["messages"] == []


def test_an_ephemeral_message_needs_its_reader_in_the_channel(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="user_not_in_channel"):
        client.chat_postEphemeral(channel="C0CURATORS0", user="U0JONASBERG", text="x")


def test_markdown_text_becomes_a_markdown_block(workspace: Workspace, client: WebClient) -> None:
    client.chat_postMessage(channel="C0ASKLORE00", markdown_text="**bold**")
    [block] = workspace.messages("#ask-lore")[0].blocks
    assert (block["type"], block["text"]) == ("markdown", "**bold**")


def test_blocks_and_elements_without_ids_get_them(
    workspace: Workspace, client: WebClient, section: Callable[[str], Body]
) -> None:
    press = {"type": "button", "text": {"type": "plain_text", "text": "Press"}}
    client.chat_postMessage(
        channel="C0ASKLORE00", text="x", blocks=[section("x") | {"accessory": press}]
    )
    [block] = workspace.messages("#ask-lore")[0].blocks
    assert block["block_id"]
    assert block["accessory"]["action_id"]


def test_a_permalink_of_a_reply_names_its_thread(workspace: Workspace, client: WebClient) -> None:
    root = workspace.post("ada", "#ask-lore", "Who?")
    reply = workspace.post("noor", "#ask-lore", "Me", root)
    link = client.chat_getPermalink(channel="C0ASKLORE00", message_ts=reply)["permalink"]
    digits = reply.replace(".", "")
    expected = f"{workspace.url}/archives/C0ASKLORE00/p{digits}?thread_ts={root}&cid=C0ASKLORE00"
    assert link == expected


def test_reactions_are_added_once_and_removed(workspace: Workspace, client: WebClient) -> None:
    ts = workspace.post("ada", "#ask-lore", "Hooray")
    client.reactions_add(channel="C0ASKLORE00", timestamp=ts, name="tada")
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel="C0ASKLORE00", timestamp=ts, name="tada")
    assert workspace.messages("#ask-lore")[0].reactions[0].users == (workspace.bot_user,)
    client.reactions_remove(channel="C0ASKLORE00", timestamp=ts, name="tada")
    with pytest.raises(SlackApiError, match="no_reaction"):
        client.reactions_remove(channel="C0ASKLORE00", timestamp=ts, name="tada")


def test_an_unknown_emoji_is_no_reaction(workspace: Workspace, client: WebClient) -> None:
    ts = workspace.post("ada", "#ask-lore", "Hooray")
    with pytest.raises(SlackApiError, match="invalid_name"):
        client.reactions_add(channel="C0ASKLORE00", timestamp=ts, name="no_such_thing")


def test_an_uploaded_file_is_shared_and_can_be_fetched(
    workspace: Workspace, client: WebClient, ask: Callable[..., Any]
) -> None:
    client.files_upload_v2(
        channel="C0ASKLORE00", content="all the rest", filename="answer.txt", title="Answer"
    )
    [message] = workspace.messages("#ask-lore")
    [file] = message.files
    assert (file.name, file.title, file.mimetype) == ("answer.txt", "Answer", "text/plain")
    assert ask(f"/files/{file.id}").text == "all the rest"


def test_uploaded_pictures_are_shown_with_what_they_show(
    workspace: Workspace, client: WebClient, ask: Callable[..., Any]
) -> None:
    pictures = [
        {
            "filename": "a.png",
            "content": b"one",
            "title": "A",
            "alt_txt": "A line that rises",
        },
        {"filename": "b.png", "content": b"two", "title": "B"},
    ]
    client.files_upload_v2(channel="C0ASKLORE00", file_uploads=pictures, initial_comment="*Look*")
    [message] = workspace.messages("#ask-lore")
    shown = page_message(orbit_desk(), message)
    assert shown["html"] == "<strong>Look</strong>"
    assert [file["description"] for file in shown["files"]] == ["A line that rises", "B"]
    answer = ask(shown["files"][0]["url"])
    assert answer.text == "one"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"


def test_an_uploaded_web_page_is_not_opened_as_one(
    workspace: Workspace, client: WebClient, ask: Callable[..., Any]
) -> None:
    client.files_upload_v2(channel="C0ASKLORE00", content="<script>1</script>", filename="x.html")
    answer = ask(f"/files/{workspace.messages('#ask-lore')[0].files[0].id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


def test_a_status_is_shown_until_the_bot_answers(workspace: Workspace, client: WebClient) -> None:
    root = workspace.post("ada", "#ask-lore", "Who?")
    client.assistant_threads_setStatus(
        channel_id="C0ASKLORE00", thread_ts=root, status="is reading…"
    )
    assert workspace.status("#ask-lore", root) == "is reading…"
    client.chat_postMessage(channel="C0ASKLORE00", text="Gagarin", thread_ts=root)
    assert workspace.status("#ask-lore", root) == ""


@in_a_hurry
def test_a_status_goes_away_by_itself(workspace: Workspace, client: WebClient) -> None:
    root = workspace.post("ada", "#ask-lore", "Who?")
    client.assistant_threads_setStatus(channel_id="C0ASKLORE00", thread_ts=root, status="reads")
    assert workspace.wait_for(lambda: workspace.status("#ask-lore", root) == "")


def test_prompts_are_suggested_in_the_direct_conversation(
    workspace: Workspace, client: WebClient
) -> None:
    prompts = [{"title": "Mars", "message": "Why is Mars red?"}]
    client.assistant_threads_setSuggestedPrompts(channel_id="D0ADAMORENO", prompts=prompts)
    assert workspace.prompts("ada") == prompts
    assert workspace.prompts("noor") == []
