"""What admins can have done: only they, one reindex at a time, and everything audited."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from bot.claims import Patience
from bot.commands import Commands
from bot.errors import NotAllowed, Stopping, explain
from bot.lorebot import Lorebot
from bot.sources import audience_words
from bot.views import status_message
from db import audit, feedback, interactions, jobs, registry
from db.feedback import UnknownInteraction
from db.jobs import JobIsRunning
from knowledge.answers import NOT_REACHED
from knowledge.errors import KnowledgeUnusable
from knowledge.report import Progress
from knowledge.sources.settings import FolderSettings

ADMIN = "U0ADAMORENO"


@pytest.fixture
def commands(lorebot: Lorebot) -> Commands:
    return lorebot.commands


def outcomes(commands: Commands) -> list[str]:
    return [line.outcome for line in reversed(audit.latest(commands.database))]


def test_an_admin_is_allowed(commands: Commands) -> None:
    commands.authorise(ADMIN, "slack", "reindex")
    assert outcomes(commands) == ["allowed"]


@pytest.mark.parametrize("actor", ["U0MEITANAKA", "", "u0adamoreno", f"{ADMIN} ", f"{ADMIN},x"])
def test_nobody_else_is(commands: Commands, actor: str) -> None:
    with pytest.raises(NotAllowed, match="Only admins"):
        commands.authorise(actor, "slack", "reindex")
    assert outcomes(commands) == ["refused"]


def test_without_a_list_there_are_no_admins(lorebot: Lorebot) -> None:
    commands = Commands(lorebot.database, lorebot.knowledge, ())
    with pytest.raises(NotAllowed):
        commands.authorise(ADMIN, "slack", "status")


def test_the_status_counts_what_there_is(lorebot: Lorebot) -> None:
    record = lorebot.desk.ask("Apollo landing?", surface="cli", team="T1")
    lorebot.desk.rate(str(record.id), "T1", "U1", -1)
    feedback.correct(
        lorebot.database, feedback.CorrectionRecord(str(record.id), "U1", "other", None, None)
    )
    status = lorebot.commands.status()
    live = registry.live_record(lorebot.database)
    assert (status.documents, status.passages, status.index_version) == (3, 3, 1)
    assert (status.questions, status.waiting) == (1, 0)
    assert (status.ratings_up, status.ratings_down, status.corrections) == (0, 1, 1)
    assert live is not None
    assert status.release == live.id
    assert status.reindex is None


def test_the_status_is_json(commands: Commands) -> None:
    commands.reindex(actor="cli")
    shown = json.loads(json.dumps(commands.status().as_json()))
    assert shown["indexed_at"] == "2026-01-31T12:00:00+00:00"
    assert shown["reindex"]["status"] == "done"
    assert shown["reindex"]["result"]["added"] == 3


def test_a_reindex_reports_every_step(commands: Commands) -> None:
    steps: list[Progress] = []
    report = commands.reindex(progress=steps.append, actor="cli")
    assert report.total("added") == 3
    assert [step.stage for step in steps if step.done == step.total] == [
        "reading",
        "embedding",
        "switching",
    ]
    assert outcomes(commands) == ["done"]


def test_two_reindexes_never_run_at_once(commands: Commands, knowledge: Any) -> None:
    claim = jobs.claim(commands.database, "reindex", "another process")
    with pytest.raises(JobIsRunning):
        commands.reindex(actor="cli")
    assert knowledge.version == 1
    jobs.finish(commands.database, claim, {})
    commands.reindex(actor="cli")
    assert knowledge.version == 2


def test_a_failed_reindex_is_closed_and_audited(commands: Commands, knowledge: Any) -> None:
    knowledge.error = KnowledgeUnusable("There is no folder.")
    with pytest.raises(KnowledgeUnusable):
        commands.reindex(actor="cli")
    latest = jobs.latest(commands.database, "reindex")
    assert latest is not None
    assert (latest.status, latest.error) == ("failed", "KnowledgeUnusable: There is no folder.")
    [line] = audit.latest(commands.database)
    assert (line.outcome, line.detail, line.surface) == ("failed", "There is no folder.", "cli")


def test_a_reindex_is_stopped_at_its_next_step(commands: Commands, knowledge: Any) -> None:
    knowledge.step_s = 0.05
    begun = threading.Event()
    stopped: list[bool] = []

    def stop() -> None:
        begun.wait(5)
        stopped.append(commands.stop(5))

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Stopping):
        commands.reindex(progress=lambda step: begun.set(), actor="cli")
    stopper.join()
    assert stopped == [True]
    assert knowledge.version == 1


def test_stopping_when_nothing_runs_is_immediate(commands: Commands) -> None:
    assert commands.stop(0.0)


def sources(*names: str) -> tuple[FolderSettings, ...]:
    return tuple(FolderSettings(name=name, path=name) for name in names)


def test_some_sources_can_be_read_alone(commands: Commands, knowledge: Any) -> None:
    commands.configured = sources("handbook", "wiki", "blog")
    commands.reindex(full=True, only=["wiki", "blog"], actor="cli")
    assert knowledge.read == [("wiki", "blog")]
    [line] = audit.latest(commands.database)
    assert line.act == "reindex wiki blog --full"


def test_an_unknown_source_is_told_with_those_that_there_are(commands: Commands) -> None:
    commands.configured = sources("handbook", "wiki")
    with pytest.raises(KnowledgeUnusable) as caught:
        commands.reindex(only=["wiki", "wki"], actor="cli")
    assert str(caught.value) == "There is no source wki; there are: handbook, wiki, answers."
    assert jobs.latest(commands.database, "reindex") is None


def test_a_source_tells_when_it_was_read_and_what_has_hindered_it_since(
    commands: Commands, knowledge: Any
) -> None:
    commands.configured = sources("handbook", "wiki")
    knowledge.sources = ("handbook", "wiki")
    commands.reindex(actor="cli")
    knowledge.broken = {"wiki": "The wiki is away."}
    with pytest.raises(KnowledgeUnusable):
        commands.reindex(only=["wiki"], actor="cli")
    handbook, wiki = commands.sources()
    assert (handbook.name, handbook.kind, handbook.audience) == ("handbook", "folder", ("public",))
    assert handbook.read_at == wiki.read_at is not None
    assert (handbook.error, wiki.error) == (None, "The wiki is away.")
    assert commands.status().source_errors == {"wiki": "The wiki is away."}


def test_a_source_that_is_read_again_has_no_error_any_more(
    commands: Commands, knowledge: Any
) -> None:
    commands.configured = sources("wiki")
    knowledge.broken = {"wiki": "The wiki is away."}
    with pytest.raises(KnowledgeUnusable):
        commands.reindex(only=["wiki"], actor="cli")
    knowledge.broken = {}
    commands.reindex(only=["wiki"], actor="cli")
    [wiki] = commands.sources()
    assert wiki.error is None
    assert wiki.read_at is not None
    assert commands.status().source_errors == {}


def test_a_source_that_was_never_read_has_no_time(commands: Commands) -> None:
    commands.configured = (FolderSettings(name="wiki", path="wiki", schedule="0 3 * * *"),)
    [wiki] = commands.sources()
    assert (wiki.documents, wiki.read_at, wiki.error) == (0, None, None)
    assert wiki.next_run is not None
    assert (wiki.next_run.hour, wiki.next_run.minute) == (3, 0)
    assert json.loads(json.dumps(wiki.as_json()))["next_run"].endswith("T03:00:00+00:00")


def test_a_reindex_can_wait_for_another(commands: Commands, knowledge: Any) -> None:
    claim = jobs.claim(commands.database, "reindex", "another process")
    release = threading.Timer(0.2, lambda: jobs.finish(commands.database, claim, {}))
    release.start()
    commands.reindex(patience=Patience(10, commands.stopping, 0.02), actor="cli")
    release.join()
    assert knowledge.version == 2


def test_patience_ends(commands: Commands, knowledge: Any) -> None:
    jobs.claim(commands.database, "reindex", "another process")
    with pytest.raises(JobIsRunning):
        commands.reindex(patience=Patience(0.1, commands.stopping, 0.02), actor="cli")
    assert knowledge.version == 1


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        (("public",), "public"),
        (("C1AAAAAAA",), "1 channel"),
        (("C1AAAAAAA", "G1AAAAAAA", "U1AAAAAAA"), "2 channels, 1 person"),
        (("U1AAAAAAA", "W1AAAAAAA"), "2 people"),
        ((), "nobody"),
    ],
)
def test_an_audience_is_told_in_words(audience: tuple[str, ...], said: str) -> None:
    assert audience_words(audience) == said


def test_what_was_foreseen_is_explained_in_words() -> None:
    assert explain(KnowledgeUnusable("No folder.")) == "No folder."
    assert "I do not know that answer" in explain(UnknownInteraction())


def test_what_was_not_foreseen_gets_a_number_that_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sentence = explain(ZeroDivisionError("at /secret/path"))
    incident = sentence.rstrip(".").rsplit(" ", 1)[1]
    assert "secret" not in sentence
    assert f"incident {incident}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_the_status_counts_what_the_language_model_could_not_answer(lorebot: Lorebot) -> None:
    asked = lorebot.desk.ask("When was the Apollo landing?", surface="cli")
    failed = replace(asked, id=None, notice=NOT_REACHED)
    [interactions.record(lorebot.database, failed) for _ in range(2)]

    status = lorebot.commands.status()

    assert (status.questions, status.model_failures) == (3, 2)
    assert "could not answer 2 times" in status_message(status).text
