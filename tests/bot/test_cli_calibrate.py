"""The command calibrate shows what it would change, and changes it only where told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.app import build
from bot.cli import app
from bot.config import load_settings
from knowledge.confidence import DEFAULT, FILE, load_calibration

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

NAMES = [f"{name}{number}" for name in ("maple", "cedar", "birch") for number in range(10)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data set, and beside it settings and a home."""
    (tmp_path / "set").mkdir()
    (tmp_path / "docs").mkdir()
    passages = [
        {"id": f"p{n}", "title": "Rooms", "text": f"The {name} room has {n} chairs."}
        for n, name in enumerate(NAMES)
    ]
    questions = [
        {"question": f"How many chairs has the {name} room?", "passage_ids": [f"p{n}"]}
        for n, name in enumerate(NAMES)
    ] + [
        {"question": f"Who won the chess cup of {1900 + n} in Paris?", "answerable": False}
        for n in range(30)
    ]
    (tmp_path / "set" / "passages.jsonl").write_text("\n".join(map(json.dumps, passages)))
    (tmp_path / "set" / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    (tmp_path / "lorebot.toml").write_text('[knowledge]\ndocuments = "docs"\n')
    return tmp_path


def calibrate(place: Path, *options: str) -> Result:
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    drawing = ["--picture", str(place / "curve.svg")]
    command = ["calibrate", str(place / "set"), *drawing, *options, *where]
    return CliRunner().invoke(app, command)


def test_the_held_out_half_is_shown_and_drawn_and_nothing_changed(place: Path) -> None:
    done = calibrate(place)

    assert done.exit_code == 0, done.stderr
    assert "in force" in done.stdout
    assert "balanced accuracy" in done.stdout
    assert "Nothing is changed" in done.stdout
    assert (place / "curve.svg").read_text().startswith("<svg ")
    assert not (place / "home" / FILE).exists()


def test_what_is_written_is_in_force_from_the_next_start(place: Path) -> None:
    done = calibrate(place, "--write", "--json", "--precision", "0.9")

    figures = json.loads(done.stdout)
    kept = json.loads((place / "home" / FILE).read_text())
    settings = load_settings(place / "home", place / "lorebot.toml")
    lorebot = build(settings)
    in_force = lorebot.knowledge.answerer.calibration  # type: ignore[attr-defined]
    lorebot.close()
    assert kept == {name: value for name, value in figures.items() if name != "written"}
    assert (kept["data_set"], kept["questions"]) == ("set", 60)
    assert kept["figures"]["fitted"]["precision"] >= 0.9
    assert in_force == load_calibration(place / "home" / FILE) != DEFAULT


def test_what_is_in_force_is_what_the_next_calibration_is_compared_with(place: Path) -> None:
    first = json.loads(calibrate(place, "--write", "--json").stdout)

    second = json.loads(calibrate(place, "--json").stdout)

    assert second["figures"]["in_force"] == first["figures"]["fitted"]


def test_a_damaged_calibration_stops_the_start_with_what_to_do(place: Path) -> None:
    (place / "home").mkdir()
    (place / "home" / FILE).write_text('{"threshold": 0.5}')
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]

    done = CliRunner().invoke(app, ["status", *where])

    assert done.exit_code == 1
    assert "lorebot calibrate DIR --write" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_picture_that_cannot_be_drawn_is_one_sentence(place: Path) -> None:
    done = calibrate(place, "--picture", str(place / "none" / "curve.svg"))

    assert done.exit_code == 1
    assert "--picture" in done.stderr.splitlines()[-1]


def test_too_few_questions_are_one_sentence(place: Path) -> None:
    done = calibrate(place, "--limit", "20")

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].endswith("so bring at least 40.")
