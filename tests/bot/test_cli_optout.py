"""Who looks after Lorebot lets people opt out and in, and sees who is out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from db import audit
from db.engine import open_database


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *arguments])


def out(home: Path) -> list[str]:
    listed = json.loads(run(home, "opt-out", "--json").stdout)["opted_out"]
    return [one["person"] for one in listed]


def test_a_person_is_out_until_they_are_in_again(home: Path) -> None:
    assert run(home, "opt-out").stdout == "Nobody has opted out.\n"
    done = run(home, "opt-out", "U0MEI")
    assert done.stdout == "From now on nothing is learned from what U0MEI says.\n"
    run(home, "opt-out", "W0NOOR")
    assert out(home) == ["U0MEI", "W0NOOR"]
    assert run(home, "opt-out").stdout.startswith("U0MEI  since 2")
    assert "may be learned from again" in run(home, "opt-in", "U0MEI").stdout
    assert out(home) == ["W0NOOR"]


def test_what_changes_nothing_says_so(home: Path) -> None:
    assert run(home, "opt-in", "U0MEI").stdout == "U0MEI had not opted out.\n"
    run(home, "opt-out", "U0MEI")
    assert run(home, "opt-out", "U0MEI").stdout == "U0MEI had opted out before.\n"
    assert json.loads(run(home, "opt-out", "U0MEI", "--json").stdout)["changed"] is False


def test_both_are_audited(home: Path) -> None:
    run(home, "opt-out", "U0MEI")
    run(home, "opt-in", "U0MEI")
    database = open_database(f"sqlite:///{home}/lorebot.db")
    lines = [(line.surface, line.act, line.outcome) for line in audit.latest(database)]
    database.close()
    assert lines == [("cli", "opt-in U0MEI", "done"), ("cli", "opt-out U0MEI", "done")]


@pytest.mark.parametrize(
    "arguments", [("opt-out", "mei"), ("opt-out", "C0GENERAL"), ("opt-in", "U0 MEI")]
)
def test_who_is_no_person_is_refused_with_a_sentence(
    home: Path, arguments: tuple[str, ...]
) -> None:
    refused = run(home, *arguments)
    assert refused.exit_code == 2
    assert "give the id of a person" in refused.stderr.replace("\n│", "")


def test_somebody_must_be_named_to_opt_in(home: Path) -> None:
    assert run(home, "opt-in").exit_code == 2
