"""Cron expressions of five fields, read as crontab(5) does, in UTC."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from apscheduler.triggers.cron import CronTrigger

EXAMPLE = 'write five fields, in UTC: "30 3 * * *" is every night at 3:30'
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", re.ASCII)


def parse_cron(expression: str) -> CronTrigger:
    """Raises ValueError with what is wrong."""
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError("it does not have five fields")
    minute, hour, month_day, month, weekday = fields
    if "*" not in (month_day, weekday):
        # crontab takes a day that is either, others one that is both.
        raise ValueError("it names days of the month and of the week; leave * for one of them")
    named = " ".join([minute, hour, month_day, month, by_name(weekday)])
    trigger = CronTrigger.from_crontab(named, dt.UTC)
    if trigger.get_next_fire_time(None, dt.datetime.now(dt.UTC)) is None:
        raise ValueError("there is no such day")
    return trigger


def by_name(weekdays: str) -> str:
    """Weekdays by name: crontab counts them from Sunday, APScheduler from Monday."""
    if weekdays == "*":
        return weekdays
    return ",".join(name for part in weekdays.split(",") for name in days_of(part))


def days_of(part: str) -> Iterator[str]:
    """The days of `1`, `mon`, `1-5`, `sat-sun`, `*/2`, `1-5/2`."""
    found = PART.fullmatch(part.lower())
    if found is None or found[3] == "0":
        raise ValueError(f"{part} is no day of the week")
    first = 0 if found[1] == "*" else number(found[1])
    last = number(found[2]) if found[2] else (6 if found[1] == "*" or found[3] else first)
    if last < first:
        last += 7
    return (DAYS[day % 7] for day in range(first, last + 1, int(found[3] or 1)))


def number(day: str) -> int:
    if day in DAYS:
        return DAYS.index(day)
    if day in "01234567":
        return int(day)
    raise ValueError(f"{day} is no day of the week")


def latest_slot(trigger: CronTrigger, now: dt.datetime, within: dt.timedelta) -> dt.datetime | None:
    """The last time up to `now` at which it was due, if that is no longer ago than `within`."""
    slot, latest = trigger.get_next_fire_time(None, now - within), None
    while slot is not None and slot <= now:
        latest, slot = slot, trigger.get_next_fire_time(slot, slot)
    return latest


def next_slot(trigger: CronTrigger, now: dt.datetime) -> dt.datetime | None:
    slot: dt.datetime | None = trigger.get_next_fire_time(None, now)
    return slot
