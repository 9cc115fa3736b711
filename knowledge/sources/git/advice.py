"""What went wrong on the other side of a fetch, and what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from knowledge.sources.git.run import GitFailed, GitTimedOut

_ADVICE = (
    (
        r"couldn't find remote ref",
        "{url} has no commits on {branch}: set branch to one that it has",
    ),
    (
        r"Host key verification failed",
        "The host of {url} is not known yet: add its key to the known_hosts file of the user that "
        "runs Lorebot",
    ),
    (
        r"dubious ownership",
        "{url} belongs to another user: let git read it with `git config --global --add "
        "safe.directory {url}`, as the user that runs Lorebot",
    ),
    (
        r"Authentication failed|could not read (?:Username|Password)|error: 40[13]|"
        r"Permission denied|Access denied|HTTP Basic",
        "{url} lets nobody in with what was set: check the token of the source, or the ssh key of "
        "the user that runs Lorebot",
    ),
    (
        r"returned error: 30\d",
        "{url} has moved, and a token is not sent after it: set url to where it is now",
    ),
    (
        r"repository '[^']*' not found|error: 404|does not appear to be a git repository|"
        r"Repository not found|not valid: is this a git repository",
        "There is no git repository at {url}, or it may not be seen: check url and token",
    ),
    (
        r"Could not resolve|[Ff]ailed to connect|Couldn't connect|unable to connect|Empty reply|"
        r"Connection (?:refused|reset|timed|closed)|Operation (?:too slow|timed out)|"
        r"No route to host|returned error: 5\d\d|early EOF|hung up unexpectedly",
        "{url} does not answer: check the address and the network; the next run asks again",
    ),
    (r"No space left", "There is no room for the copy of {url}: make some in {cache}"),
)


def advice(error: GitFailed, url: str, branch: str, cache: Path) -> str | None:
    """A sentence that says what to do; None for what may be the fault of the copy in `cache`."""
    if isinstance(error, GitTimedOut):
        return f"Fetching {url} {error}: check the network; the next run tries again."
    for pattern, told in _ADVICE:
        if re.search(pattern, str(error)):
            return told.format(url=url, branch=branch, cache=cache) + "."
    return None
