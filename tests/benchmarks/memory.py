"""The peak memory of a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence


def memory_of_serving(url: str, questions: Sequence[str]) -> float:
    """MB of a fresh process that opens the database and answers the questions."""
    return memory_of(
        "from db.engine import open_database; from knowledge.base import open_knowledge\n"
        "from knowledge.settings import KnowledgeSettings\n"
        f"knowledge = open_knowledge(open_database({url!r}), KnowledgeSettings())\n"
        f"[knowledge.answer(question) for question in {list(questions)!r}]"
    )


def memory_of(code: str) -> float:
    # Not ru_maxrss: on Linux a child begins with its parent's.
    peak = "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{peak}"], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1]) / 1024
