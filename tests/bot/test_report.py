"""What learning has brought, in words, and drawn at the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.report_views import SCORES, nothing_yet, report_message, sentences
from db import registry
from db.engine import open_database
from db.registry import ReleaseParts
from db.satisfaction import CycleCauses, Week
from db.schema import upgrade
from finetune.report import Gain, ReleaseScores, Report, Score, Shown

from .learnt import learnt_in

PNG = b"\x89PNG\r\n\x1a\n"
TIME = dt.datetime(2026, 1, 31, 3, 30, tzinfo=dt.UTC)
REPORT = Report(
    since=None,
    weeks=(Week(dt.date(2026, 1, 26), 3, 1), Week(dt.date(2026, 2, 2), 1, 0)),
    releases=(),
    cycles=(
        CycleCauses(
            4, TIME, {"misread": 2, "not_retrieved": 9, "stale": 1, "unclear": 1, "no_document": 5}
        ),
    ),
    candidates=(
        ReleaseScores(
            7,
            4,
            True,
            {
                "mrr@10": Score(0.62, 0.71, Gain(-0.01, 0.19, 0.91)),
                "f1": Score(0.4, 0.44, None),
            },
        ),
    ),
)


def test_each_picture_has_its_sentence() -> None:
    assert sentences(REPORT) == {
        "satisfaction": "In the week of 2 February 2026 100 % of 1 vote were thumbs-up; "
        "in all 80 % of 5.",
        "causes": "Cycle 4 looked at 18 bad answers: 9 not retrieved, 5 no document, 2 misread, "
        "2 for other causes.",
        "scores": "Release 7, which went live: MRR@10 0.62 → 0.71 (91 % interval −0.01 to +0.19), "
        "token F1 0.40 → 0.44.",
    }


def test_every_score_has_a_name() -> None:
    assert SCORES.keys() == set(get_args(Shown))


def test_nothing_is_said_of_what_is_not_there() -> None:
    empty = Report(TIME, (), (), (), ())
    assert sentences(empty) == {}
    assert "since 31 January 2026" in nothing_yet(empty)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("missing_scope", "files:write"),
        ("not_in_channel", "invite me"),
        ("channel_not_found", "invite me"),
        ("HTTPError", "`lorebot report`"),
    ],
)
def test_without_pictures_there_are_figures_and_what_to_do(code: str, advice: str) -> None:
    message = report_message(REPORT, code)
    assert "0.62 → 0.71" in message.text
    assert advice in str(message.blocks[1])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home with an empty database."""
    (tmp_path / "home").mkdir()
    (tmp_path / "lorebot.toml").write_text("")
    database = open_database(f"sqlite:///{tmp_path}/home/lorebot.db")
    upgrade(database)
    database.close()
    return tmp_path


def report(place: Path, *arguments: str) -> Result:
    options = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    out = ["--out", str(place / "pictures")]
    return CliRunner().invoke(app, [*options, "report", *out, *arguments])


def fill(place: Path) -> None:
    database = open_database(f"sqlite:///{place}/home/lorebot.db")
    registry.ensure_live(database, ReleaseParts("fake", "quotes", "1"))
    learnt_in(database)
    database.close()


def test_with_nothing_to_tell_the_command_says_so_and_draws_nothing(place: Path) -> None:
    done = report(place, "--since", "30")
    assert done.exit_code == 0
    assert done.stdout.startswith("There is nothing to report since ")
    assert not (place / "pictures").exists()
    values = json.loads(report(place, "--json").stdout)
    assert (values["weeks"], values["pictures"]) == ([], {})


def test_the_command_draws_three_pictures(place: Path) -> None:
    fill(place)
    done = report(place)
    assert done.exit_code == 0
    drawn = sorted((place / "pictures").iterdir())
    assert [path.name for path in drawn] == ["causes.png", "satisfaction.png", "scores.png"]
    assert all(path.read_bytes().startswith(PNG) for path in drawn)
    assert "50 % of 2 votes were thumbs-up" in done.stdout
    assert str(drawn[0]) in done.stdout.replace("\n", "")


def test_the_command_tells_figures_as_json(place: Path) -> None:
    fill(place)
    values = json.loads(report(place, "--json", "--since", "7").stdout)
    assert [(week["up"], week["down"]) for week in values["weeks"]] == [(1, 1)]
    assert values["cycles"][0]["counts"] == {"misread": 1}
    assert values["candidates"][0]["scores"]["mrr@10"]["gain"]["confidence"] == 0.91
    assert values["pictures"]["scores"] == str(place / "pictures" / "scores.png")


def test_a_folder_that_cannot_be_is_named_in_a_sentence(place: Path) -> None:
    fill(place)
    (place / "file").write_text("in the way")
    refused = report(place, "--out", str(place / "file" / "pictures"))
    assert refused.exit_code == 1
    assert "--out" in refused.stderr
