"""A database that cannot be opened says in a sentence what to do, and never a password."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from db.engine import DatabaseUnusable, open_database

SECRET = "xyzzy-plugh"


def refusal(url: str) -> str:
    with pytest.raises(DatabaseUnusable) as refused:
        open_database(url)
    return str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "lorebot.db", "://", f"postgresql://u:{SECRET}@localhost:port/lorebot"]
)
def test_what_is_no_address_is_refused_with_an_example(url: str) -> None:
    said = refusal(url)
    assert said.startswith("database.url is not a database address; write sqlite:///path")
    assert SECRET not in said


def test_an_unknown_database_is_refused_by_name() -> None:
    said = refusal(f"mysql://u:{SECRET}@localhost/lorebot")
    assert said.startswith("database.url names mysql, but Lorebot knows only sqlite:///")
    assert SECRET not in said


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"]
)
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert refusal(url).startswith("database.url must name a file (sqlite:///path/to/file.db)")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@127.0.0.1:1/lorebot",
        f"postgresql:///lorebot?host=127.0.0.1&port=1&user=u&password={SECRET}",
    ],
)
def test_a_server_that_does_not_answer_is_named_without_the_password(url: str) -> None:
    said = refusal(url)
    assert said.startswith("Cannot open the database postgresql://")
    assert "Connection refused" in said
    assert said.endswith("Check database.url in the settings and that the server is running.")
    assert SECRET not in said
    assert "\n" not in said


def test_a_database_that_the_server_does_not_have_is_named(postgres_server: str) -> None:
    absent = postgres_server.replace("/postgres?", "/no_such_base?")
    assert 'database "no_such_base" does not exist' in refusal(absent)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refusal(f"sqlite:///{tmp_path}/file/folder/lorebot.db")
    assert said.startswith(f"Cannot make the folder of the database {tmp_path}/file/folder")
    assert said.endswith("Check database.url and the folder's permissions.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_writable_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert f"{tmp_path}/lorebot.db" in refusal(f"sqlite:///{tmp_path}/lorebot.db")
    assert f"{tmp_path}/new/lorebot.db" in refusal(f"sqlite:///{tmp_path}/new/lorebot.db")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    said = refusal(f"sqlite:///{tmp_path}")
    assert said.startswith(f"Cannot open the database sqlite:///{tmp_path}: unable to open")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, this is not a database. " * 100)
    assert "file is not a database" in refusal(f"sqlite:///{letter}")
    assert letter.read_text().startswith("Dear reader")


def test_folders_of_a_new_file_are_made(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/new/folder/lorebot.db").close()
    assert (tmp_path / "new/folder/lorebot.db").exists()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    open_database("sqlite:///~/lore/lorebot.db").close()
    assert (tmp_path / "lore/lorebot.db").exists()


def test_another_driver_in_the_address_makes_no_difference(tmp_path: Path) -> None:
    open_database(f"sqlite+aiosqlite:///{tmp_path}/lorebot.db").close()
    assert (tmp_path / "lorebot.db").exists()
