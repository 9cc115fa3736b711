"""What the passages of the live index say, in a folder: both-sides training reads them anew."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from db import corpus as live
from db.engine import Database
from finetune.runs import TrainingFailed
from knowledge.passages import full_heading

TEXTS = "texts.jsonl"


@dataclass(frozen=True, slots=True)
class Told:
    """A passage as it is embedded: its text, and the headings that turn its vector."""

    heading: str
    text: str


def save_texts(database: Database, folder: Path) -> None:
    """Write the live passages' headings and texts into the folder, by rising id."""
    folder.mkdir(parents=True, exist_ok=True)
    with database.reading() as session, (folder / TEXTS).open("w", encoding="utf-8") as file:
        for passage in live.live_passages(session):
            heading = full_heading(passage.title, passage.heading)
            file.write(json.dumps([passage.id, heading, passage.text]) + "\n")


def load_texts(folder: Path, ids: Collection[int]) -> dict[int, Told]:
    """Those of some passages, by id. Raises TrainingFailed if the folder holds no texts."""
    wanted = set(ids)
    found: dict[int, Told] = {}
    try:
        with (folder / TEXTS).open(encoding="utf-8") as file:
            for line in file:
                passage_id, heading, text = json.loads(line)
                if passage_id in wanted:
                    found[passage_id] = Told(heading, text)
    except (OSError, ValueError) as error:
        raise TrainingFailed(
            f"There are no texts in {folder}: begin the cycle anew, which writes them."
        ) from error
    return found
