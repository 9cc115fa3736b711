"""A team that calls things by words of its own, which its documents do not know."""

from __future__ import annotations

import json
from pathlib import Path

THINGS = {
    "zorbl": ("Coffee", "The espresso machine stands in kitchen three and is cleaned on Fridays."),
    "quinth": ("Parking", "Cars are parked on the lower deck; a permit is needed at night."),
    "mobrel": ("Expenses", "Receipts are handed in by the tenth, and paid with the next salary."),
    "fenwit": ("Laptops", "A new computer is ordered from the hardware desk with a lead's word."),
    "dralk": ("Holiday", "Leave is asked for two weeks ahead and written into the calendar."),
    "plimse": ("Visitors", "Guests sign the book at reception and wear a yellow badge."),
    "guvno": ("Printing", "The large printer takes A3 paper and is found beside the stairs."),
    "tasque": ("Illness", "Whoever is sick calls the front desk before nine in the morning."),
    "yurrip": ("Meetings", "Rooms are booked in the shared diary, for two hours at the most."),
    "ombler": ("Bicycles", "Bikes are locked to the green racks; pumps hang on the wall there."),
    "crenfo": ("Lunch", "The canteen serves a warm meal from noon until half past one."),
    "wexil": ("Passwords", "A forgotten password is set anew at the identity portal."),
    "hodran": ("Training", "Each person has a budget for courses of their own choice."),
    "sliffen": ("Shipping", "Parcels are collected from the mail room at four in the afternoon."),
    "braddo": ("Insurance", "Damage to equipment is told to the legal team within a day."),
    "kelmar": ("Heating", "Radiators are turned down by the janitor at six in the evening."),
    "nuvex": ("Recycling", "Glass and paper go into separate bins behind the loading bay."),
    "jopple": ("Music", "Headphones are worn in the open office; speakers are for the garden."),
    "arvish": ("Travel", "Trains are booked with the agency, in second class, a week ahead."),
    "tindle": ("Gifts", "Presents from suppliers are declared, and raffled in December."),
}
ASKING = (
    "where do I find the {}?",
    "how does {} work here",
    "what are the rules about {}",
    "I need help with {}, please",
)
KNOWN = "{}: is it so that {}"
"""In the words of the documents, which are understood without learning anything."""


def make_dataset(folder: Path) -> Path:
    """For each thing a passage, four questions that use the team's word, and one that does not."""
    folder.mkdir(parents=True, exist_ok=True)
    passages = [
        {"id": f"{title.lower()}#0", "title": title, "text": text}
        for title, text in THINGS.values()
    ]
    questions = [
        {
            "id": f"{word}-{number}",
            "question": question,
            "answers": [text],
            "passage_ids": [f"{title.lower()}#0"],
        }
        for word, (title, text) in THINGS.items()
        for number, question in enumerate(questions_about(word, title, text))
    ]
    write(folder / "passages.jsonl", passages)
    write(folder / "questions.jsonl", questions)
    return folder


def questions_about(word: str, title: str, text: str) -> list[str]:
    known = KNOWN.format(title, text.rstrip(".").lower())
    return [*(asking.format(word) for asking in ASKING), f"{known}?"]


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
