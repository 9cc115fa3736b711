"""The pictures of /lore report are seen in the channel."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.demo import Demo
from db import feedback, interactions
from db.interactions import InteractionRecord

from .conftest import Visit

# Several steps, for each of which a slow machine may take its minute.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ADA = "U0ADAMORENO"
ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())


def test_a_report_is_a_picture_that_is_described(demo: Demo, visit: Visit) -> None:
    database = demo.lorebot.database
    feedback.rate(database, interactions.record(database, ASKED), "U1", 1)
    ada = visit(ADA)
    ada.get_by_test_id("composer").fill("/lore report")
    ada.get_by_test_id("send").click()
    picture = ada.get_by_role("img", name="were thumbs-up").last
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1400)
