"""Nothing is learned from somebody, at the command line: as `/lore opt-out`, for another person."""

from __future__ import annotations

from rich.console import Console

from bot.cli_open import opened_database, user
from bot.cli_show import show_json, write
from bot.cli_sources import minute
from bot.config import Settings
from db import audit, optout


def opt_out(settings: Settings, person: str, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        new = optout.opt_out(database, person)
        audit.write(database, actor=user(), surface="cli", act=f"opt-out {person}", outcome="done")
    if as_json:
        show_json({"person": person, "opted_out": True, "changed": new})
    elif new:
        write(Console(), f"From now on nothing is learned from what {person} says.")
    else:
        write(Console(), f"{person} had opted out before.")


def opt_in(settings: Settings, person: str, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        changed = optout.opt_in(database, person)
        audit.write(database, actor=user(), surface="cli", act=f"opt-in {person}", outcome="done")
    if as_json:
        show_json({"person": person, "opted_out": False, "changed": changed})
    elif changed:
        write(Console(), f"What {person} asks, rates and corrects may be learned from again.")
    else:
        write(Console(), f"{person} had not opted out.")


def show_opted_out(settings: Settings, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        found = optout.since(database)
    if as_json:
        show_json({"opted_out": [{"person": p, "since": s.isoformat()} for p, s in found.items()]})
        return
    for person, since in found.items():
        write(Console(), f"{person}  since {minute(since)}")
    if not found:
        write(Console(), "Nobody has opted out.")
