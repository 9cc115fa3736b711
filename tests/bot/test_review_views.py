"""The review stays within what Slack takes, whatever people have written."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.review_views import (
    ReviewPlace,
    approved,
    edit_form,
    edited,
    reason_given,
    reject_form,
    review_message,
)
from bot.workspace.blocks_check import check_message_blocks, check_view
from db.verified import WaitingCorrection
from finetune.review import Approval

ONE = WaitingCorrection(
    id=1,
    author="U0MEITANAKA",
    fault="out_of_date",
    right_answer="It was on 20 July 1969.",
    right_document=None,
    written_at=dt.datetime(2026, 1, 31, tzinfo=dt.UTC),
    question="When was the landing?",
    answer="In 1970. [1]",
    channel="C0ASKLORE00",
    asker="U0MEITANAKA",
    private=False,
)
PLACE = ReviewPlace(1, "C0ASKLORE00", "", "https://hooks.example/response/abc")
LONG = ["word " * 2000, "&" * 10_000, "<!channel>" * 1000, "中" * 10_000, "a" * 10_000]


@pytest.mark.parametrize("text", LONG)
def test_ten_long_corrections_fit_into_a_message(text: str) -> None:
    long = replace(ONE, question=text, answer=text, right_answer=text, right_document=text)
    message = review_message([replace(long, id=n) for n in range(1, 13)])
    check_message_blocks(list(message.blocks))
    assert "12 corrections wait" in message.text
    assert "more, once these are decided on" in str(message.blocks[-1])


def test_at_most_ten_are_shown() -> None:
    message = review_message([replace(ONE, id=n) for n in range(1, 13)])
    shown = [block["block_id"] for block in message.blocks if block["type"] == "actions"]
    assert shown == [f"lorebot_review:{n}" for n in range(1, 11)]
    assert "and 2 more" in str(message.blocks[-1])


@pytest.mark.parametrize("text", LONG)
def test_the_forms_take_whatever_people_have_written(text: str) -> None:
    long = replace(ONE, question=text, answer=text, right_answer=text, private=True)
    check_view(edit_form(PLACE, long), ("modal",))
    check_view(reject_form(PLACE, long), ("modal",))


def test_who_is_told_is_asked_only_of_what_was_private() -> None:
    assert "'block_id': 'scope'" not in str(edit_form(PLACE, ONE))
    assert "'block_id': 'scope'" in str(edit_form(PLACE, replace(ONE, private=None)))


def test_a_place_comes_back_as_it_was_packed() -> None:
    assert ReviewPlace.unpacked(PLACE.packed()) == PLACE


def test_what_is_given_is_read_from_the_form() -> None:
    values = {
        "right": {"value": {"value": " In 1969. "}},
        "role": {"value": {"value": None}},
        "scope": {"value": {"selected_option": {"value": "everywhere"}}},
        "reason": {"value": {"value": "No."}},
    }
    given = edited(values)
    assert (given.answer, given.role, given.channel) == ("In 1969.", "", "everywhere")
    assert reason_given(values) == "No."
    assert edited({}).channel is None


@pytest.mark.parametrize(
    ("scope", "told"),
    [(None, "question."), ("C0VAULT", "its channel alone."), ("U0MEI", "its asker alone.")],
)
def test_an_approval_says_who_is_told(scope: str | None, told: str) -> None:
    assert approved(1, Approval(2, scope)).endswith(told)


def test_an_approval_of_a_document_says_what_it_is_good_for() -> None:
    assert "which document is the right one" in approved(1, Approval(None))
