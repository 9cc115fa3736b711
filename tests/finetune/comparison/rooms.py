"""A data set of rooms with so many chairs."""

from __future__ import annotations

import json
from pathlib import Path

THINGS = """
otter violin harbour cactus lantern glacier pepper falcon marble anchor canyon tulip
bakery compass dragon ember fiddle garden hammer island jacket kettle ladder magnet
needle orchid pencil quarry ribbon saddle temple umbrella valley walnut yoghurt zebra
bridge candle desert engine forest guitar honey iceberg jungle kitchen lemon mirror
noodle ocean piano rabbit silver tiger volcano whale thunder pillow castle spider
"""
"""So different that no question is nearly another."""
NAMES = THINGS.split()


def make_dataset(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    passages = [
        {"id": f"p{n}", "title": "Rooms", "text": f"The {name} room has {n + 10} chairs."}
        for n, name in enumerate(names)
    ]
    questions = [
        {
            "question": f"How many chairs has the {name} room?",
            "answers": [f"{n + 10} chairs"],
            "passage_ids": [f"p{n}"],
        }
        for n, name in enumerate(names)
    ]
    (folder / "passages.jsonl").write_text("\n".join(map(json.dumps, passages)))
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return folder
