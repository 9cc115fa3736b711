"""Who has opted out stays out until they say otherwise."""

from __future__ import annotations

from db import optout
from db.engine import Database


def test_nobody_has_opted_out_at_first(database: Database) -> None:
    assert optout.opted_out(database) == frozenset()


def test_opting_out_twice_is_opting_out_once(database: Database) -> None:
    assert optout.opt_out(database, "U1")
    assert not optout.opt_out(database, "U1")
    assert optout.opt_out(database, "U2")
    assert optout.opted_out(database) == {"U1", "U2"}


def test_opting_in_takes_it_back_for_oneself_alone(database: Database) -> None:
    optout.opt_out(database, "U1")
    optout.opt_out(database, "U2")
    assert optout.opt_in(database, "U1")
    assert not optout.opt_in(database, "U1")
    assert optout.opted_out(database) == {"U2"}
