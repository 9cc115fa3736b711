"""How a model is computed here: on which device, in which precision, and whether it fits."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from knowledge.embed import cpu_has_bfloat16
from knowledge.errors import KnowledgeUnusable

CGROUP = Path("/sys/fs/cgroup")


def choose_device(wanted: str) -> torch.device:
    """The device of that name, or with "auto" the fastest there is: CUDA, then MPS, then CPU."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if not there[wanted]:
        raise KnowledgeUnusable(
            f"There is no {wanted} device here that torch can use: set knowledge.local.device to "
            '"auto" or "cpu", or install the torch that fits the device.'
        )
    return torch.device(wanted)


def choose_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where it is arithmetic and not an emulation."""
    if device.type == "cuda":
        half = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if half else torch.float16
    if device.type == "mps":
        return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float32
    return torch.bfloat16 if cpu_has_bfloat16() else torch.float32


def check_fits(what: str, needed: int, device: torch.device) -> None:
    """Refuse what would not fit: the system ends a process that takes more than there is."""
    free = free_memory(device)
    if free is not None and needed > free:
        raise KnowledgeUnusable(
            f"{what} needs {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free on "
            f"{device.type}: choose a smaller model, or serve this one elsewhere and set "
            'knowledge.generator to "server".'
        )


def free_memory(device: torch.device) -> int | None:
    """Bytes; None where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    found = [size for size in (free_in_system(), free_in_container()) if size is not None]
    return min(found, default=None)


def free_in_system() -> int | None:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def free_in_container() -> int | None:
    """What a limit of control groups (version 2) leaves; the file cache gives way, so counts."""
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else int(limit) - used + int(stat.get("inactive_file", 0))
