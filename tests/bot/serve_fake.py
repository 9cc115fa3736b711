"""Serve the workspace with the knowledge base of these tests, in a process that can be killed.

Run as: python serve_fake.py HOME API_URL BOT_TOKEN APP_TOKEN SECONDS_PER_ANSWER
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))


def main(home: str, api_url: str, bot_token: str, app_token: str, delay_s: str) -> None:
    from bot.app import build
    from bot.config import Settings
    from bot.serve import open_bot, stop_on_signals
    from tests.bot.conftest import FakeKnowledge

    stop = stop_on_signals()
    settings = Settings(home=Path(home))
    lorebot = build(settings, knowledge=FakeKnowledge(delay_s=float(delay_s)))
    running = open_bot(lorebot, client_base_url=api_url, bot_token=bot_token, app_token=app_token)
    print("ready", flush=True)
    stop.wait()
    running.close()
    lorebot.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
