"""The report in words: what people read beside the pictures, or in place of them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.blocks import Message, context, section
from bot.learning_views import most, plain_message, words
from bot.mrkdwn import escape
from finetune.report import ReleaseScores, Report, Score, Shown

SCORES: Mapping[Shown, str] = {
    "mrr@10": "MRR@10",
    "f1": "token F1",
    "right_abstention": "answered or refused as it should",
}
MOST_CAUSES = 3
NOT_LET_IN = (
    "I am not in this conversation, so I cannot show the pictures here: invite me, and ask again."
)
NOT_TAKEN = {
    "missing_scope": (
        "I may not upload pictures yet: give the app the scope files:write at api.slack.com/apps, "
        "and install it again."
    ),
    "not_in_channel": NOT_LET_IN,
    "channel_not_found": NOT_LET_IN,
}
"""By Slack's error code."""
OTHERWISE = "Slack has not taken the pictures; `lorebot report` draws them as files."


def sentences(report: Report) -> dict[str, str]:
    """One for each picture, under its name."""
    said = {}
    if report.weeks:
        said["satisfaction"] = satisfaction(report)
    if report.cycles:
        said["causes"] = causes(report)
    if report.candidates:
        said["scores"] = scores(report.candidates[-1])
    return said


def satisfaction(report: Report) -> str:
    """`In the week of 9 February 2026 91 % of 47 votes were thumbs-up; in all 75 % of 386.`"""
    last, weeks = report.weeks[-1], report.weeks
    up, votes = sum(week.up for week in weeks), sum(week.votes for week in weeks)
    latest = f"{share(last.up, last.votes)} of {counted(last.votes, 'vote')}"
    whole = f"; in all {share(up, votes)} of {votes:,}" if len(weeks) > 1 else ""
    return f"In the week of {date(last.begins)} {latest} were thumbs-up{whole}."


def causes(report: Report) -> str:
    """`Cycle 5 looked at 125 bad answers: 19 not retrieved, 18 wrongly refused, …`"""
    last = report.cycles[-1]
    found = most(last.counts)
    named = [f"{count:,} {words(cause)}" for cause, count in found[:MOST_CAUSES]]
    rest = sum(count for _, count in found[MOST_CAUSES:])
    named += [f"{rest:,} for other causes"] if rest else []
    bad = counted(sum(last.counts.values()), "bad answer")
    return f"Cycle {last.cycle_id} looked at {bad}: {', '.join(named)}."


def scores(one: ReleaseScores) -> str:
    """`Release 5, which went live: MRR@10 0.62 → 0.65 (by −0.02 to +0.08), …`"""
    outcome = "went live" if one.went_live else "did not go live"
    changes = [f"{SCORES[metric]} {change(score)}" for metric, score in one.scores.items()]
    return f"Release {one.release_id}, which {outcome}: {', '.join(changes)}."


def change(score: Score) -> str:
    moved = f"{score.champion:.2f} → {score.candidate:.2f}"
    if score.gain is None:
        return moved
    low, high = signed(score.gain.low), signed(score.gain.high)
    return f"{moved} ({score.gain.confidence:.0%} interval {low} to {high})".replace("%", " %")


def signed(change: float) -> str:
    return f"{change:+.2f}".replace("-", "−")


def share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}".replace("%", " %")


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def date(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def nothing_yet(report: Report) -> str:
    since = "" if report.since is None else f" since {date(report.since)}"
    return f"There is nothing to report{since} yet: no vote was given, and no cycle found causes."


def comment(report: Report) -> str:
    """What stands above the pictures."""
    return "\n".join(
        ["*How Lorebot does*", *(f"• {escape(s)}" for s in sentences(report).values())]
    )


def report_message(report: Report, refusal: str) -> Message:
    """The figures without the pictures, and what to do to see these; `refusal` is Slack's code."""
    text = comment(report)
    return Message(text, (section(text), context(NOT_TAKEN.get(refusal, OTHERWISE))))


def nothing_message(report: Report) -> Message:
    return plain_message(escape(nothing_yet(report)))
