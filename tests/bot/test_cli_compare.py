"""The command compare: tables or JSON, and one sentence where nothing can be compared."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli_compare import show_comparison
from finetune.comparison.arms import ARMS, TUNED

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def compare(tmp_path: Path, *options: str) -> Result:
    (tmp_path / "lorebot.toml").write_text("")
    where = ["--home", str(tmp_path / "home"), "--config", str(tmp_path / "lorebot.toml")]
    return CliRunner().invoke(app, ["compare", *options, *where])


def test_without_a_data_set_it_says_what_to_name(tmp_path: Path) -> None:
    done = compare(tmp_path)
    assert done.exit_code == 1
    assert "lorebot compare --sample" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_data_set_and_the_sample_are_not_compared_at_once(tmp_path: Path) -> None:
    done = compare(tmp_path, str(tmp_path), "--sample")
    assert done.exit_code == 1
    assert "not both" in done.stderr


def test_where_passages_are_quoted_it_says_that_a_model_is_needed(tmp_path: Path) -> None:
    done = compare(tmp_path, str(tmp_path))
    assert done.exit_code == 1
    assert "knowledge.local.model" in done.stderr
    assert "--sample" in done.stderr
    assert done.stderr.count("\n") == 1


@dataclass(frozen=True)
class Told:
    """A comparison that was made earlier."""

    values: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return dict(self.values)


def arm(f1: float) -> dict[str, Any]:
    return {
        "f1": f1,
        "containment": f1,
        "abstention": {"answerable": 0.1, "unanswerable": None},
        "explainability": None,
        "quoted": 0.0,
        "latency_ms": {"median": 900.0, "p95": 1234.0},
    }


TOLD = Told(
    {
        "model": {"name": "local:small", "parameters": 15_000_000},
        "questions": {"trained": 400, "held_out": 100},
        "arms": {name: arm(0.1 * place) for place, name in enumerate(ARMS)},
        "differences": [
            {
                "arm": "rag",
                "against": "base",
                "measure": "f1",
                "mean": 0.1,
                "low": 0.05,
                "high": 0.15,
                "p": 0.01,
                "significant": True,
            }
        ],
        "training": {
            name: {"examples": 800, "seconds": 61.0, "peak_mb": 900, "adapter_mb": 2.5}
            for name in TUNED
        },
        "taught": {
            "questions": 24,
            "arms": {name: {"f1": 0.625, "containment": 0.5} for name in ARMS},
        },
        "freshness": {"facts": 9, "arms": {name: {"new": 0.5, "old": 0.0} for name in ARMS}},
        "forgetting": {
            name: {
                "nll": {"before": 2.0, "after": 2.5},
                "right": {"before": 0.5, "after": None},
            }
            for name in TUNED
        },
        "recommendation": {"arm": "rag", "reasons": ["It is cheap."]},
    }
)


def shown(as_json: bool, capsys: pytest.CaptureFixture[str]) -> str:
    screen = io.StringIO()
    show_comparison(TOLD, Console(file=screen, width=120), as_json)  # type: ignore[arg-type]
    return screen.getvalue() + capsys.readouterr().out


def test_the_table_holds_every_arm_and_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(False, capsys)
    assert "RAG + fine-tuned" in text
    assert "+0.100" in text
    assert "1,234" in text
    assert "0.625" in text
    assert "Recommended: RAG" in text
    assert "- It is cheap." in text


def test_what_was_not_measured_is_shown_as_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    line = next(one for one in shown(False, capsys).splitlines() if "borne out" in one)
    assert line.split()[-4:] == ["–"] * 4


def test_json_is_the_whole_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(shown(True, capsys)) == TOLD.as_json()


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_sample_is_compared_from_end_to_end(tmp_path: Path) -> None:
    done = compare(tmp_path, "--sample", "--limit", "300", "--json")

    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    arms = told["arms"]
    by_f1 = {(d["arm"], d["against"]): d for d in told["differences"] if d["measure"] == "f1"}
    assert arms["rag"]["f1"] > arms["fine_tuned"]["f1"] > arms["base"]["f1"]
    assert by_f1["rag_fine_tuned", "rag"]["mean"] > 0
    assert len(by_f1) == 6
    assert all(difference["significant"] for difference in by_f1.values())
    assert told["taught"]["questions"] == 24
    taught = told["taught"]["arms"]
    assert taught["rag"]["f1"] > taught["base"]["f1"]
    assert taught["fine_tuned"]["f1"] > taught["base"]["f1"] + 0.1
    assert taught["fine_tuned"]["containment"] > taught["rag"]["containment"]
    assert told["freshness"]["arms"]["rag"]["new"] > told["freshness"]["arms"]["fine_tuned"]["new"]
    assert told["recommendation"]["arm"] in ("rag", "rag_fine_tuned")
