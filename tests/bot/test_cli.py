"""The command line over a real knowledge base: one small folder, indexed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from db import interactions
from db.engine import open_database
from db.schema import is_current

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

CLIMATE = """# Climate of the archive

The archive is kept at 17 degrees Celsius. The relative humidity stays at 45 percent.

## Alarm

If the temperature rises above 20 degrees Celsius, call the caretaker at once.
"""
LOANS = """# Loans

A book may be borrowed for six weeks. Maps may never leave the reading room.
"""

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents, settings that name them, and a home in which they are indexed."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "docs").mkdir()
    (folder / "docs" / "climate.md").write_text(CLIMATE)
    (folder / "docs" / "loans.md").write_text(LOANS)
    (folder / "docs" / "empty.md").write_text("")
    (folder / "lorebot.toml").write_text('[knowledge]\nbase_url = "https://docs.example/"\n')
    invoke(folder, "reindex")
    return folder


@pytest.fixture
def run(place: Path) -> Run:
    return lambda *arguments: invoke(place, *arguments)


def invoke(place: Path, *arguments: str) -> Result:
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    return CliRunner().invoke(app, [*arguments, *where])


def in_a_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from bot.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_names_every_command_and_loads_nothing_slow() -> None:
    code = "import sys; from bot.cli import app; app(['--help'], standalone_mode=False);"
    code += "print({'torch', 'sqlalchemy', 'slack_bolt', 'llama_index'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "set()" in done.stdout
    for command in (
        *("demo", "serve", "ask", "reindex", "sources", "status", "doctor", "evaluate", "db"),
    ):
        assert f" {command} " in done.stdout


def test_an_answer_as_json_is_one_object_with_everything(run: Run) -> None:
    done = run("ask", "How long may a book be borrowed?", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert not answer["abstained"]
    assert "six weeks" in answer["answer"]
    assert set(answer["timings_ms"]) == {"understand", "embed", "search", "generate", "total"}
    assert answer["release"] == 1
    [citation] = answer["citations"][:1]
    assert set(citation) == {"number", "title", "uri", "heading", "quote", "score"}
    assert citation["number"] == 1
    assert citation["title"] == "Loans"
    assert citation["uri"].startswith("https://docs.example/loans.md")
    assert "six weeks" in citation["quote"]
    assert answer["passages"][0]["path"] == "loans.md"


def test_what_the_command_line_asks_is_stored(run: Run, place: Path) -> None:
    answer = json.loads(run("ask", "How long may a book be borrowed?", "--json").stdout)
    database = open_database(f"sqlite:///{place}/home/lorebot.db")
    record = interactions.find(database, answer["interaction_id"])
    database.close()
    assert record is not None
    assert record.surface == "cli"


def test_an_answer_for_people_has_numbered_sources_and_no_colours_in_a_pipe(run: Run) -> None:
    shown = run("ask", "How long may a book be borrowed?").stdout
    assert "six weeks. [1]" in shown
    assert "[1] Loans" in shown
    assert "https://docs.example/loans.md" in shown
    assert "\x1b" not in shown


def test_a_question_without_an_answer_names_the_nearest_documents(run: Run) -> None:
    shown = run("ask", "Who composed the opera Aida?").stdout
    assert "could not find an answer" in shown
    assert "The nearest documents: " in shown


def test_an_empty_question_is_refused_in_a_sentence(run: Run) -> None:
    done = run("ask", " \x00 ")
    assert done.exit_code == 1
    assert done.stderr == "I could not find a question in that. Ask me in a sentence.\n"
    assert done.stdout == ""


def test_without_an_index_the_asker_is_told_to_reindex(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["ask", "What?", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr == "Nothing is indexed yet. Run first: lorebot reindex\n"


def test_a_reindex_says_what_is_new_what_is_left_out_and_how_far_it_is(place: Path) -> None:
    where = ["--config", str(place / "lorebot.toml"), "--home", str(place / "second")]
    done = CliRunner().invoke(app, [*where, "reindex"])
    assert done.exit_code == 0
    assert "2 added, 1 skipped" in done.stdout
    assert "skipped empty.md: " in done.stdout
    assert "Reading documents: 2 of 2" in done.stderr


def test_a_second_reindex_has_nothing_to_do(run: Run) -> None:
    report = json.loads(run("reindex", "--json").stdout)
    assert (report["added"], report["unchanged"]) == (0, 2)


def test_the_status_counts_what_is_there(run: Run) -> None:
    status = json.loads(run("status", "--json").stdout)
    assert status["documents"] == 2
    assert status["reindex"]["status"] == "done"
    assert "documents" in run("status").stdout


def test_options_may_stand_before_the_command(place: Path) -> None:
    where = ["--home", str(place / "home"), "--config", str(place / "lorebot.toml")]
    done = CliRunner().invoke(app, [*where, "status", "--json"])
    assert json.loads(done.stdout)["documents"] == 2


def test_an_option_after_the_command_wins(place: Path, tmp_path: Path) -> None:
    arguments = ["--home", str(tmp_path), "status", "--json", "--home", str(place / "home")]
    assert json.loads(CliRunner().invoke(app, arguments).stdout)["documents"] == 2
    assert list(tmp_path.iterdir()) == []


def test_db_upgrade_brings_a_new_database_to_the_head(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["db", "upgrade", "--home", str(tmp_path)])
    database = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    assert done.exit_code == 0
    assert is_current(database)
    database.close()


def test_a_data_set_is_scored(place: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(place / "docs")
    question = {
        "question": "How long may a book be borrowed?",
        "answers": ["six weeks"],
        "meta": {"paths": ["loans.md"]},
    }
    (tmp_path / "questions.jsonl").write_text(json.dumps(question) + "\n")
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path), "--json"])
    figures = json.loads(done.stdout)
    assert figures["questions"] == 1
    assert figures["retrieval"]["page"]["hit@1"] == 1
    assert "Asking questions: 1 of 1" in done.stderr


def test_a_data_set_with_both_can_be_scored_from_its_documents(place: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(place / "docs")
    other = {"id": "other#0", "title": "Other", "text": "Parking is free for visitors."}
    (tmp_path / "passages.jsonl").write_text(json.dumps(other) + "\n")
    question = {
        "question": "How long may a book be borrowed?",
        "answers": ["six weeks"],
        "meta": {"paths": ["loans.md"]},
    }
    (tmp_path / "questions.jsonl").write_text((json.dumps(question) + "\n") * 3)
    arguments = ["evaluate", str(tmp_path), "--json", "--from-docs", "--limit", "2"]

    figures = json.loads(CliRunner().invoke(app, arguments).stdout)

    assert figures["questions"] == 2
    assert figures["retrieval"]["page"]["hit@1"] == 1


def test_a_folder_that_is_no_data_set_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "questions.jsonl" in done.stderr


SETTINGS = {
    "an unknown setting": ("[knowlege]\n", "knowlege"),
    "a wrong type": ("[knowledge]\ntop_k = 'many'\n", "knowledge.top_k"),
    "no TOML": ("[", "TOML"),
    "no database": ("[database]\nurl = 'mysql://x/y'\n", "mysql"),
}


@pytest.mark.parametrize(("text", "named"), SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("command", [["ask", "What?"], ["status"], ["serve"], ["db", "upgrade"]])
def test_wrong_settings_stop_every_command_with_a_sentence(
    tmp_path: Path, command: list[str], text: str, named: str
) -> None:
    config = tmp_path / "lorebot.toml"
    config.write_text(text)
    where = ["--config", str(config), "--home", str(tmp_path / "home")]
    done = CliRunner().invoke(app, [*command, *where])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert named in done.stderr or "slack.bot_token" in done.stderr


def test_serve_without_a_token_says_where_to_get_one(tmp_path: Path) -> None:
    done = in_a_process("serve", "--home", str(tmp_path))
    assert done.returncode == 1
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode_is_no_error(tmp_path: Path) -> None:
    done = in_a_process("doctor", "--home", str(tmp_path), PYTHONIOENCODING="ascii")
    assert "\\u2713 python" in done.stdout
    assert "incident" not in done.stderr


def test_a_wrong_option_is_a_matter_of_usage(run: Run) -> None:
    done = run("ask", "What?", "--loud")
    assert done.exit_code == 2
    assert "--loud" in done.stderr


def test_the_version_is_shown() -> None:
    shown = CliRunner().invoke(app, ["--version"]).stdout
    assert shown == f"lorebot {metadata.version('lorebot')}\n"


def test_the_systemd_unit_starts_a_command_that_exists() -> None:
    unit = Path(__file__).parents[2] / "deploy" / "lorebot.service"
    [line] = [line for line in unit.read_text().splitlines() if line.startswith("ExecStart=")]
    _program, *arguments = line.removeprefix("ExecStart=").split()
    assert CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0
    assert arguments[0] == "serve"
