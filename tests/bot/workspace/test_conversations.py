"""conversations.*, users.*: what the bot can read about the team."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace import Workspace


def test_history_shows_roots_newest_first(workspace: Workspace, client: WebClient) -> None:
    first = workspace.post("ada", "#ask-lore", "first")
    workspace.post("noor", "#ask-lore", "a reply", first)
    workspace.post("ada", "#ask-lore", "second")
    messages = client.conversations_history(channel="C0ASKLORE00")["messages"]
    assert [m["text"] for m in messages] == ["second", "first"]
    assert messages[1]["reply_count"] == 1
    assert messages[1]["reply_users"] == ["U0NOORHADAD"]


def test_history_comes_in_pages(workspace: Workspace, client: WebClient) -> None:
    for number in range(5):
        workspace.post("ada", "#ask-lore", f"no. {number}")
    pages = client.conversations_history(channel="C0ASKLORE00", limit=2)
    assert [(len(page["messages"]), page["has_more"]) for page in pages] == [
        (2, True),
        (2, True),
        (1, False),
    ]


def test_history_keeps_to_the_times_asked_for(workspace: Workspace, client: WebClient) -> None:
    old, middle, new = (workspace.post("ada", "#ask-lore", word) for word in ("a", "b", "c"))
    between = client.conversations_history(channel="C0ASKLORE00", oldest=old, latest=new)
    assert [m["ts"] for m in between["messages"]] == [middle]
    all_three = client.conversations_history(
        channel="C0ASKLORE00", oldest=old, latest=new, inclusive=True
    )
    assert len(all_three["messages"]) == 3


def test_replies_start_with_the_root_whichever_message_is_named(
    workspace: Workspace, client: WebClient
) -> None:
    root = workspace.post("ada", "#ask-lore", "question")
    reply = workspace.post("noor", "#ask-lore", "answer", root)
    by_root = client.conversations_replies(channel="C0ASKLORE00", ts=root)["messages"]
    by_reply = client.conversations_replies(channel="C0ASKLORE00", ts=reply)["messages"]
    assert [m["text"] for m in by_root] == ["question", "answer"]
    assert by_root == by_reply
    assert by_root[1]["parent_user_id"] == "U0ADAMORENO"


def test_an_unknown_thread_is_not_found(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="thread_not_found"):
        client.conversations_replies(channel="C0ASKLORE00", ts="1.1")


def test_metadata_is_returned_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "answer", "event_payload": {"id": 7}}
    client.chat_postMessage(channel="C0ASKLORE00", text="x", metadata=metadata)
    [without] = client.conversations_history(channel="C0ASKLORE00")["messages"]
    [with_it] = client.conversations_history(channel="C0ASKLORE00", include_all_metadata=True)[
        "messages"
    ]
    assert "metadata" not in without
    assert with_it["metadata"] == metadata


def test_channels_the_bot_is_not_in_cannot_be_read(workspace: Workspace, client: WebClient) -> None:
    public = workspace.add_channel("loading-dock", ("ada",), bot=False)
    private = workspace.add_channel("board", ("ada",), private=True, bot=False)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.conversations_history(channel=public)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_info(channel=private)
    assert client.conversations_info(channel=public)["channel"]["is_member"] is False


def test_the_list_of_channels_keeps_to_the_types_asked_for(client: WebClient) -> None:
    public = client.conversations_list()["channels"]
    private = client.conversations_list(types="private_channel")["channels"]
    direct = client.conversations_list(types="im")["channels"]
    assert [c["name"] for c in public] == ["general", "ask-lore", "exhibits"]
    assert [c["name"] for c in private] == ["curators"]
    assert {c["user"] for c in direct} >= {"U0ADAMORENO", "U0JONASBERG"}


def test_a_made_up_cursor_is_refused(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_cursor"):
        client.conversations_list(cursor="made-up")


def test_the_direct_conversation_with_a_person_can_be_opened(client: WebClient) -> None:
    answer = client.conversations_open(users="U0MEITANAKA")
    assert answer["channel"]["id"] == "D0MEITANAKA"
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.conversations_open(users="U0NOBODY000")


def test_members_are_listed(workspace: Workspace, client: WebClient) -> None:
    members = client.conversations_members(channel="C0CURATORS0")["members"]
    assert set(members) == {"U0ADAMORENO", "U0NOORHADAD", workspace.bot_user}


def test_people_are_known_with_their_rights(client: WebClient) -> None:
    ada = client.users_info(user="U0ADAMORENO")["user"]
    assert (ada["real_name"], ada["is_admin"], ada["is_bot"]) == ("Ada Moreno", True, False)
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.users_info(user="U0NOBODY000")
    assert len(client.users_list()["members"]) == 5


def test_the_bot_is_known_by_its_bot_id(client: WebClient) -> None:
    assert client.bots_info(bot="B0LOREBOT00")["bot"]["name"] == "Lorebot"
    with pytest.raises(SlackApiError, match="bot_not_found"):
        client.bots_info(bot="B0NOBODY000")
