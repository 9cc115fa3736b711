"""An expert decides at the command line, and the approved answer is given from then on."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from db import feedback
from db.engine import open_database
from db.feedback import CorrectionRecord

QUESTION = "How long may a book be borrowed?"
RIGHT = "A book may be borrowed for nine weeks since the new rules."


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one document, indexed, with one answer about it that was corrected."""
    folder = tmp_path_factory.mktemp("corrected")
    (folder / "docs").mkdir()
    (folder / "docs" / "loans.md").write_text(
        "# Loans\n\nA book may be borrowed for six weeks. Maps never leave the room.\n"
    )
    (folder / "lorebot.toml").write_text("")
    assert run(folder, "reindex").exit_code == 0
    correct(folder, RIGHT)
    return folder


@pytest.fixture
def place(corrected: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to decide in."""
    shutil.copytree(corrected, tmp_path / "place")
    return tmp_path / "place"


def run(place: Path, *arguments: str) -> Result:
    options = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    return CliRunner().invoke(app, [*options, *arguments])


def correct(place: Path, right: str | None) -> None:
    asked = json.loads(run(place, "ask", "--json", QUESTION).stdout)
    database = open_database(f"sqlite:///{place}/home/lorebot.db")
    told = CorrectionRecord(asked["interaction_id"], "U012", "wrong_answer", right, None)
    feedback.correct(database, told)
    database.close()


def test_what_waits_is_listed_with_what_was_said(place: Path) -> None:
    shown = run(place, "review").stdout
    assert QUESTION in shown
    assert f"right: {RIGHT}" in shown
    [waiting] = json.loads(run(place, "review", "--json").stdout)["waiting"]
    assert (waiting["id"], waiting["author"], waiting["fault"]) == (1, "U012", "wrong_answer")


def test_an_approved_answer_is_given_at_once_with_who_stands_for_it(place: Path) -> None:
    approved = run(place, "review", "approve", "1", "--role", "Librarian")
    asked = json.loads(run(place, "ask", "--json", QUESTION).stdout)
    assert approved.exit_code == 0
    assert "nine weeks" in asked["answer"].split("[1]")[0]
    assert asked["citations"][0]["heading"] == "Verified answer, Librarian"
    assert "No correction waits" in run(place, "review").stdout
    assert RIGHT in run(place, "review", "answers").stdout


def test_a_withdrawn_answer_is_given_no_more(place: Path) -> None:
    run(place, "review", "approve", "1")
    assert run(place, "review", "withdraw", "1").exit_code == 0
    asked = json.loads(run(place, "ask", "--json", QUESTION).stdout)
    assert "six weeks" in asked["answer"]
    assert "nine" not in asked["answer"]


def test_the_expert_may_use_other_words(place: Path) -> None:
    run(place, "review", "approve", "1", "--answer", "Books: twelve weeks for a loan.")
    [answer] = json.loads(run(place, "review", "answers", "--json").stdout)["answers"]
    assert answer["answer"] == "Books: twelve weeks for a loan."


def test_the_expert_may_write_in_an_editor(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; open(sys.argv[1], 'a').write(' Maps never.')"
    monkeypatch.setenv("VISUAL", shlex.join([sys.executable, "-c", program]))
    assert run(place, "review", "edit", "1", "--role", "Librarian").exit_code == 0
    [answer] = json.loads(run(place, "review", "answers", "--json").stdout)["answers"]
    assert (answer["answer"], answer["role"]) == (f"{RIGHT} Maps never.", "Librarian")


def test_a_rejected_correction_waits_no_more(place: Path) -> None:
    assert run(place, "review", "reject", "1", "--reason", "It is six.").exit_code == 0
    assert json.loads(run(place, "review", "--json").stdout) == {"waiting": []}
    assert json.loads(run(place, "review", "answers", "--json").stdout) == {"answers": []}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("approve", "7"), "No correction 7 waits"),
        (("reject", "7"), "No correction 7 waits"),
        (("withdraw", "7"), "no verified answer 7"),
        (("approve", "1", "--channel", "general"), "general is no id of a channel"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = run(place, "review", *arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert len(json.loads(run(place, "review", "--json").stdout)["waiting"]) == 1


def test_a_correction_without_a_right_answer_needs_one(place: Path) -> None:
    correct(place, None)
    refused = run(place, "review", "approve", "2")
    assert "--answer" in refused.stderr
    assert run(place, "review", "approve", "2", "--answer", "Nine weeks.").exit_code == 0
