"""The doctor looks at every source: what is missing, and with --online whether it answers."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.doctor import Check, sources, sources_to_look_at
from bot.doctor.check import tried

Look = Callable[..., Check]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """What is found of the only source, which has these settings."""

    def looked(text: str, *, online: bool = False) -> Check:
        config = tmp_path / "lorebot.toml"
        config.write_text(f'[[sources]]\nname = "it"\n{text}\n')
        settings = load_settings(tmp_path, config)
        [(name, check)] = sources_to_look_at(settings, online).items()
        return tried(name, check)

    return looked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nText.\n")
    return tmp_path / "docs"


@pytest.fixture
def repository(folder: Path) -> Path:
    git = partial(subprocess.run, cwd=folder, check=True, capture_output=True)
    git(["git", "init", "-b", "main"])
    git(["git", "add", "a.md"])
    git(["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-m", "A"])
    return folder


class Sitemap(BaseHTTPRequestHandler):
    """Has /sitemap.xml and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/sitemap.xml" else 404)
        self.end_headers()
        self.wfile.write(b"<urlset/>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sitemap)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_folder_that_is_there_is_well(look: Look, folder: Path) -> None:
    assert look('kind = "folder"\npath = "docs"') == Check(
        "source it", "ok", f"1 files in {folder}"
    )


def test_a_folder_that_is_not_there_is_told(look: Look, tmp_path: Path) -> None:
    found = look('kind = "folder"\npath = "nowhere"')
    assert (found.state, found.found) == ("failed", f"there is no folder {tmp_path}/nowhere")
    assert found.advice == "Set path of the source it to the folder."


def test_a_repository_is_asked_online_only(look: Look, repository: Path) -> None:
    text = f'kind = "git"\nurl = "{repository}"'
    assert look(text).found == f"git is installed; --online asks {repository}"
    assert look(text, online=True).found.startswith(f"{repository} answers, the default branch at")


def test_a_branch_that_is_not_there_is_told(look: Look, repository: Path) -> None:
    found = look(f'kind = "git"\nurl = "{repository}"\nbranch = "gone"', online=True)
    assert found.found == f"{repository} has no commits on the branch gone"


def test_a_repository_that_is_none_is_told(look: Look, tmp_path: Path) -> None:
    found = look(f'kind = "git"\nurl = "{tmp_path}/none"', online=True)
    assert "does not answer: fatal: " in found.found
    assert found.advice.startswith("Check url and token of the source it")


def test_a_token_is_not_shown_by_a_repository_that_refuses_it(look: Look, site: str) -> None:
    found = look(f'kind = "git"\nurl = "{site}/r.git"\ntoken = "hunter2"', online=True)
    assert found.state == "failed"
    assert "hunter2" not in str(found)


def test_without_git_a_repository_cannot_be_read(
    look: Look, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    found = look(f'kind = "git"\nurl = "{repository}"')
    assert (found.state, found.found) == ("failed", "git is not installed")


def test_a_site_is_asked_online_only(look: Look, site: str) -> None:
    text = f'kind = "web"\nsitemap = "{site}/sitemap.xml"'
    assert look(text).state == "skipped"
    assert look(text, online=True) == Check("source it", "ok", f"{site}/sitemap.xml answers")


@pytest.mark.parametrize(
    ("address", "said"),
    [("{site}/map.xml", "Not Found"), ("http://127.0.0.1:1/sitemap.xml", "refused")],
)
def test_a_site_that_does_not_answer_is_told(
    look: Look, site: str, address: str, said: str
) -> None:
    found = look(f'kind = "web"\nsitemap = "{address.format(site=site)}"', online=True)
    assert found.state == "failed"
    assert said in found.found


EXTRAS = {
    "confluence": 'url = "https://w.example/wiki"\nspace = "T"\ntoken = "hunter2"',
    "notion": 'token = "hunter2"',
    "drive": 'folder_id = "1AbC"\nservice_account = "key.json"',
}


@pytest.mark.parametrize(("kind", "text"), EXTRAS.items())
def test_a_missing_package_is_named_with_its_extra(
    look: Look, kind: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sources.PACKAGES, kind, "llama-index-readers-none")
    found = look(f'kind = "{kind}"\n{text}')
    assert found.found == "llama-index-readers-none is not installed"
    assert found.advice == f"pip install 'lorebot[{kind}]'"
    assert "hunter2" not in str(found)


def test_a_key_file_that_is_not_there_is_told(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sources.PACKAGES, "drive", "pytest")
    found = look(f'kind = "drive"\n{EXTRAS["drive"]}')
    assert found.found == f"{tmp_path}/key.json cannot be read"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('audience = ["C012AB3CD", "GENERAL"]', "GENERAL in its audience is hardly an id"),
        ('owners = ["ada"]', "ada among its owners is hardly an id"),
        ('owners = ["C012AB3CD"]', "C012AB3CD among its owners is hardly an id of a person"),
    ],
)
def test_what_is_hardly_an_id_is_noticed(look: Look, folder: Path, text: str, said: str) -> None:
    found = look(f'kind = "folder"\npath = "docs"\n{text}')
    assert found.state == "failed"
    assert said in found.found


def test_the_packages_are_those_of_the_extras() -> None:
    names = {"confluence", "notion", "drive"}
    assert set(sources.PACKAGES) == names
