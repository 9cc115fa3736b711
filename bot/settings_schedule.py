"""A schedule in the settings, checked when they are read and not in the night when it is due."""

from __future__ import annotations

from bot.settings_errors import SettingsError


def check_cron(what: str, schedule: str) -> None:
    """Raise SettingsError, which begins with `what`, unless it is empty or a cron expression."""
    if not schedule:
        return
    # Imported here: few settings have a schedule, and every command reads the settings.
    from bot.cron import EXAMPLE, parse_cron

    try:
        parse_cron(schedule)
    except ValueError as error:
        said = str(error)[:1].lower() + str(error)[1:]
        raise SettingsError(f"{what}: {said}; {EXAMPLE}.") from None
