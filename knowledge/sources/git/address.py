"""Where a git repository is: the address as it was set, checked, and how git is let in there."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from knowledge.sources import SourceUnavailable
from knowledge.sources.git.run import Git
from knowledge.sources.settings import GitSettings

_SCHEMES = {"https": "https", "http": "http:https", "ssh": "ssh"}
_SCP_LIKE = re.compile(r"(?:[\w.+~][\w.+~-]*@)?(?:[\w.][\w.-]*|\[[0-9a-fA-F:.]+\]):(?!:).+")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f]")
_HERE = {"localhost", "127.0.0.1", "::1"}

# What git refuses in the name of a branch, and a leading dash, which it takes for an option.
_NO_BRANCH = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/\.|[/.]$|^@$|\.lock(?:/|$)|\.lock$"
)

_NO_ADDRESS = (
    "The url of the source is no address of a git repository: set it to https://…, ssh://…, "
    "git@host:… or the path of a folder."
)


@dataclass(frozen=True, slots=True)
class Address:
    """What git fetches from."""

    url: str
    """Without a password; for people and for git."""
    git: Git
    branch: str
    """Empty for the default branch."""
    folder: str
    """Without a slash at its ends; empty for the whole repository."""

    @property
    def reference(self) -> str:
        return f"refs/heads/{self.branch}" if self.branch else "HEAD"

    @property
    def shown_branch(self) -> str:
        return f"the branch {self.branch}" if self.branch else "the default branch"


def read_address(chosen: GitSettings, environment: Mapping[str, str]) -> Address:
    """Raises SourceUnavailable for settings that git must not be given."""
    url, git = _location(chosen.url, chosen.token.get_secret_value())
    git = replace(git, environment=environment)
    return Address(url, git, _branch(chosen.branch), _folder(chosen.folder))


def _location(url: str, token: str) -> tuple[str, Git]:
    if not url or url.startswith("-") or _UNPRINTABLE.search(url):
        raise SourceUnavailable(_NO_ADDRESS)
    scheme, is_url, _ = url.partition("://")
    if is_url and "/" not in scheme:
        return _with_scheme(url, token)
    if token:
        raise SourceUnavailable(
            "A token goes with an https:// address only: set url to one, or take the token out."
        )
    if _SCP_LIKE.fullmatch(url) and ":" in url.partition("/")[0]:
        return url, Git("ssh")
    if "::" in url.partition("/")[0]:
        raise SourceUnavailable(_NO_ADDRESS)
    return os.path.abspath(os.path.expanduser(url)), Git("file")


def _with_scheme(url: str, token: str) -> tuple[str, Git]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SourceUnavailable(_NO_ADDRESS) from None
    if parts.scheme not in _SCHEMES or not host or host.startswith("-"):
        raise SourceUnavailable(_NO_ADDRESS)
    if parts.password is not None:
        raise SourceUnavailable(
            "The url of the source has a password in it: take it out and set it as token."
        )
    protocols = _SCHEMES[parts.scheme]
    if not token:
        return url, Git(protocols)
    if parts.scheme == "ssh" or (parts.scheme == "http" and host not in _HERE):
        raise SourceUnavailable(
            f"A token is not sent to {parts.scheme}://: set url to an https:// address."
        )
    return _with_token(parts, token, protocols)


def _with_token(parts: SplitResult, token: str, protocols: str) -> tuple[str, Git]:
    """The token travels in a header that only this host is sent, and only where it is set."""
    if not token.isascii() or _UNPRINTABLE.search(token):
        raise SourceUnavailable("The token of the source has characters in it that no token has.")
    user, _, place = parts.netloc.rpartition("@")
    encoded = base64.b64encode(f"{user or 'x-access-token'}:{token}".encode()).decode()
    settings = (
        (f"http.{parts.scheme}://{place}/.extraHeader", f"Authorization: Basic {encoded}"),
        # Git would send the header along to wherever it is led.
        ("http.followRedirects", "false"),
    )
    return parts._replace(netloc=place).geturl(), Git(protocols, settings, (token, encoded))


def _branch(name: str) -> str:
    if _NO_BRANCH.search(name):
        raise SourceUnavailable(
            f"{name!r} cannot be the name of a branch: set branch to one that the repository has."
        )
    return name


def _folder(name: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or _UNPRINTABLE.search(name):
        raise SourceUnavailable(
            f"{name!r} is no folder of a repository: set folder to a path inside it, like docs."
        )
    return "/".join(parts)
