"""What the page asks, does and is told."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.sync.client import ClientConnection, connect

from bot.workspace import Workspace

Body = dict[str, Any]
Ask = Callable[..., Any]
ADA = {"user": "U0ADAMORENO", "channel": "C0ASKLORE00"}


@pytest.fixture
def page(workspace: Workspace) -> Iterator[ClientConnection]:
    """Ada's open page, which has been told that the bot is away."""
    url = workspace.url.replace("http", "ws", 1) + "/client/events?user=U0ADAMORENO"
    with connect(url) as connection:
        assert told(connection) == {"type": "connection", "connected": False}
        yield connection


def told(page: ClientConnection) -> Body:
    return dict(json.loads(page.recv(5)))


def test_the_page_starts_with_the_people_and_places_it_needs(ask: Ask) -> None:
    boot = ask("/client/boot?user=U0JONASBERG").json
    assert boot["me"]["real_name"] == "Jonas Berg"
    assert boot["me"]["initials"] == "JB"
    names = [channel["name"] for channel in boot["channels"]]
    assert names == ["general", "ask-lore", "exhibits", "Lorebot"]
    assert boot["channels"][-1]["user"] == boot["app"]["user"]
    assert boot["app"]["commands"][0]["command"] == "/lore"
    assert boot["connected"] is False
    assert len(boot["users"]) == 5


@pytest.mark.parametrize("query", ["", "?user=", "?user=U404", "?user=U0LOREBOT00"])
def test_a_page_that_knows_nobody_starts_as_the_first_person(ask: Ask, query: str) -> None:
    assert ask(f"/client/boot{query}").json["me"]["id"] == "U0ADAMORENO"


def test_nobody_acts_for_the_bot(workspace: Workspace, ask: Ask) -> None:
    forged = {"user": "U0LOREBOT00", "channel": "C0ASKLORE00", "text": "I am the bot"}
    assert ask("/client/post", forged).json["ok"] is False
    assert workspace.messages("#ask-lore") == []


def test_what_is_posted_is_in_the_history(ask: Ask) -> None:
    posted = ask("/client/post", ADA | {"text": "*why* <@U0LOREBOT00>?"}).json
    [message] = ask("/client/history?user=U0ADAMORENO&channel=C0ASKLORE00").json["messages"]
    assert message["ts"] == posted["ts"]
    assert message["html"] == (
        '<strong>why</strong> <span class="mention" data-user="U0LOREBOT00">@Lorebot</span>?'
    )
    assert message["blocks"] == []
    assert message["typed"] == "*why* <@U0LOREBOT00>?"
    assert (message["thread_ts"], message["bot"], message["edited"]) == (None, False, False)


def test_a_thread_is_read_with_its_root_first(ask: Ask) -> None:
    root = ask("/client/post", ADA | {"text": "root"}).json["ts"]
    ask("/client/post", ADA | {"text": "reply", "thread_ts": root})
    path = f"/client/replies?user=U0ADAMORENO&channel=C0ASKLORE00&thread_ts={root}"
    first, second = ask(path).json["messages"]
    assert (first["text"], first["reply_count"], first["thread_ts"]) == ("root", 1, None)
    assert first["latest_reply"] == second["ts"]
    assert (second["text"], second["thread_ts"]) == ("reply", root)


def test_a_private_channel_is_closed_to_others(ask: Ask) -> None:
    path = "/client/history?user=U0JONASBERG&channel=C0CURATORS0"
    assert ask(path).json == {"ok": False, "error": "You are not in this channel."}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": "   "}, "Write something first."),
        ({"text": "x" * 40_001}, "too long"),
        ({"text": None}, "Reload it."),
        ({"user": "U404"}, "no such person"),
        ({"channel": "C404"}, "not in this channel"),
        ({"thread_ts": "1.1"}, "not there any more"),
    ],
)
def test_a_post_that_cannot_be_is_refused_with_a_sentence(
    ask: Ask, change: Body, error: str
) -> None:
    answer = ask("/client/post", ADA | {"text": "x"} | change).json
    assert answer["ok"] is False
    assert error in answer["error"]


