"""Print what was measured as a markdown table that can go into the README as it is."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from pathlib import Path


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"\n{title}\n")
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(shown(cell) for cell in row) + " |", flush=True)


def shown(cell: object) -> str:
    return (
        f"{cell:.3g}"
        if isinstance(cell, float) and cell >= 1
        else (f"{cell:.3f}" if isinstance(cell, float) else str(cell))
    )


def machine() -> str:
    """The day and the machine, to stand above the tables."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next(
            (x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), model
        )
    python = platform.python_version()
    return f"{dt.date.today()}, {model}, {os.cpu_count()} cores, Python {python}"


def median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]
