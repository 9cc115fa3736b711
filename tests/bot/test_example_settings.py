"""The example of lorebot.toml tells every setting, its default, and what it is for."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

from bot.config import DatabaseSettings, Settings, SlackSettings, load_settings
from knowledge.settings import KnowledgeSettings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "lorebot.example.toml"


def test_the_example_holds_every_setting_with_its_default() -> None:
    tables = {
        "database": DatabaseSettings().model_dump(mode="json"),
        "slack": SlackSettings().model_dump(mode="json"),
        "knowledge": KnowledgeSettings().model_dump(mode="json"),
    }
    fields = Settings.model_fields.items()
    single = {name: field.default for name, field in fields if name not in {*tables, "home"}}
    assert tomllib.loads(EXAMPLE.read_text()) == single | tables


def test_every_setting_in_the_example_has_a_line_about_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if re.match(r"\w+ = ", line) and not before.startswith("# ")
    ]
    assert bare == []


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    from_example = load_settings(tmp_path, EXAMPLE)
    assert from_example.slack == SlackSettings()
    assert from_example.knowledge.documents == EXAMPLE.parent / "docs"
