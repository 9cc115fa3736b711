"""The loop at the command line: the real one, where it has nothing to learn from yet."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from bot import cli_cycles, cli_releases
from bot.cli import app
from bot.cli_options import Way
from db import registry
from db.cycles import CycleRecord
from db.engine import open_database
from db.registry import ReleaseParts, ReleaseRecord
from finetune.dataset import jsonl
from finetune.examples import Provenance, Sft, TrainingData
from finetune.request import CycleDetail
from finetune.settings import Strategy
from finetune.workshop import examples_of

TIME = dt.datetime(2026, 1, 31, 3, 30, tzinfo=dt.UTC)
LISTS = """
import sys
from bot.cli import app
for name in sys.argv[2:]:
    app(["--home", sys.argv[1], name], standalone_mode=False)
print(sorted({"torch", "transformers", "slack_bolt"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one document, indexed, and training switched on."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "docs").mkdir()
    (folder / "docs" / "loans.md").write_text("# Loans\n\nA book may be borrowed for six weeks.\n")
    (folder / "lorebot.toml").write_text("[training]\nenabled = true\n")
    assert run(folder, "reindex").exit_code == 0
    return folder


def run(place: Path, *arguments: str) -> Result:
    options = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    return CliRunner().invoke(app, [*options, *arguments])


def test_without_ratings_a_cycle_refuses_to_train_and_says_why(place: Path) -> None:
    done = run(place, "retrain", "--strategy", "joint", "--json")
    record = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (record["status"], record["strategy"], record["surface"]) == ("refused", "joint", "cli")
    assert record["reason"]
    listed = json.loads(run(place, "cycles", "--json").stdout)["cycles"]
    assert [cycle["id"] for cycle in listed] == [record["id"]]
    shown = run(place, "cycle", str(record["id"]))
    assert f"Cycle {record['id']}: refused" in shown.stdout
    assert record["reason"] in shown.stdout.replace("\n", " ")


def test_training_that_is_switched_off_says_how_to_switch_it_on(
    place: Path, tmp_path: Path
) -> None:
    (tmp_path / "off.toml").write_text("")
    options = ["--home", str(place / "home"), "--config", str(tmp_path / "off.toml")]
    refused = CliRunner().invoke(app, [*options, "retrain"])
    assert refused.exit_code == 1
    assert "switched off" in refused.stderr
    assert "training.enabled" in refused.stderr


def test_releases_are_listed_and_there_is_nothing_to_go_back_to(place: Path) -> None:
    assert [r["status"] for r in json.loads(run(place, "releases", "--json").stdout)["releases"]]
    assert "live" in run(place, "releases").stdout
    refused = run(place, "rollback")
    assert refused.exit_code == 1
    assert "nothing to roll back to" in refused.stderr


def test_a_list_is_read_from_the_database_without_any_model(tmp_path: Path) -> None:
    """In a process of its own, for this one has them."""
    words = [sys.executable, "-c", LISTS, str(tmp_path), "cycles", "releases", "review"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "There has been no cycle yet: lorebot retrain begins one.",
        "There is no release yet: start Lorebot once.",
        "No correction waits for a decision.",
        "[]",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("promote", "99"), "There is no release 99"),
        (("cycle", "99"), "There is no cycle 99"),
        (("cycle", "99", "--cancel"), "Cycle 99 is not running"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = run(place, *arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_a_release_goes_live_and_comes_back(place: Path) -> None:
    database = open_database(f"sqlite:///{place}/home/lorebot.db")
    live = registry.live_record(database)
    assert live is not None
    other = registry.add_candidate(database, live.parts, live.id, "The same again.")
    promoted = json.loads(run(place, "promote", str(other), "--json").stdout)
    back = run(place, "rollback")
    assert (promoted["id"], promoted["status"]) == (other, "live")
    assert back.stdout == f"Release {live.id} answers from now on.\n"
    database.close()


def test_the_strategies_are_those_of_the_settings() -> None:
    assert set(get_args(Strategy)) == set(get_args(get_args(get_args(Way)[0])[0]))


CYCLE = CycleRecord(
    id=4,
    strategy="staged",
    status="held",
    step="gate",
    dry_run=True,
    requested_by="me",
    surface="cli",
    started_at=TIME,
    finished_at=None,
    collected_until=None,
    champion_id=1,
    candidate_id=7,
    progress=None,
    report=None,
    reason="recall@5 fell \x1b[31m0.81 → 0.77.",
)


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    with io.StringIO() as opened:
        yield opened


def test_every_cycle_has_its_line(out: io.StringIO) -> None:
    running = replace(CYCLE, id=5, status="running", step="train", reason="", dry_run=False)
    cli_cycles.table_of([running, CYCLE], Console(file=out, width=200))
    head, *lines = out.getvalue().splitlines()
    assert head.split() == list(cli_cycles.COLUMNS)
    assert "Training" in lines[0]
    assert "held (dry run)  2026-01-31 03:30 UTC  –" in lines[1]
    assert "\x1b" not in lines[1]


def test_a_cycle_shows_what_it_found_and_what_decided(out: io.StringIO) -> None:
    gap = {"question": "Who has the key?", "asked": 3, "people": 2, "draft": "# Key"}
    record = replace(CYCLE, report={"gaps": [gap]})
    detail = CycleDetail(record, {"no_document": 1, "misread": 2}, {"recall": {"mean": 0.25}})
    cli_cycles.show_detail(detail, Console(file=out, width=100))
    shown = out.getvalue()
    assert shown.index("misread") < shown.index("no document")
    assert "recall.mean" in shown
    assert "Who has the key? (asked 3 times by 2 people)" in shown
    assert json.loads(json.dumps(cli_cycles.detail_json(detail)))["causes"]["misread"] == 2


def test_every_release_has_its_line(out: io.StringIO) -> None:
    parts = ReleaseParts("MiniLM", "quotes", "1", generator_adapter="generator-1")
    learnt = {name: getattr(parts, name) for name in ReleaseParts.__dataclass_fields__}
    record = ReleaseRecord(
        id=7,
        status="live",
        **learnt,
        index_version=1,
        parent_id=3,
        note="Made by cycle 4.",
        created_at=TIME,
        promoted_at=None,
    )
    cli_releases.table_of([record], Console(file=out, width=200))
    line = out.getvalue().splitlines()[1]
    place = ["7", "live", "generator", "3", "2026-01-31", "03:30", "UTC", "–"]
    assert line.split() == [*place, "Made", "by", "cycle", "4."]


def test_the_examples_of_a_cycle_are_written_for_another_trainer(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Provenance("verified", None, (), "?")
    example = Sft(({"role": "user", "content": "Why?"},), "Because.", said)
    jsonl.save(TrainingData(sft=(example,)), examples_of(place / "home" / "training", 7))
    monkeypatch.chdir(tmp_path)

    done = run(place, "cycle", "7", "--export", "llama-factory")

    assert done.exit_code == 0, done.output
    assert "Because." in "".join(
        p.read_text() for p in (tmp_path / "cycle-7-llama-factory").iterdir()
    )
    assert run(place, "cycle", "8", "--export", "axolotl").exit_code == 1
