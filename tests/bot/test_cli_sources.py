"""The command line over two real sources, one of which only one channel and one person may read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

SETTINGS = """
[[sources]]
name = "handbook"
kind = "folder"
path = "handbook"
schedule = "30 3 * * *"
owners = ["U0ADAMORENO"]

[[sources]]
name = "board"
kind = "folder"
path = "board"
audience = ["C0BOARDROOM", "U0MEITANAKA"]
"""
LOANS = "# Loans\n\nA book may be borrowed for six weeks.\n"
MERGER = "# Merger\n\nThe merger with the Harbour Museum is planned for the month of March.\n"
SECRET = "When is the merger with the Harbour Museum planned?"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both sources, indexed."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "handbook").mkdir()
    (folder / "handbook" / "loans.md").write_text(LOANS)
    (folder / "board").mkdir()
    (folder / "board" / "merger.md").write_text(MERGER)
    (folder / "lorebot.toml").write_text(SETTINGS)
    invoke(folder, "reindex")
    return folder


@pytest.fixture
def run(place: Path) -> Run:
    return lambda *arguments: invoke(place, *arguments)


def invoke(place: Path, *arguments: str) -> Result:
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    return CliRunner().invoke(app, [*arguments, *where])


def test_the_operator_is_answered_from_everything(run: Run) -> None:
    assert "March" in run("ask", SECRET).stdout


@pytest.mark.parametrize("reader", ["C0BOARDROOM", "U0MEITANAKA"])
def test_who_may_read_a_source_is_answered_from_it(run: Run, reader: str) -> None:
    assert "March" in run("ask", SECRET, "--as", reader).stdout


@pytest.mark.parametrize("reader", ["C0ASKLORE00", "G0SOMEGROUP", "U0ADAMORENO"])
def test_nobody_else_is_told_a_word_of_it(run: Run, reader: str) -> None:
    answer = json.loads(run("ask", SECRET, "--as", reader, "--json").stdout)
    assert answer["abstained"]
    assert "March" not in str(answer)
    assert "board" not in str(answer)


@pytest.mark.parametrize("reader", ["ada", "D012AB3CD", "c0boardroom", ""])
def test_a_reader_that_is_no_id_is_a_matter_of_usage(run: Run, reader: str) -> None:
    done = run("ask", SECRET, "--as", reader)
    assert done.exit_code == 2
    assert "--as" in done.stderr


def test_sources_as_json_are_one_object(run: Run) -> None:
    handbook, board = json.loads(run("sources", "--json").stdout)["sources"]
    assert (handbook["name"], handbook["kind"], handbook["audience"]) == (
        *("handbook", "folder"),
        ["public"],
    )
    assert (handbook["documents"], handbook["passages"], handbook["error"]) == (1, 1, None)
    assert handbook["read_at"] is not None
    assert handbook["next_run"].endswith("T03:30:00+00:00")
    assert (board["schedule"], board["next_run"]) == ("", None)


def test_sources_for_people_are_a_table(run: Run) -> None:
    header, handbook, board = run("sources").stdout.splitlines()
    assert header.split() == [
        *("name", "kind", "audience", "owners", "documents", "passages"),
        *("last", "read", "next", "run"),
    ]
    assert "U0ADAMORENO" in handbook
    assert "(30 3 * * *)" in handbook
    assert "1 channel, 1 person" in board


def test_one_source_is_read_alone(run: Run) -> None:
    report = json.loads(run("reindex", "--source", "board", "--json").stdout)
    assert [source["name"] for source in report["sources"]] == ["board"]


def test_several_can_be_named(run: Run) -> None:
    arguments = ("reindex", "--source", "board", "--source", "handbook", "--json")
    assert json.loads(run(*arguments).stdout)["unchanged"] == 2


def test_an_unknown_source_is_told_in_a_sentence(run: Run) -> None:
    done = run("reindex", "--source", "bored")
    assert done.exit_code == 1
    assert done.stderr == "There is no source bored; there are: handbook, board, answers.\n"


def test_a_source_that_is_away_is_named_and_the_other_is_read(run: Run, place: Path) -> None:
    (place / "board").rename(place / "away")
    assert run("reindex").exit_code == 0
    shown, status = run("sources").stdout, run("status").stdout
    (place / "away").rename(place / "board")
    assert "board could not be read: There is no folder of documents" in shown
    assert "source errors.board" in status
    assert run("reindex", "--source", "board").exit_code == 0
    assert "could not be read" not in run("sources").stdout
