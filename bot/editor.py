"""Let a person write in the editor of their choice."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from finetune.review import ReviewRefused

HOW = "say it with --answer, or name an editor in the environment variable EDITOR."


def written_in_editor(text: str, environment: Mapping[str, str]) -> str:
    """What is left of `text` when the editor is closed.

    Raises ReviewRefused if there is no editor, or nothing is left.
    """
    chosen = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="lorebot-") as folder:
        path = Path(folder) / "answer.md"
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*chosen, str(path)], check=True)
        except (OSError, subprocess.CalledProcessError):
            raise ReviewRefused(f"The editor {chosen[0]} did not work: {HOW}") from None
        written = path.read_text(encoding="utf-8", errors="replace").strip()
    if not written:
        raise ReviewRefused("Nothing was left in the editor, so the correction still waits.")
    return written