def test_people_edit_and_delete_their_own_messages_only(workspace: Workspace, ask: Ask) -> None:
    ts = workspace.post("noor", "#ask-lore", "mine")
    edit = ask("/client/edit", ADA | {"ts": ts, "text": "yours"}).json
    delete = ask("/client/delete", ADA | {"ts": ts}).json
    assert edit["ok"] is delete["ok"] is False
    assert workspace.messages("#ask-lore")[0].text == "mine"


def test_a_command_in_a_thread_is_refused_as_in_slack(workspace: Workspace, ask: Ask) -> None:
    root = workspace.post("ada", "#ask-lore", "root")
    command = ADA | {"command": "/lore", "text": "help", "thread_ts": root}
    answer = ask("/client/command", command).json
    assert answer["error"] == "/lore is not supported in threads. Sorry!"


def test_the_page_is_told_of_new_changed_and_deleted_messages(
    workspace: Workspace, page: ClientConnection
) -> None:
    root = workspace.post("noor", "#ask-lore", "one")
    workspace.edit("noor", "#ask-lore", root, "two")
    reply = workspace.post("noor", "#ask-lore", "three", root)
    workspace.delete("noor", "#ask-lore", reply)
    events = [told(page) for _ in range(6)]
    kinds = [event["type"] for event in events]
    assert kinds == [
        *("message", "message_changed", "message", "thread", "message_deleted", "thread")
    ]
    assert events[1]["message"]["html"] == "two"
    assert [events[3]["root"]["reply_count"], events[5]["root"]["reply_count"]] == [1, 0]
    assert (events[4]["ts"], events[4]["thread_ts"]) == (reply, root)


def test_the_page_is_told_only_what_its_person_may_see(
    workspace: Workspace, page: ClientConnection, client: WebClient
) -> None:
    workspace.add_channel("designers", ("noor", "mei"), private=True)
    workspace.post("noor", "#designers", "secret")
    client.chat_postEphemeral(channel="C0ASKLORE00", user="U0NOORHADAD", text="for Noor")
    client.chat_postEphemeral(channel="C0ASKLORE00", user="U0ADAMORENO", text="for Ada")
    event = told(page)
    assert event["message"]["text"] == "for Ada"
    assert event["message"]["ephemeral"] is True


def test_the_page_is_told_of_modals_status_and_prompts(
    workspace: Workspace, page: ClientConnection, client: WebClient
) -> None:
    root = workspace.post("ada", "#ask-lore", "why?")
    client.assistant_threads_setStatus(
        channel_id="C0ASKLORE00", thread_ts=root, status="is reading…"
    )
    client.assistant_threads_setSuggestedPrompts(
        channel_id="D0ADAMORENO", title="Try", prompts=[{"title": "T", "message": "M"}]
    )
    client.views_publish(
        user_id="U0ADAMORENO",
        view={"type": "home", "blocks": [{"type": "header", "text": plain("Hi :wave:")}]},
    )
    _, status, prompts, home = (told(page) for _ in range(4))
    assert (status["type"], status["text"], status["thread_ts"]) == ("status", "is reading…", root)
    assert prompts == {
        "type": "prompts",
        "channel": "D0ADAMORENO",
        "title": "Try",
        "prompts": [{"title": "T", "message": "M"}],
    }
    assert home["type"] == "home"
    assert "👋" in home["view"]["blocks"][0]["text"]["html"]


def plain(words: str) -> Body:
    return {"type": "plain_text", "text": words}


def test_the_page_is_told_when_the_bot_comes(page: ClientConnection, bots: Any) -> None:
    bots.connect(bots.new_app())
    assert told(page) == {"type": "connection", "connected": True}


