"""Whatever goes wrong on the command line, people read one sentence and programs an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from bot.cli_errors import plain_errors
from bot.cli_show import printable
from db.engine import DatabaseUnusable


def test_an_expected_error_is_its_own_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, plain_errors(tmp_path):
        raise DatabaseUnusable("Start the server.")
    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "Start the server.\n"


def test_an_unknown_error_shows_an_incident_whose_traceback_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, plain_errors(tmp_path):
        raise ZeroDivisionError("token xoxb-1-secret")
    shown = capsys.readouterr().err
    log = (tmp_path / "logs" / "lorebot.log").read_text()
    assert left.value.exit_code == 70
    assert "Traceback" not in shown
    assert shown.split("incident ")[1][:8] in log
    assert "ZeroDivisionError" in log
    assert "secret" not in shown + log


def test_an_unknown_error_is_told_even_where_no_log_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "file"
    home.write_text("no folder")
    with pytest.raises(typer.Exit) as left, plain_errors(home):
        raise ZeroDivisionError("by nothing")
    assert left.value.exit_code == 70
    assert "by nothing" in capsys.readouterr().err


def test_control_c_says_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, plain_errors(tmp_path):
        raise KeyboardInterrupt
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_what_was_decided_already_passes(tmp_path: Path) -> None:
    with pytest.raises(typer.Exit) as left, plain_errors(tmp_path):
        raise typer.Exit(3)
    assert left.value.exit_code == 3


def test_a_document_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x9b31mc\u202ed\r\ne\tf") == "a[2Jb31mcd\ne\tf"
