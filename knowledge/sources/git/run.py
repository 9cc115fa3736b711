"""Runs git in limited time, without prompts, hooks or helpers, and keeps secrets out of errors."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.sources import SourceUnavailable

# Whatever else the program was given, its own tokens among it, is no business of git's.
_PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "XDG_CONFIG_HOME"),
    *("SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)

_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_LITERAL_PATHSPECS": "1",
}

# A shared connection would outlive the fetch and hold its pipes open.
_SSH = (
    "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 "
    "-o ServerAliveCountMax=4 -o ControlMaster=no -o ControlPath=none"
)

_SETTINGS = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("credential.helper", ""),
    ("gc.autoDetach", "false"),
    ("maintenance.autoDetach", "false"),
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
)

_CONTROLS = re.compile("[\x00-\x1f\x7f]+")
_TOLD = re.compile(r"^(?:fatal|error|remote|ssh): .+|^.*: Permission denied.*", re.MULTILINE)


class GitFailed(Exception):
    """Git ended with an error; the message is what it said."""


class GitTimedOut(GitFailed):
    """Git was ended because it took too long."""


@dataclass(frozen=True, slots=True)
class Git:
    """Git as this source may use it: through `protocols`, with settings of its own on top."""

    protocols: str
    settings: Sequence[tuple[str, str]] = ()
    secrets: Sequence[str] = ()
    """Words that no error may repeat."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """This program's, of which git is given what it needs."""

    def run(
        self, clone: Path, *arguments: str, seconds: float, keep_open: Sequence[int] = ()
    ) -> bytes:
        """What git writes. Raises GitFailed, and SourceUnavailable where there is no git.

        Git and all that it starts hold the descriptors `keep_open`, even if this process is killed.
        """
        try:
            process = subprocess.Popen(
                ["git", *arguments],
                cwd="/",
                env=self._environment(clone),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=keep_open,
            )
        except FileNotFoundError:
            raise SourceUnavailable(
                "git is not installed: install it (the package is called git), "
                "or take the source out of lorebot.toml."
            ) from None
        return self._outcome(process, seconds)

    def _outcome(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        with process:
            try:
                written, said = process.communicate(timeout=seconds)
            except BaseException as error:
                _end(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise GitTimedOut(f"took longer than {seconds:g} seconds") from None
                raise
        if process.returncode:
            raise GitFailed(self._without_secrets(said.decode(errors="replace")))
        return written

    def _environment(self, clone: Path) -> Mapping[str, str]:
        given = self.environment
        passed_on = {name: given[name] for name in _PASSED_ON if name in given}
        settings = (*_SETTINGS, *self.settings)
        counted = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings):
            counted |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        own = {"GIT_DIR": os.fspath(clone), "GIT_ALLOW_PROTOCOL": self.protocols}
        return {"GIT_SSH_COMMAND": _SSH} | passed_on | _QUIET | own | counted

    def _without_secrets(self, said: str) -> str:
        for secret in filter(None, self.secrets):
            said = said.replace(secret, "…")
        return said


def first_complaint(error: GitFailed) -> str:
    """The line of git's words that tells most, fit to be shown."""
    lines = _TOLD.findall(str(error)) or str(error).strip().splitlines() or ["it gave no reason"]
    return _CONTROLS.sub(" ", lines[0])[:300].strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill git and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
