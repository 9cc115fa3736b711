"""What people see of the loop stays within what Slack takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.learning_views import (
    cycle_message,
    cycles_message,
    now_live_message,
    outcome_message,
    promote_question,
    releases_message,
    rollback_question,
    step_message,
    step_name,
)
from bot.views import Message
from bot.workspace.blocks_check import check_message_blocks
from db.cycles import CycleRecord
from db.registry import ReleaseRecord
from finetune.request import CycleDetail
from finetune.runs import Step

TIME = dt.datetime(2026, 1, 31, 3, 30, tzinfo=dt.UTC)
CYCLE = CycleRecord(
    id=4,
    strategy="staged",
    status="held",
    step="gate",
    dry_run=False,
    requested_by="U0ADAMORENO",
    surface="slack",
    started_at=TIME,
    finished_at=TIME,
    collected_until=TIME,
    champion_id=1,
    candidate_id=7,
    progress=None,
    report={},
    reason="recall@5 fell <0.81 → 0.77> on the holdout.",
)
RELEASE = ReleaseRecord(
    id=7,
    status="live",
    embedding_model="MiniLM",
    generator="quotes",
    prompt_version="1",
    retriever_adapter="retriever-4",
    generator_adapter=None,
    index_version=3,
    parent_id=1,
    note="Made by cycle 4.",
    created_at=TIME,
    promoted_at=TIME,
)


def checked(message: Message) -> str:
    """All that is shown, once Slack would take it."""
    check_message_blocks(list(message.blocks))
    return str(message.blocks)


def test_a_step_shows_how_far_it_is_and_what_else_there_is_to_say() -> None:
    shown = step_message(Step("train: generator", 5, 20, "loss <0.41>")).text
    assert shown.startswith("*Training: generator*\n▰▰▰▰▰▱")
    assert shown.endswith("5 of 20 · loss &lt;0.41&gt;")


def test_an_unknown_step_has_a_name_too() -> None:
    assert step_name("warm_up") == "Warm_up"


def test_a_cycle_that_was_held_back_names_its_release() -> None:
    shown = checked(outcome_message(CYCLE))
    assert "recall@5 fell &lt;0.81 → 0.77&gt;" in shown
    assert "release 7" in shown


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("running", "🔄 is running"),
        ("promoted", "✅ promoted"),
        ("held", "⏸️ held back"),
        ("refused", "✋ refused"),
        ("tried", "🧪 tried"),
        ("cancelled", "⏹️ cancelled"),
        ("failed", "⚠️ failed"),
        ("of_another_version", "of_another_version"),
    ],
)
def test_every_outcome_has_words(status: str, words: str) -> None:
    assert f"*Cycle 4* {words}" in outcome_message(replace(CYCLE, status=status)).text


def test_a_dry_run_says_so() -> None:
    assert "(dry run)" in cycles_message([replace(CYCLE, dry_run=True)]).text


def test_many_cycles_with_long_reasons_fit_into_a_message() -> None:
    many = [replace(CYCLE, id=n, reason="because " * 500) for n in range(20)]
    assert "*19*" in checked(cycles_message(many))


def test_a_cycle_shows_what_it_found_and_what_decided() -> None:
    figures = {"recall@5": {"mean": 0.123456, "high": 1}, "per question": [1, 2]}
    shown = checked(cycle_message(CycleDetail(CYCLE, {"no_document": 1, "misread": 2}, figures)))
    assert "2 misread, 1 no document" in shown
    assert "recall@5.mean: 0.123" in shown
    assert "per question" not in shown


def test_a_cycle_names_the_pages_that_are_missing() -> None:
    gap = {"question": "Who has the <key>? " * 50, "asked": 1200, "people": 1, "draft": "# Key"}
    record = replace(CYCLE, report={"gaps": [gap] * 40})
    shown = checked(cycle_message(CycleDetail(record)))
    assert shown.count("(asked 1,200 times by 1 person)") == 5
    assert "&lt;key&gt;" in shown


def test_a_great_many_figures_fit_into_a_message() -> None:
    figures: dict[str, Any] = {f"a figure with a long name {n}": "x" * 500 for n in range(200)}
    checked(cycle_message(CycleDetail(CYCLE, {}, figures)))


def test_releases_say_what_they_learnt_and_where_from() -> None:
    both = replace(RELEASE, id=8, generator_adapter="generator-5", note="<!here> " * 300)
    plain = replace(RELEASE, id=1, retriever_adapter=None, parent_id=None, status="retired")
    shown = checked(releases_message([both, RELEASE, plain] * 6))
    assert "🟢 *8* live" in shown
    assert "learnt: retriever and generator · made from 1" in shown
    assert "learnt: nothing" in shown
    assert "<!here>" not in shown


@pytest.mark.parametrize("message", [cycles_message([]), releases_message([])])
def test_where_there_is_nothing_it_says_what_to_do(message: Message) -> None:
    assert ":" in checked(message)


def test_the_questions_before_going_live_ask_once_more() -> None:
    for_promotion, for_rollback = promote_question(RELEASE), rollback_question(RELEASE)
    assert "'confirm'" in checked(for_promotion)
    assert "Shall release 1 answer again" in for_rollback.text
    assert "'confirm'" in checked(for_rollback)
    assert "release 7 answers" in checked(now_live_message(RELEASE, "Promoted"))
