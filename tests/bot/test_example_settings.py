"""The example of lorebot.toml tells every setting, its default, and what it is for."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from bot.config import DatabaseSettings, Settings, SlackSettings, load_settings
from bot.settings_sources import KINDS
from finetune.settings import TrainingSettings
from knowledge.settings import KnowledgeSettings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "lorebot.example.toml"
OFF = "#: "
"""What stands before every line of the examples of sources."""


@pytest.fixture
def with_sources(tmp_path: Path) -> Path:
    """The example with its sources uncommented."""
    lines = [line.removeprefix(OFF) for line in EXAMPLE.read_text().splitlines()]
    path = tmp_path / "lorebot.toml"
    path.write_text("\n".join(lines))
    return path


def test_the_example_holds_every_setting_with_its_default() -> None:
    tables = {
        "database": DatabaseSettings().model_dump(mode="json"),
        "slack": SlackSettings().model_dump(mode="json"),
        "knowledge": KnowledgeSettings().model_dump(mode="json"),
        # TOML has no word for nothing: what is unset by default is shown behind "#: ".
        "training": TrainingSettings().model_dump(mode="json", exclude_none=True),
    }
    fields = Settings.model_fields.items()
    apart = {*tables, "home", "sources"}
    single = {name: field.default for name, field in fields if name not in apart}
    assert tomllib.loads(EXAMPLE.read_text()) == single | tables


def test_what_is_unset_by_default_is_shown_too(with_sources: Path) -> None:
    shown = tomllib.loads(with_sources.read_text())["training"]
    known = TrainingSettings().model_dump()
    assert shown.keys() == known.keys()
    assert shown["retriever"].keys() == known["retriever"].keys()
    assert shown["generator"].keys() == known["generator"].keys()


def test_every_setting_in_the_example_has_a_line_about_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if re.match(r"\w+ = ", line) and not before.startswith("# ")
    ]
    assert bare == []


def test_every_setting_of_a_source_has_a_line_about_it_where_it_is_first_shown() -> None:
    lines = [line.removeprefix(OFF) for line in EXAMPLE.read_text().splitlines()]
    [begin] = [n for n, line in enumerate(lines) if line == "# A folder on this machine."]
    told = [
        match[1]
        for before, line in itertools.pairwise(lines[begin:])
        if (match := re.match(r"(\w+) = ", line)) and before.startswith("# ")
    ]
    assert set(told) == {field for kind in KINDS.values() for field in kind.model_fields}


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    from_example = load_settings(tmp_path, EXAMPLE)
    assert from_example.slack == SlackSettings()
    assert from_example.knowledge.documents == EXAMPLE.parent / "docs"
    assert from_example.sources == ()


def test_the_examples_of_sources_can_be_used(tmp_path: Path, with_sources: Path) -> None:
    sources = load_settings(tmp_path, with_sources).sources
    assert [source.kind for source in sources] == list(KINDS)
    assert sources[0].labels == ("public",)
    assert sources[1].labels == ("C012AB3CD", "U012AB3CD")


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_of_a_kind_is_shown(with_sources: Path, kind: str) -> None:
    tables = tomllib.loads(with_sources.read_text())["sources"]
    [shown] = [table.keys() for table in tables if table["kind"] == kind]
    [folder] = [table.keys() for table in tables if table["kind"] == "folder"]
    assert KINDS[kind].model_fields.keys() <= shown | folder - {"path"}
