"""Names for processes that hold leases, and whether the process behind a name is dead."""

from __future__ import annotations

import os
import secrets
import socket

HOST = socket.gethostname()[:30].replace(":", "-")
OF_THIS_PROCESS: set[str] = set()


def new_owner() -> str:
    owner = f"{HOST}:{os.getpid()}:{secrets.token_hex(4)}"
    OF_THIS_PROCESS.add(owner)
    return owner


def is_dead(owner: str) -> bool:
    """Whether this was a process of this machine that is no more."""
    host, _, rest = owner.partition(":")
    number = rest.partition(":")[0]
    if host != HOST or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        # In a container every process may have the number of the one before it.
        return owner not in OF_THIS_PROCESS
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