def test_a_modal_goes_through_the_page(
    workspace: Workspace,
    page: ClientConnection,
    bots: Any,
    client: WebClient,
    ask: Ask,
    button: Any,
    modal: Any,
) -> None:
    app = bots.new_app()

    @app.action("why")
    def why(ack: Callable[[], None], body: Body) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("why")
    def sent(ack: Callable[[], None]) -> None:
        ack()

    bots.connect(app)
    blocks = [button("why") | {"block_id": "b"}]
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=blocks)["ts"]
    click = ADA | {"ts": ts, "block_id": "b", "action": {"type": "button", "action_id": "why"}}
    assert ask("/client/action", click | {"view_id": None}).json == {"ok": True}
    _connection, _message, shown = (told(page) for _ in range(3))
    view = shown["view"]
    assert view["title"]["html"] == "Why?"
    sheet = {"user": "U0ADAMORENO", "view_id": view["id"]}
    empty = ask("/client/view/submit", sheet | {"values": {"reason": {"text": {"value": ""}}}})
    assert empty.json == {
        "ok": True,
        "closed": False,
        "errors": {"reason": "Please complete this required field."},
    }
    values = {"reason": {"text": {"type": "plain_text_input", "value": "wrong"}}}
    assert ask("/client/view/submit", sheet | {"values": values}).json == {
        "ok": True,
        "closed": True,
    }
    assert told(page) == {"type": "view_closed", "view_id": view["id"]}


def test_a_reaction_goes_through_the_page(workspace: Workspace, ask: Ask) -> None:
    ts = workspace.post("noor", "#ask-lore", "hooray")
    react = ADA | {"ts": ts, "name": "tada"}
    assert ask("/client/react", react).json["ok"]
    assert ask("/client/react", react).json["error"] == "You chose this emoji already."
    assert ask("/client/react", react | {"remove": True}).json["ok"]
    assert workspace.messages("#ask-lore")[0].reactions == ()


def test_the_home_tab_is_fetched_as_it_was_published(ask: Ask, client: WebClient) -> None:
    assert ask("/client/home?user=U0ADAMORENO").json == {"ok": True, "view": None}
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    client.views_publish(user_id="U0ADAMORENO", view=view)
    home = ask("/client/home?user=U0ADAMORENO").json["view"]
    assert (home["type"], home["blocks"][0]["type"]) == ("home", "divider")


def test_a_permalink_leads_to_the_place_on_the_page(
    workspace: Workspace, client: WebClient
) -> None:
    ts = workspace.post("ada", "#ask-lore", "here")
    link = client.chat_getPermalink(channel="C0ASKLORE00", message_ts=ts)["permalink"]
    assert landing(link) == f"{workspace.url}/?channel=C0ASKLORE00&message={ts}"


def landing(url: str) -> str:
    """Where a browser that opens this address ends up."""
    with urllib.request.urlopen(url) as answer:
        return str(answer.url)


def test_nobody_reaches_a_message_that_only_another_sees(client: WebClient, ask: Ask) -> None:
    hidden = client.chat_postEphemeral(channel="C0ASKLORE00", user="U0NOORHADAD", text="for Noor")
    react = ADA | {"ts": hidden["message_ts"], "name": "eyes"}
    assert ask("/client/react", react).json["error"] == "This message is not there any more."


def test_nobody_sends_the_dialog_of_another(
    workspace: Workspace, bots: Any, client: WebClient, ask: Ask, button: Any, modal: Any
) -> None:
    app = bots.new_app()

    @app.action("why")
    def why(ack: Callable[[], None], body: Body) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal())
        ack()

    bots.connect(app)
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=[button("why")])["ts"]
    workspace.click("noor", "#ask-lore", ts, "why")
    [view] = workspace.views("noor")
    sheet = {"user": "U0ADAMORENO", "view_id": view.id, "values": {}}
    assert ask("/client/view/submit", sheet).json["error"] == "This dialog is closed already."
    assert ask("/client/view/close", sheet).json["ok"] is False
    assert len(workspace.views("noor")) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"selected_option": {"value": "sun"}},
        {"selected_option": "sun"},
        {"selected_option": {"value": ["mars"]}},
        {"selected_option": 5},
    ],
)
def test_only_what_a_menu_offers_can_be_chosen(client: WebClient, ask: Ask, forged: Body) -> None:
    option = {"text": plain("Mars"), "value": "mars"}
    menu = {"type": "static_select", "action_id": "planet", "options": [option]}
    blocks = [{"type": "actions", "block_id": "b", "elements": [menu]}]
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=blocks)["ts"]
    action = {"type": "static_select", "action_id": "planet"} | forged
    answer = ask("/client/action", ADA | {"ts": ts, "block_id": "b", "action": action}).json
    assert answer["error"] == "This choice is not offered any more. Reload the page."
