"""An answer is read while it is written, and can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace.facade import Workspace
from bot.workspace.server import open_workspace

from .conftest import PATIENCE_MS

# Several steps, for each of which a slow machine may take its minute.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NOOR, CHANNEL = "U0NOORHADAD", "C0ASKLORE00"
TO_NOOR = {"recipient_team_id": "T0ORBITDESK", "recipient_user_id": NOOR}


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace(0) as opened:
        yield opened


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def question(workspace: Workspace) -> str:
    return workspace.post("noor", "#ask-lore", "When did Apollo 11 land?")


@pytest.fixture
def page(browser: Browser, workspace: Workspace, question: str) -> Iterator[Page]:
    with closing(browser.new_context()) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(f"sessionStorage.setItem('lorebot.person', '{NOOR}')")
        opened = context.new_page()
        opened.goto(f"{workspace.url}/#{CHANNEL}/{question}")
        expect(opened.get_by_test_id("thread-list")).to_contain_text("When did Apollo 11 land?")
        yield opened


def test_an_answer_grows_before_the_readers_eyes(
    page: Page, client: WebClient, question: str
) -> None:
    client.assistant_threads_setStatus(
        channel_id=CHANNEL, thread_ts=question, status="is reading Apollo 11 › Landing…"
    )
    status = page.get_by_test_id("thread-list").get_by_test_id("status-line")
    expect(status).to_contain_text("Lorebot is reading Apollo 11 › Landing…")
    stream = client.chat_stream(channel=CHANNEL, thread_ts=question, buffer_size=1, **TO_NOOR)
    stream.append(markdown_text="It **land")
    answer = page.get_by_test_id("thread-list").get_by_test_id(f"message-{stream.ts}")
    expect(answer).to_contain_text("It")
    expect(status).to_have_count(0)
    expect(answer.get_by_role("button", name="Stop")).to_be_visible()
    stream.append(markdown_text="ed** in 1969.")
    expect(answer.locator("strong")).to_have_text("landed")
    stream.stop()
    expect(answer).to_contain_text("It landed in 1969.")
    expect(answer.get_by_role("button", name="Stop")).to_have_count(0)


def test_stop_ends_what_is_being_written(page: Page, client: WebClient, question: str) -> None:
    started = client.chat_startStream(
        channel=CHANNEL, thread_ts=question, markdown_text="It landed", **TO_NOOR
    )
    answer = page.get_by_test_id("thread-list").get_by_test_id(f"message-{started['ts']}")
    answer.get_by_role("button", name="Stop").click()
    expect(answer.get_by_role("button", name="Stop")).to_have_count(0)
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        client.chat_appendStream(channel=CHANNEL, ts=str(started["ts"]), markdown_text=" in")
