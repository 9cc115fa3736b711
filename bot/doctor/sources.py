"""The sources: whether each can be read, as far as that can be told without reading it."""

from __future__ import annotations

import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from bot.config import environment
from bot.doctor.check import Failed, Skipped
from bot.doctor.machine import installed
from knowledge.sources.git.address import read_address
from knowledge.sources.git.run import GitFailed, first_complaint
from knowledge.sources.settings import (
    AnySource,
    DriveSettings,
    FolderSettings,
    GitSettings,
    WebSettings,
)

PACKAGES = {
    "confluence": "llama-index-readers-confluence",
    "notion": "llama-index-readers-notion",
    "drive": "llama-index-readers-google",
}
"""What the sources of a kind need on top, by the name of the extra, which is the kind's."""

IDS = range(9, 14)
"""How long the ids are that Slack gives: a shorter one is rather somebody's name."""
PATIENCE_S = 20.0


def documents(folder: Path) -> str:
    """The one folder of `knowledge.documents`."""
    return folder_found(folder, "Set knowledge.documents to the folder of documents.")


def source(chosen: AnySource, *, online: bool) -> str:
    check_ids(chosen)
    if isinstance(chosen, FolderSettings):
        return folder_found(chosen.path, f"Set path of the source {chosen.name} to the folder.")
    if isinstance(chosen, GitSettings):
        return repository(chosen, online=online)
    if isinstance(chosen, WebSettings):
        return site(chosen, online=online)
    return reader(chosen)


def check_ids(chosen: AnySource) -> None:
    """Settings have checked what ids look like; here, that they are no names in capitals."""
    readers = [label for label in chosen.labels if label != "public"]
    odd = [label for label in readers if len(label) not in IDS]
    if odd:
        raise Failed(
            f"{odd[0]} in its audience is hardly an id of Slack's",
            "Copy the id from the end of the channel's details or the person's profile in Slack.",
        )
    strange = [
        one for one in chosen.owners if not one.startswith(("U", "W")) or len(one) not in IDS
    ]
    if strange:
        raise Failed(
            f"{strange[0]} among its owners is hardly an id of a person",
            "Copy the member id from the person's profile in Slack.",
        )


def folder_found(folder: Path, advice: str) -> str:
    if not folder.is_dir():
        raise Failed(f"there is no folder {folder}", advice)
    if not os.access(folder, os.R_OK | os.X_OK):
        raise Failed(f"{folder} cannot be read", "Give this user the right to read it.")
    count = sum(len(files) for _, _, files in os.walk(folder))
    if not count:
        raise Failed(f"{folder} is empty", "Put documents there, then run: lorebot reindex")
    return f"{count} files in {folder}"


def repository(chosen: GitSettings, *, online: bool) -> str:
    if shutil.which("git") is None:
        raise Failed("git is not installed", "Install it; the package is called git.")
    address = read_address(chosen, environment())
    if not online:
        return f"git is installed; --online asks {address.url}"
    with tempfile.TemporaryDirectory(prefix="lorebot-doctor-") as nowhere:
        asked = ("ls-remote", "--", address.url, address.reference)
        try:
            found = address.git.run(Path(nowhere), *asked, seconds=PATIENCE_S)
        except GitFailed as error:
            raise Failed(
                f"{address.url} does not answer: {first_complaint(error)}",
                f"Check url and token of the source {chosen.name}, and the network.",
            ) from error
    if not found:
        raise Failed(
            f"{address.url} has no commits on {address.shown_branch}",
            f"Set branch of the source {chosen.name} to one that it has.",
        )
    return f"{address.url} answers, {address.shown_branch} at {found[:10].decode()}"


def site(chosen: WebSettings, *, online: bool) -> str:
    if not online:
        raise Skipped(f"--online asks {chosen.sitemap}")
    try:
        with urllib.request.urlopen(chosen.sitemap, timeout=PATIENCE_S) as answer:
            answer.read(1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Failed(
            f"{chosen.sitemap} does not answer: {reason}",
            f"Check sitemap of the source {chosen.name}, and the network.",
        ) from error
    return f"{chosen.sitemap} answers"


def reader(chosen: AnySource) -> str:
    package = PACKAGES[chosen.kind]
    if not installed(package):
        raise Failed(f"{package} is not installed", f"pip install 'lorebot[{chosen.kind}]'")
    if isinstance(chosen, DriveSettings) and not os.access(chosen.service_account, os.R_OK):
        raise Failed(
            f"{chosen.service_account} cannot be read",
            f"Set service_account of the source {chosen.name} to the key file that Google gave.",
        )
    return f"{package} is installed"
