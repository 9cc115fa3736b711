"""Buttons, modals, commands and shortcuts, through a real Bolt app over a real websocket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.workspace import Denied, Workspace

from .conftest import in_a_hurry

Body = dict[str, Any]
FEEDBACK = {
    "type": "context_actions",
    "block_id": "fb:1",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "rate",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
        }
    ],
}


@pytest.fixture
def answer_ts(client: WebClient) -> str:
    """An answer of the bot that can be rated."""
    posted = client.chat_postMessage(channel="C0ASKLORE00", text="20 %", blocks=[FEEDBACK])
    return str(posted["ts"])


@pytest.fixture
def clicks(bots: Any) -> list[Body]:
    """The bodies of every click, of a bot that acknowledges and does no more."""
    bodies: list[Body] = []
    app = bots.new_app()

    @app.action({"block_id": "fb:1"})
    def rate(ack: Callable[[], None], body: Body) -> None:
        bodies.append(body)
        ack()

    bots.connect(app)
    return bodies


@pytest.fixture
def submissions(bots: Any, modal: Callable[..., Body]) -> list[Body]:
    """The submitted views, of a bot that opens a modal at each 👎 and acknowledges `replies`."""
    bodies: list[Body] = []
    app = bots.new_app()

    @app.action("rate")
    def rate(ack: Callable[[], None], body: Body, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("why")
    def why(ack: Callable[..., None], body: Body) -> None:
        bodies.append(body)
        said = body["view"]["state"]["values"]["reason"]["text"]["value"]
        replies = {
            "too short": {"response_action": "errors", "errors": {"reason": "Say more."}},
            "more": {"response_action": "update", "view": modal(callback_id="again")},
            "deeper": {"response_action": "push", "view": modal(callback_id="second")},
            "enough": {"response_action": "clear"},
            "broken": {"response_action": "update", "view": {"type": "modal"}},
        }
        ack(**replies.get(said, {}))

    @app.view("second")
    def second(ack: Callable[..., None]) -> None:
        ack(response_action="clear")

    bots.connect(app)
    return bodies


@pytest.fixture
def dialog(workspace: Workspace, submissions: list[Body], answer_ts: str) -> str:
    """A modal open for Ada; its id."""
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    [view] = workspace.wait_for(lambda: workspace.views("ada"))
    return view.id


def test_a_click_on_feedback_has_slacks_shape(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    [body] = clicks
    assert body["type"] == "block_actions"
    assert body["user"]["id"] == "U0ADAMORENO"
    assert body["channel"] == {"id": "C0ASKLORE00", "name": "ask-lore"}
    assert body["container"]["message_ts"] == body["message"]["ts"] == answer_ts
    [action] = body["actions"]
    assert (action["type"], action["action_id"], action["block_id"], action["value"]) == (
        "feedback_buttons",
        "rate",
        "fb:1",
        "down",
    )
    assert action["text"]["text"] == "Bad"
    assert body["response_url"].startswith(f"{workspace.url}/response/")


def test_the_same_button_can_be_clicked_again(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    assert len(clicks) == 2


def test_a_click_in_a_thread_names_the_thread(
    workspace: Workspace, clicks: list[Body], client: WebClient
) -> None:
    root = workspace.post("ada", "#ask-lore", "question")
    reply = client.chat_postMessage(
        channel="C0ASKLORE00", text="x", blocks=[FEEDBACK], thread_ts=root
    )
    workspace.click("ada", "#ask-lore", reply["ts"], "rate", "positive")
    assert clicks[0]["container"]["thread_ts"] == root
    assert clicks[0]["message"]["thread_ts"] == root


def test_a_made_up_choice_never_reaches_the_bot(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    with pytest.raises(Denied, match="not offered"):
        workspace.click("ada", "#ask-lore", answer_ts, "rate", "sideways")
    with pytest.raises(Denied, match="no longer there"):
        workspace.click("ada", "#ask-lore", answer_ts, "delete_everything")
    assert clicks == []


def test_a_person_cannot_click_where_they_are_not(
    workspace: Workspace, clicks: list[Body], client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0CURATORS0", text="x", blocks=[FEEDBACK])["ts"]
    with pytest.raises(Denied, match="not in this channel"):
        workspace.click("jonas", "#curators", ts, "rate", "negative")
    assert clicks == []


def test_a_button_without_a_bot_says_so(workspace: Workspace, answer_ts: str) -> None:
    with pytest.raises(Denied, match="Lorebot is not connected"):
        workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")


@in_a_hurry
def test_a_click_that_nobody_acknowledges_times_out(
    workspace: Workspace, bots: Any, answer_ts: str
) -> None:
    bots.connect(bots.new_app())
    with pytest.raises(Denied, match="operation_timeout"):
        workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")


def test_a_used_or_unknown_trigger_opens_nothing(
    workspace: Workspace,
    clicks: list[Body],
    answer_ts: str,
    client: WebClient,
    modal: Callable[..., Body],
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    used = clicks[0]["trigger_id"]
    client.views_open(trigger_id=used, view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=used, view=modal())
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        client.views_open(trigger_id="1.2.abc", view=modal())


@in_a_hurry
def test_a_late_trigger_opens_nothing(
    workspace: Workspace,
    clicks: list[Body],
    answer_ts: str,
    client: WebClient,
    modal: Callable[..., Body],
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    time.sleep(0.5)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=clicks[0]["trigger_id"], view=modal())


def test_a_modal_is_filled_in_and_sent(
    workspace: Workspace, dialog: str, submissions: list[Body]
) -> None:
    done = workspace.submit("ada", {"reason": "out of date"})
    assert done.closed
    assert workspace.views("ada") == []
    [body] = submissions
    assert body["type"] == "view_submission"
    assert body["view"]["id"] == dialog
    assert body["view"]["state"]["values"] == {
        "reason": {"text": {"type": "plain_text_input", "value": "out of date"}}
    }


def test_a_required_input_is_asked_for_before_the_bot_hears_of_it(
    workspace: Workspace, dialog: str, submissions: list[Body]
) -> None:
    done = workspace.submit("ada", {"reason": ""})
    assert done.errors == {"reason": "Please complete this required field."}
    assert submissions == []


def test_the_bot_can_find_fault_with_an_input(workspace: Workspace, dialog: str) -> None:
    done = workspace.submit("ada", {"reason": "too short"})
    assert (done.closed, done.errors) == (False, {"reason": "Say more."})
    assert [view.id for view in workspace.views("ada")] == [dialog]


def test_a_modal_can_turn_into_another(workspace: Workspace, dialog: str) -> None:
    assert not workspace.submit("ada", {"reason": "more"}).closed
    [view] = workspace.views("ada")
    assert (view.id, view.body["callback_id"]) == (dialog, "again")


def test_a_modal_can_be_pushed_on_top_and_all_be_cleared(workspace: Workspace, dialog: str) -> None:
    workspace.submit("ada", {"reason": "deeper"})
    below, top = workspace.views("ada")
    assert (below.id, top.previous_id, top.root_id) == (dialog, dialog, dialog)
    assert workspace.submit("ada", {"reason": "bye"}).closed
    assert workspace.views("ada") == []


def test_closing_the_upper_modal_leaves_the_lower(workspace: Workspace, dialog: str) -> None:
    workspace.submit("ada", {"reason": "deeper"})
    workspace.close_view("ada")
    assert [view.id for view in workspace.views("ada")] == [dialog]


def test_a_view_that_slack_refuses_keeps_the_modal_open(workspace: Workspace, dialog: str) -> None:
    with pytest.raises(Denied, match="Slack refuses: invalid_arguments"):
        workspace.submit("ada", {"reason": "broken"})
    assert [view.id for view in workspace.views("ada")] == [dialog]


def test_a_modal_belongs_to_one_person(workspace: Workspace, dialog: str) -> None:
    with pytest.raises(Denied, match="No dialog is open"):
        workspace.submit("noor", {"reason": "x"}, view_id=dialog)


def test_a_closed_modal_is_told_when_the_bot_wants_to_know(
    workspace: Workspace, bots: Any, answer_ts: str, modal: Callable[..., Body]
) -> None:
    closed: list[Body] = []
    app = bots.new_app()

    @app.action("rate")
    def rate(ack: Callable[[], None], body: Body, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(notify_on_close=True))
        ack()

    @app.view_closed("why")
    def gone(ack: Callable[[], None], body: Body) -> None:
        closed.append(body)
        ack()

    bots.connect(app)
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative")
    workspace.close_view("ada")
    assert [body["view"]["callback_id"] for body in closed] == ["why"]


def test_a_view_is_updated_only_with_its_present_hash(
    workspace: Workspace, dialog: str, client: WebClient, modal: Callable[..., Body]
) -> None:
    [view] = workspace.views("ada")
    client.views_update(view_id=dialog, view=modal(callback_id="new"), hash=view.hash)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=dialog, view=modal(callback_id="newer"), hash=view.hash)
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(view_id="V404", view=modal())


def test_no_more_than_three_modals_are_stacked(
    workspace: Workspace, clicks: list[Body], answer_ts: str, client: WebClient, modal: Any
) -> None:
    [workspace.click("ada", "#ask-lore", answer_ts, "rate", "negative") for _ in range(4)]
    first, second, third, fourth = (body["trigger_id"] for body in clicks)
    client.views_open(trigger_id=first, view=modal())
    client.views_push(trigger_id=second, view=modal())
    client.views_push(trigger_id=third, view=modal())
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=fourth, view=modal())


def test_a_home_tab_is_published_for_one_person(
    workspace: Workspace, client: WebClient, section: Callable[[str], Body]
) -> None:
    home = {"type": "home", "blocks": [section("Welcome")]}
    published = client.views_publish(user_id="U0ADAMORENO", view=home)["view"]
    assert workspace.home("noor") is None
    client.views_publish(user_id="U0ADAMORENO", view=home, hash=published["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_publish(user_id="U0ADAMORENO", view=home, hash=published["hash"])


def test_a_command_is_acknowledged_and_answered(workspace: Workspace, bots: Any) -> None:
    app = bots.new_app()

    @app.command("/lore")
    def lore(ack: Callable[..., None], respond: Callable[..., Any], command: Body) -> None:
        ack("On it")
        respond(text=f"{command['user_name']}: {command['text']}", response_type="in_channel")

    bots.connect(app)
    workspace.command("ada", "#ask-lore", "/lore", "status")
    workspace.wait_for(lambda: workspace.messages("#ask-lore"))
    assert [m.text for m in workspace.messages("#ask-lore")] == ["ada: status"]
    workspace.wait_for(lambda: len(workspace.messages("#ask-lore", user="ada")) == 2)
    assert "On it" in [m.text for m in workspace.messages("#ask-lore", user="ada")]


@in_a_hurry
def test_a_command_that_nobody_acknowledges_times_out(workspace: Workspace, bots: Any) -> None:
    bots.connect(bots.new_app())
    with pytest.raises(Denied, match="/lore failed with the error “operation_timeout”"):
        workspace.command("ada", "#ask-lore", "/lore", "status")


def test_an_unknown_command_is_no_command(workspace: Workspace) -> None:
    with pytest.raises(Denied, match="/dance is not a command here"):
        workspace.command("ada", "#ask-lore", "/dance")


def test_a_shortcut_sends_the_message_it_is_about(
    workspace: Workspace, bots: Any, answer_ts: str
) -> None:
    bodies: list[Body] = []
    app = bots.new_app()

    @app.shortcut("save_answer")
    def save(ack: Callable[[], None], body: Body) -> None:
        bodies.append(body)
        ack()

    bots.connect(app)
    workspace.shortcut("ada", "#ask-lore", answer_ts, "save_answer")
    [body] = bodies
    assert (body["type"], body["message_ts"]) == ("message_action", answer_ts)
    assert body["message"]["text"] == "20 %"


def test_a_response_url_posts_replaces_and_deletes(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "positive")
    webhook = WebhookClient(clicks[0]["response_url"])
    assert webhook.send(text="Thanks").body == '{"ok":true}'
    assert workspace.messages("#ask-lore", user="ada")[-1].text == "Thanks"
    webhook.send(text="21 %", replace_original=True)
    assert workspace.messages("#ask-lore")[0].text == "21 %"
    webhook.send(delete_original=True)
    assert workspace.messages("#ask-lore") == []


def test_a_response_url_works_five_times(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "positive")
    webhook = WebhookClient(clicks[0]["response_url"])
    answers = [webhook.send(text=f"no. {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body


def test_a_response_url_keeps_to_the_block_limits(
    workspace: Workspace, clicks: list[Body], answer_ts: str
) -> None:
    workspace.click("ada", "#ask-lore", answer_ts, "rate", "positive")
    answer = WebhookClient(clicks[0]["response_url"]).send(blocks=[{"type": "sektion"}])
    assert answer.status_code == 400
    assert "invalid_blocks" in answer.body


def test_a_button_can_be_for_some_people_only(
    workspace: Workspace, client: WebClient, button: Callable[..., Body], clicks: list[Body]
) -> None:
    blocks = [button("go", visible_to_user_ids=["U0NOORHADAD"]) | {"block_id": "fb:1"}]
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=blocks)["ts"]
    with pytest.raises(Denied, match="for others"):
        workspace.click("ada", "#ask-lore", ts, "go")
    workspace.click("noor", "#ask-lore", ts, "go")
    assert len(clicks) == 1
