"""A schedule means what crontab(5) says it means, in UTC."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.cron import latest_slot, next_slot, parse_cron

FRIDAY_NOON = dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC)
HOURS = dt.timedelta(hours=6)


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 3 * * *", "Sat Sun Mon Tue Wed Thu Fri"),
        ("0 3 * * 0", "Sun"),
        ("0 3 * * 7", "Sun"),
        ("0 3 * * 1", "Mon"),
        ("0 3 * * MON,thu", "Mon Thu"),
        ("0 3 * * 1-5", "Mon Tue Wed Thu Fri"),
        ("0 3 * * sun-tue", "Sun Mon Tue"),
        ("0 3 * * sat-sun", "Sat Sun"),
        ("0 3 * * 6-7", "Sat Sun"),
        ("0 3 * * */2", "Sat Sun Tue Thu"),
        ("0 3 * * 1-5/2", "Mon Wed Fri"),
    ],
)
def test_weekdays_are_counted_from_sunday(expression: str, days: str) -> None:
    trigger = parse_cron(expression)
    week = [FRIDAY_NOON + dt.timedelta(days=n) for n in range(7)]
    slots = {next_slot(trigger, day) for day in week}
    found = {f"{slot:%a}" for slot in slots if slot and slot < week[0] + dt.timedelta(days=7)}
    assert found == set(days.split())


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "it does not have five fields"),
        ("@daily", "it does not have five fields"),
        ("0 0 3 * * *", "it does not have five fields"),
        ("61 * * * *", "maximum value"),
        ("*/0 * * * *", "higher than 0"),
        ("0 3 * * 8", "8 is no day of the week"),
        ("0 3 * * monday", "monday is no day of the week"),
        ("0 3 * * */0", "is no day of the week"),
        ("0 3 * * ,", "is no day of the week"),
        ("0 3 1 * mon", "days of the month and of the week"),
        ("0 0 31 2 *", "there is no such day"),
    ],
)
def test_what_is_no_schedule_is_refused(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_cron(expression)


@pytest.mark.parametrize(
    ("expression", "slot"),
    [
        ("0 * * * *", FRIDAY_NOON),
        ("1-59/7 * * * *", FRIDAY_NOON - dt.timedelta(minutes=3)),
        ("30 11 * * *", FRIDAY_NOON - dt.timedelta(minutes=30)),
        ("0 6 * * *", FRIDAY_NOON - HOURS),
        ("59 5 * * *", None),
        ("1 12 * * *", None),
    ],
)
def test_the_latest_slot_is_on_the_grid_and_not_too_long_ago(
    expression: str, slot: dt.datetime | None
) -> None:
    assert latest_slot(parse_cron(expression), FRIDAY_NOON, HOURS) == slot
