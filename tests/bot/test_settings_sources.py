"""Every mistake in `[[sources]]` is told with the name of its source, and no secret is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config import SettingsError, load_settings
from bot.settings_sources import token_variable
from knowledge.sources.names import DOCUMENTS

HANDBOOK = '[[sources]]\nname = "handbook"\nkind = "folder"\npath = "handbook"\n'
WIKI = (
    '[[sources]]\nname = "team-wiki"\nkind = "confluence"\nurl = "https://w.example"\nspace = "T"\n'
)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "lorebot.toml"


def mistake(toml: Path, text: str) -> str:
    toml.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(toml.parent, toml)
    return str(caught.value)


def test_a_source_is_read_with_its_path_beside_the_file(toml: Path) -> None:
    toml.write_text(HANDBOOK)
    [source] = load_settings(toml.parent, toml).sources
    assert (source.name, source.labels) == ("handbook", ("public",))
    assert source.path == toml.parent / "handbook"


def test_without_sources_the_folder_of_documents_is_one(toml: Path) -> None:
    toml.write_text('[knowledge]\ndocuments = "docs"\nbase_url = "https://docs.example/"\n')
    [source] = load_settings(toml.parent, toml).all_sources
    assert (source.name, source.path) == (DOCUMENTS, toml.parent / "docs")
    assert source.base_url == "https://docs.example/"


def test_sources_win_over_the_folder_of_documents(toml: Path) -> None:
    toml.write_text('[knowledge]\ndocuments = "docs"\n' + HANDBOOK)
    assert [source.name for source in load_settings(toml.parent, toml).all_sources] == ["handbook"]


MISTAKES = {
    "no kind": (
        '[[sources]]\nname = "handbook"\n',
        "The source handbook has no kind: write kind = and one of folder, git, web, confluence, "
        "notion, drive.",
    ),
    "an unknown kind": (
        '[[sources]]\nname = "handbook"\nkind = "foldr"\n',
        "The source handbook is of the unknown kind foldr; there are folder, git, web, "
        "confluence, notion, drive. Did you mean folder?",
    ),
    "an unknown key": (
        HANDBOOK + 'audiance = "public"\n',
        "The source handbook has no setting audiance. Did you mean audience?",
    ),
    "a key of another kind": (
        HANDBOOK + 'sitemap = "https://x"\n',
        "The source handbook has no setting sitemap.",
    ),
    "a missing key": (
        '[[sources]]\nname = "handbook"\nkind = "folder"\n',
        "The source handbook needs a path: add path = to its table.",
    ),
    "no name": (
        '[[sources]]\nkind = "folder"\npath = "x"\n',
        "Source number 1 needs a name: add name = to its table.",
    ),
    "a wrong name": (
        HANDBOOK.replace("handbook", "Hand Book"),
        "The source Hand Book: name is wrong: use small letters, digits, - and _, at most 40 of "
        "them.",
    ),
    "a name as audience": (
        HANDBOOK + 'audience = ["general"]\n',
        "The source handbook: audience is wrong: general is no id of a channel (C…, G…) or of a "
        "person (U…, W…).",
    ),
    "an id that is no list": (
        HANDBOOK + 'audience = "C012AB3CD"\n',
        'The source handbook: audience is wrong: write "public" or a list like ["C012AB3CD"].',
    ),
    "nobody as audience": (
        HANDBOOK + "audience = []\n",
        "The source handbook: audience is wrong: an empty list is nobody; write "
        '"public" or the ids of the readers.',
    ),
    "a wrong type": (
        HANDBOOK + "owners = 3\n",
        "The source handbook: owners is wrong: input should be a valid list.",
    ),
    "a schedule that is none": (
        HANDBOOK + 'schedule = "daily"\n',
        "The source handbook: schedule is wrong: it does not have five fields; write five fields, "
        'in UTC: "30 3 * * *" is every night at 3:30.',
    ),
    "a schedule of an hour that is not": (
        HANDBOOK + 'schedule = "0 25 * * *"\n',
        "The source handbook: schedule is wrong: error validating expression '25': the last "
        "value (25) is higher than the maximum value (23); write five fields, in UTC: "
        '"30 3 * * *" is every night at 3:30.',
    ),
    "one table instead of a list": (
        HANDBOOK.replace("[[sources]]", "[sources]"),
        "sources must be a list: write a table [[sources]], with two brackets on each side, for "
        "every source.",
    ),
    "a list of words": (
        'sources = ["handbook"]\n',
        "Source number 1 is no table: write a table [[sources]], with two brackets on each side, "
        "for every source.",
    ),
    "a name twice": (HANDBOOK * 2, "Two sources are called handbook: give each a name of its own."),
    "a name that is taken": (
        HANDBOOK.replace('"handbook"\nkind', '"answers"\nkind'),
        "No source can be called answers, for Lorebot itself uses the name.",
    ),
    "no token": (
        WIKI,
        "The source team-wiki needs a token: put it into the environment variable "
        "LOREBOT_SOURCE_TEAM_WIKI_TOKEN.",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_source(toml: Path, text: str, said: str) -> None:
    assert mistake(toml, text) == said


def test_a_token_comes_from_the_environment(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOREBOT_SOURCE_TEAM_WIKI_TOKEN", "hunter2")
    toml.write_text(WIKI)
    settings = load_settings(toml.parent, toml)
    assert settings.sources[0].token.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings.model_dump())


def test_the_environment_is_stronger_than_a_token_in_the_file(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(token_variable("team-wiki"), "from environment")
    toml.write_text(WIKI + 'token = "from file"\n')
    [source] = load_settings(toml.parent, toml).sources
    assert source.token.get_secret_value() == "from environment"


def test_a_token_for_no_source_is_named(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOREBOT_SOURCE_TEAM_WIKI_TOKEN", "hunter2")
    monkeypatch.setenv("LOREBOT_SOURCE_TEEM_WIKI_TOKEN", "hunter2")
    assert mistake(toml, WIKI) == (
        "The environment variable LOREBOT_SOURCE_TEEM_WIKI_TOKEN names no source that takes a "
        "token. Did you mean LOREBOT_SOURCE_TEAM_WIKI_TOKEN?"
    )


def test_a_source_that_takes_no_token_gets_none(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOREBOT_SOURCE_HANDBOOK_TOKEN", "hunter2")
    assert "LOREBOT_SOURCE_HANDBOOK_TOKEN names no source" in mistake(toml, HANDBOOK)


@pytest.mark.parametrize(
    "text",
    [
        WIKI + 'token = "hunter2"\ncolour = "red"\n',
        WIKI + 'token = ["hunter2"]\n',
        WIKI.replace("https://w", "https://me:hunter2@w") + 'token = "x"\n',
        '[[sources]]\nname = "r"\nkind = "git"\nurl = "https://hunter2@git.example/r.git"\n',
        HANDBOOK + 'base_url = "https://me:hunter2@docs.example"\n',
    ],
)
def test_no_mistake_shows_a_secret(toml: Path, text: str) -> None:
    assert "hunter2" not in mistake(toml, text)


def test_a_user_may_stand_in_the_address_of_a_repository_that_has_a_token(toml: Path) -> None:
    source = '[[sources]]\nname = "r"\nkind = "git"\nurl = "https://me@git.example/r.git"\n'
    toml.write_text(source + 'token = "hunter2"\n')
    assert load_settings(toml.parent, toml).sources[0].name == "r"


def test_all_sources_can_come_from_the_environment_as_json(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"name": "guide", "kind": "folder", "path": "/srv/guide", "audience": ["C012AB3CD"]}
    monkeypatch.setenv("LOREBOT_SOURCES", json.dumps([one]))
    toml.write_text(HANDBOOK)
    [source] = load_settings(toml.parent, toml).sources
    assert (source.name, source.labels) == ("guide", ("C012AB3CD",))


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LOREBOT_SOURCES", "handbook hunter2", "LOREBOT_SOURCES is not JSON: write [{"),
        ("LOREBOT_SOURCES", '{"name": "hunter2"}', "sources must be a list"),
        ("LOREBOT_SOURCES__0__PATH", "hunter2", "LOREBOT_SOURCES__0__PATH is not read: write all"),
    ],
)
def test_sources_in_the_environment_that_are_no_list_are_refused(
    toml: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    told = mistake(toml, "")
    assert said in told
    assert "hunter2" not in told
