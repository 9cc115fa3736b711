"""HTTP mode: only what Slack has signed gets in, once, and it is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.testclient import TestClient

from bot.app import build_bolt, build_client
from bot.config import Settings
from bot.http import MAX_BYTES, Gate, build_http
from bot.lorebot import Lorebot
from bot.serve import RunningBot, open_http
from bot.workspace.facade import Workspace
from db import feedback, inbox, interactions

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T0ORBITDESK"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def settings_for_http(settings: Settings) -> Settings:
    slack = settings.slack.model_copy(
        update={"signing_secret": type(settings.slack.signing_secret)(SECRET), "mode": "http"}
    )
    return settings.model_copy(update={"slack": slack})


@pytest.fixture
def web(
    lorebot: Lorebot, settings_for_http: Settings, workspace: Workspace
) -> Iterator[TestClient]:
    in_http = replace(lorebot, settings=settings_for_http)
    app = build_bolt(in_http, build_client(workspace.bot_token, workspace.api_url))
    state = {"database": True}
    with TestClient(build_http(app, SECRET, lambda: state)) as client:
        client.state_shown = state
        yield client
    app.listener_runner.listener_executor.shutdown(wait=True)


def signature(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def now(later: int = 0) -> str:
    return str(int(time.time()) + later)


def send(web: TestClient, body: bytes, kind: str = "application/json", **headers: str) -> Any:
    timestamp = headers.pop("timestamp", now())
    signed = headers.pop("signature", signature(body, timestamp))
    names = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signed,
        "Content-Type": kind,
    }
    return web.post("/slack/events", content=body, headers=names)


def question(event_id: str = "Ev1") -> bytes:
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": "D1",
        "user": "U1",
        "ts": "1.000001",
        "text": "when was the Apollo landing?",
    }
    envelope = {"type": "event_callback", "team_id": TEAM, "event_id": event_id, "event": event}
    return json.dumps(envelope).encode()


def stored(lorebot: Lorebot) -> int:
    return inbox.count_unfinished(lorebot.database)


def test_a_signed_event_is_stored(web: TestClient, lorebot: Lorebot) -> None:
    assert send(web, question()).status_code == 200
    assert stored(lorebot) == 1


def test_slacks_challenge_is_answered(web: TestClient) -> None:
    answer = send(web, b'{"type": "url_verification", "challenge": "abc"}')
    assert answer.json() == {"challenge": "abc"}


@pytest.mark.parametrize(
    "headers",
    [
        {"signature": ""},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1=" + "0" * 64},
        {"timestamp": now(-30_000)},
        {"timestamp": now(+30_000)},
        {"timestamp": "soon"},
        {"timestamp": "9" * 5000},
        {"timestamp": "-1"},
        {"timestamp": ""},
        {"timestamp": "1700000000.5"},
    ],
)
def test_what_slack_did_not_sign_just_now_is_refused(
    web: TestClient, lorebot: Lorebot, headers: dict[str, str]
) -> None:
    assert send(web, question(), **headers).status_code == 401
    assert stored(lorebot) == 0


@pytest.mark.parametrize(
    "sign",
    [
        lambda at: signature(question(), at, "another secret"),
        lambda at: signature(question(), at).upper(),
        lambda at: signature(question("Ev2"), at),
        lambda at: signature(question(), str(int(at) - 1)),
    ],
    ids=["another secret", "upper case", "another event", "another second"],
)
def test_a_signature_that_is_not_of_this_request_is_refused(
    web: TestClient, lorebot: Lorebot, sign: Callable[[str], str]
) -> None:
    timestamp = now()
    assert send(web, question(), timestamp=timestamp, signature=sign(timestamp)).status_code == 401
    assert stored(lorebot) == 0


def test_a_signature_that_is_no_ascii_is_refused(web: TestClient) -> None:
    headers = {"X-Slack-Request-Timestamp": now(), "X-Slack-Signature": "v0=é".encode()}
    assert web.post("/slack/events", content=question(), headers=headers).status_code == 401


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe", b"null", b"", b"payload=%"])
def test_nothing_is_read_before_the_signature_is_checked(web: TestClient, body: bytes) -> None:
    assert send(web, body, signature="v0=" + "0" * 64).status_code == 401


@pytest.mark.parametrize(
    "body", [b"not json {", b"[1]", b"[" * 100_000, b"\xff\xfe", b"{", b'{"event": []}']
)
def test_what_is_signed_but_cannot_be_read_is_no_server_error(web: TestClient, body: bytes) -> None:
    assert send(web, body).status_code in (200, 400, 404)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=80))
def test_no_made_up_request_gets_in_or_breaks_anything(
    web: TestClient, body: bytes, timestamp: str, signed: str
) -> None:
    headers = {
        "X-Slack-Request-Timestamp": timestamp.encode("utf-8", "surrogatepass").strip(),
        "X-Slack-Signature": signed.encode("utf-8", "surrogatepass").strip(),
    }
    safe = {name: value.translate(None, b"\r\n\x00") for name, value in headers.items()}
    assert web.post("/slack/events", content=body, headers=safe).status_code == 401


def test_a_megabyte_is_enough(web: TestClient, lorebot: Lorebot) -> None:
    assert send(web, b"x" * (MAX_BYTES + 1)).status_code == 413
    assert send(web, b"x" * MAX_BYTES).status_code in (200, 400, 404)


def test_a_replayed_event_is_stored_once(web: TestClient, lorebot: Lorebot) -> None:
    answers = [send(web, question()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    later = send(web, question(), timestamp=now(60))
    assert (later.status_code, stored(lorebot)) == (200, 1)


def click(vote: str, interaction_id: str) -> bytes:
    action = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "block_id": "b",
        "value": f"{interaction_id}:{vote}",
    }
    body = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "U1"},
        "container": {},
        "actions": [action],
    }
    return urlencode({"payload": json.dumps(body)}).encode()


def test_a_replayed_click_does_not_change_a_later_vote(web: TestClient, lorebot: Lorebot) -> None:
    record = lorebot.desk.ask("Apollo landing?", surface="slack", team=TEAM, channel="C1")
    up, down = click("up", str(record.id)), click("down", str(record.id))
    # A replay is the same to the second that it was signed in.
    signed_at = now()
    for body in (up, down, up):
        assert send(web, body, FORM, timestamp=signed_at).status_code == 200
    assert feedback.vote_of(lorebot.database, str(record.id), "U1") == -1


def test_what_failed_may_come_again_signed_the_same(web: TestClient, lorebot: Lorebot) -> None:
    signed_at = now()
    rename(lorebot, "inbox", "inbox_away")
    assert send(web, question(), timestamp=signed_at).status_code == 500
    rename(lorebot, "inbox_away", "inbox")
    assert send(web, question(), timestamp=signed_at).status_code == 200
    assert stored(lorebot) == 1


def rename(lorebot: Lorebot, old: str, new: str) -> None:
    with lorebot.database.writing() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_the_log_holds_no_body(
    web: TestClient, caplog: pytest.LogCaptureFixture, lorebot: Lorebot
) -> None:
    caplog.set_level("DEBUG")
    rename(lorebot, "inbox", "inbox_away")
    send(web, question())
    send(web, question(), signature="v0=" + "0" * 64)
    send(web, b'{"type": "unheard_of", "text": "when was the Apollo landing?"}')
    assert caplog.records
    assert "Apollo" not in caplog.text


def test_health_needs_no_signature(web: TestClient) -> None:
    assert web.get("/healthz/live").status_code == 200
    assert web.get("/healthz/ready").json() == {"database": True}
    web.state_shown["database"] = False
    assert web.get("/healthz").status_code == 503
    assert web.get("/healthz/live").status_code == 200


def test_other_addresses_and_methods_are_not_there(web: TestClient) -> None:
    assert web.get("/slack/events").status_code == 405
    assert web.post("/").status_code == 404


@pytest.fixture
def served(
    lorebot: Lorebot, settings_for_http: Settings, workspace: Workspace
) -> Iterator[RunningBot]:
    slack = settings_for_http.slack.model_copy(update={"api_url": workspace.api_url, "port": 0})
    served_settings = settings_for_http.model_copy(update={"slack": slack})
    opened = open_http(replace(lorebot, settings=served_settings), bot_token=workspace.bot_token)
    yield opened
    opened.close()


def test_the_whole_conversation_works_over_http(
    served: RunningBot, workspace: Workspace, lorebot: Lorebot, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.use_http(served.address, SECRET)
    ts = workspace.post("noor", "#ask-lore", "@lorebot when was the Apollo landing?")
    [answer] = workspace.wait_for(lambda: workspace.messages("#ask-lore", ts))
    value = answer.blocks[-1]["elements"][0]["positive_button"]["value"]
    workspace.click("noor", "#ask-lore", answer.ts, "feedback", value)
    [record] = interactions.recent_of(lorebot.database, TEAM, "U0NOORHADAD", 5)
    assert feedback.vote_of(lorebot.database, str(record.id), "U0NOORHADAD") == 1


def test_a_request_is_signed_as_slack_signs_it() -> None:
    """The example of Slack's own documentation."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    gate = Gate(None, SECRET.encode(), clock=lambda: 1531420618)
    assert gate.is_signed(body, "1531420618", expected)
    assert not gate.is_signed(body + b"x", "1531420618", expected)


@pytest.mark.parametrize(("age", "fresh"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_holds_for_five_minutes(age: int, fresh: bool) -> None:
    gate = Gate(None, SECRET.encode(), clock=lambda: 1_700_000_000.0 + age)
    assert gate.is_signed(b"x", "1700000000", signature(b"x", "1700000000")) is fresh
