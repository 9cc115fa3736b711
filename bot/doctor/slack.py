"""Slack: whether the tokens are there and whether Slack takes them."""

from __future__ import annotations

import logging

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.config import Settings, check_for_serving
from bot.doctor.check import Failed, Skipped

SILENT = logging.getLogger("bot.doctor.slack.sdk")
SILENT.setLevel(logging.CRITICAL)


def slack_tokens(settings: Settings, *, online: bool) -> str:
    if not online and not has_tokens(settings):
        raise Skipped("none set; only `lorebot serve` needs them")
    check_for_serving(settings)
    return f"present, for {settings.slack.mode} mode"


def has_tokens(settings: Settings) -> bool:
    slack = settings.slack
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return any(token.get_secret_value() for token in tokens)


def slack(settings: Settings, *, online: bool) -> str:
    """Ask Slack who the bot token is, and whether the app token opens a socket."""
    if not online and not has_tokens(settings):
        raise Skipped("no tokens to try")
    check_for_serving(settings)
    address = settings.slack.api_url or WebClient.BASE_URL
    client = WebClient(base_url=address, timeout=10, logger=SILENT)
    try:
        me = client.auth_test(token=settings.slack.bot_token.get_secret_value())
        if settings.slack.mode == "socket":
            client.apps_connections_open(app_token=settings.slack.app_token.get_secret_value())
    except SlackApiError as error:
        raise Failed(
            f"Slack refuses a token: {error.response['error']}",
            "Copy the tokens again from the app's pages at api.slack.com/apps.",
        ) from error
    except (OSError, SlackClientError) as error:
        raise Failed(
            f"{address} cannot be reached: {error}", "Check the connection and any proxy."
        ) from error
    return f"{me['user']} in {me['team']}"
