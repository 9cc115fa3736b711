"""The demo on a free port, and people who look at it in headless Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.demo import Demo, open_demo
from bot.workspace.orbit_desk import PEOPLE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 60_000
NAMES = {person.id: person.real_name for person in PEOPLE}

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None and os.environ.get("LOREBOT_REQUIRE_BROWSER") == "1":
        pytest.fail("There is no Chromium here, and LOREBOT_REQUIRE_BROWSER=1 asks for one.")
    if path is None:
        pytest.skip("There is no Chromium here; install it to run the browser tests.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def demo(
    browser: Browser, sample_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Ends with its file: Hypothesis, say, minds that a bot's threads draw random numbers."""
    # The browser is asked for first: without one, nothing is started in vain.
    assert browser.is_connected()
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(sample_home, home)
    with open_demo(home, None, 0) as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, demo: Demo) -> Iterator[Visit]:
    """`visit("U0ADAMORENO")` opens the workspace as that person, with a clean browser profile.

    At the end, whatever a page has complained about fails the test.
    """
    contexts, complaints = [], []

    def open_as(user: str, **options: str) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(f"sessionStorage.setItem('lorebot.person', '{user}')")
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(f"{demo.workspace.url}/#C0ASKLORE00")
        expect(page.get_by_label(f"You act as {NAMES[user]}")).to_be_visible()
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert complaints == []
