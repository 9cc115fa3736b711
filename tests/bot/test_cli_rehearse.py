"""The command rehearse: the whole loop on a labelled data set, as JSON and as a table."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from bot import cli_rehearse
from bot.cli import app
from bot.cli_rehearse import show_rehearsal
from finetune.datasets import DatasetUnusable
from finetune.rehearsal.controls import POISONED
from finetune.rehearsal.stage import FEWEST
from tests.finetune.loop.jargon import make_dataset

# A cycle of each half is played before the first test.
pytestmark = [pytest.mark.usefixtures("logging_as_it_was"), pytest.mark.timeout(300)]

SETTINGS = """\
[training]
min_examples = 5
niceness = 0

[training.retriever]
learning_rate = 0.002
anchor = 0.0
soup = 1
weigh = false
"""
QUESTIONS = 60
"""Of which one half and the other are more than FEWEST."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in `data`, settings, and no home."""
    folder = tmp_path_factory.mktemp("rehearsed")
    make_dataset(folder / "data")
    (folder / "lorebot.toml").write_text(SETTINGS)
    return folder


def rehearse(place: Path, *options: str) -> Result:
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    return CliRunner().invoke(app, ["rehearse", str(place / "data"), *options, *where])


@pytest.fixture(scope="module")
def played(place: Path, logging_as_it_was: None) -> dict[str, Any]:
    done = rehearse(place, "--no-controls", "--limit", str(QUESTIONS), "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_question_is_asked_once_and_held_out_once(played: dict[str, Any]) -> None:
    assert played["questions"] == {"asked": QUESTIONS, "held_out": QUESTIONS}
    assert played["before"]["questions"] == QUESTIONS
    first, second = halves(played)
    assert (first["asked"], first["held_out"]) == (second["held_out"], second["asked"])
    assert first["asked"] + first["held_out"] == QUESTIONS
    assert min(first["asked"], second["asked"]) >= FEWEST


def test_what_was_learnt_goes_live_and_is_found_better(played: dict[str, Any]) -> None:
    [cycle] = played["cycles"]
    assert cycle["strategy"] == "staged"
    assert [half["verdict"] for half in halves(played)] == ["promoted", "promoted"]
    assert cycle["verdict"] == "promoted"
    for told in (cycle, *halves(played)):
        change = told["delta"]["mrr@10"]
        assert 0 < change["low"] <= change["mean"] <= change["high"]
    before, after = (state["retrieval"]["passage"]["mrr@10"] for state in states(played))
    assert after - before == pytest.approx(cycle["delta"]["mrr@10"]["mean"], abs=1e-3)


def test_both_halves_count_by_their_questions(played: dict[str, Any]) -> None:
    gains = [half["held_out"] * half["delta"]["mrr@10"]["mean"] for half in halves(played)]
    together = played["cycles"][0]["delta"]["mrr@10"]["mean"]
    assert together == pytest.approx(sum(gains) / QUESTIONS, abs=1e-3)


def halves(played: dict[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = played["cycles"][0]["halves"]
    return told


def states(played: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return played["before"], played["cycles"][0]["after"]


def test_every_step_is_told_with_its_time(played: dict[str, Any]) -> None:
    seconds = played["cycles"][0]["seconds"]
    assert {"people", "collect", "diagnose", "train", "evaluate", "gate", "score"} <= seconds.keys()
    assert all(took >= 0 for took in seconds.values())


def test_the_home_is_left_alone(place: Path, played: dict[str, Any]) -> None:
    assert not (place / "home" / "lorebot.db").exists()


def test_the_table_shows_what_the_json_tells(played: dict[str, Any]) -> None:
    out = Console(file=io.StringIO(), width=120)
    show_rehearsal(played, out)
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    before, after = (state["retrieval"]["passage"]["mrr@10"] for state in states(played))
    [row] = [line.split() for line in shown.splitlines() if line.startswith("passage MRR@10")]
    assert row[2:] == [f"{before:.3f}", f"{after:.3f}"]
    assert "Cycle 1, staged: promoted" in shown
    for half in halves(played):
        assert f"{half['asked']} questions asked, {half['held_out']} held out" in shown
        assert half["reason"].split()[0] in shown
    change = played["cycles"][0]["delta"]["mrr@10"]
    assert f"Both halves after the gate: MRR@10 {change['mean']:+.3f}" in shown


@pytest.mark.parametrize(
    ("options", "halves"), [([], ["fit", "held out"]), (["--one-half"], ["fit"])]
)
def test_one_half_is_enough_if_that_is_asked_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], halves: list[str]
) -> None:
    asked: list[str] = []

    def play(*_: object, **given: Any) -> None:
        asked.extend(given["halves"])
        raise DatasetUnusable("It is enough to have been asked.")

    monkeypatch.setattr(cli_rehearse, "rehearse", play)
    assert rehearse(place, *options).exit_code == 1
    assert asked == halves


@pytest.mark.slow
def test_neither_shuffled_corrections_nor_an_ill_will_do_harm(
    place: Path, played: dict[str, Any]
) -> None:
    done = rehearse(place, "--one-half", "--limit", str(QUESTIONS), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    [half] = halves(told)
    assert half["asked"] == halves(played)[0]["asked"]
    assert told["controls"]["shuffled"]["refused"]
    assert told["controls"]["poisoner"]["votes"] == POISONED
    assert not told["controls"]["poisoner"]["mattered"]


def test_of_too_few_questions_it_says_how_many_it_needs(place: Path) -> None:
    done = rehearse(place, "--limit", "30")
    assert done.exit_code == 1
    assert f"each needs {FEWEST}" in done.stderr
    assert done.stderr.count("\n") == 1
