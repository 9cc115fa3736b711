"""`lorebot demo`: the bot that serves Slack, in a local workspace, with sample knowledge."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot import logs
from bot.app import build
from bot.config import DatabaseSettings, Prompt, Settings, SettingsError, load_settings
from bot.demo_talk import Talk
from bot.lorebot import Lorebot
from bot.progress import Show, open_progress, showing
from bot.serve import RunningBot, open_bot, stop_on_signals
from bot.workspace import Page, Workspace, open_workspace
from knowledge.audience import Reader
from knowledge.report import Progress

PORT = 8765
ADMIN = "U0ADAMORENO"
QUESTIONS = (
    ("A comet lander", "Why did Philae bounce?"),
    ("A museum rule", "What colour lanyard do volunteers wear?"),
    ("Not in the documents", "What is the wifi password for staff?"),
)


@dataclass(slots=True)
class Shelf:
    """Where the workspace finds a cited document: it opens before the knowledge base does."""

    lorebot: Lorebot | None = None

    def read(self, path: str) -> Page | None:
        found = self.lorebot and self.lorebot.knowledge.document(path, Reader())
        return Page(found.title, found.text, found.path) if found else None


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that runs while the demo does."""

    workspace: Workspace
    lorebot: Lorebot
    bot: RunningBot


def run_demo(home: Path, config: Path | None, *, port: int | None, once: bool) -> None:
    """Serve the workspace until Ctrl-C; with `once`, play a short conversation and end.

    Raises SettingsError, PortInUse, KnowledgeUnusable, DemoFailed.
    """
    console = Console()
    logs.configure("WARNING", "plain")
    # A conversation that nobody joins needs no address that people can remember.
    wanted = port if port is not None else (0 if once else PORT)

    def tell(url: str) -> None:
        # The page may be opened while the models load; its banner says that Lorebot is away.
        if not once:
            console.print(f"The workspace is at {url}; Lorebot is on its way.", highlight=False)

    with alone_in(home), open_demo(home, config, wanted, tell) as demo:
        if once:
            Talk(demo.workspace, demo.lorebot.database, console).play()
        else:
            # First of all: whoever reads the welcome may press Ctrl-C at once.
            stop = stop_on_signals()
            console.print(welcome(demo.workspace.url))
            stop.wait()
            console.print("Stopping.")


@contextmanager
def open_demo(
    home: Path, config: Path | None, port: int, tell: Callable[[str], None] = lambda url: None
) -> Iterator[Demo]:
    """The workspace with the bot connected to it and the sample indexed.

    `tell` hears the address as soon as the page can be opened.
    """
    shelf = Shelf()
    with ExitStack() as opened:
        docs = opened.enter_context(as_file(files("knowledge") / "sample" / "docs"))
        workspace = opened.enter_context(open_workspace(port, read_document=shelf.read))
        tell(workspace.url)
        settings = demo_settings(home, config, docs, f"{workspace.url}/docs/")
        shelf.lorebot = lorebot = opened.enter_context(closing(build(settings)))
        with open_progress() as show:
            lorebot.commands.reindex(progress=only_work(show), actor="demo")
        bot = open_bot(
            lorebot,
            client_base_url=workspace.api_url,
            bot_token=workspace.bot_token,
            app_token=workspace.app_token,
        )
        opened.enter_context(closing(bot))
        yield Demo(workspace, lorebot, bot)


def demo_settings(home: Path, config: Path | None, docs: Path, base_url: str) -> Settings:
    """The settings with a database, documents and an admin of the demo's own.

    A lorebot.toml that lies about is not read: it is meant for a team's real Lorebot.
    """
    home = home.expanduser().absolute()
    settings = load_settings(home, config or Path(os.devnull))
    prompts = tuple(Prompt(title=title, message=message) for title, message in QUESTIONS)
    own = {
        "database": DatabaseSettings(url=f"sqlite:///{home}/lorebot.db"),
        "knowledge": settings.knowledge.model_copy(
            update={"documents": docs, "base_url": base_url}
        ),
        "sources": (),
        # Nothing in it is anybody's: it is there to be learned from.
        "training": settings.training.model_copy(update={"enabled": True}),
        "slack": settings.slack.model_copy(update={"admins": (ADMIN,), "prompts": prompts}),
    }
    return settings.model_copy(update=own)


def only_work(show: Show) -> Callable[[Progress], None]:
    """Nothing to read, nothing to show: a second start says no word about the index."""
    tell = showing(show)

    def step(progress: Progress) -> None:
        if progress.stage != "switching":
            tell(progress)

    return step


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Two demos on one database would answer each other's questions."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        opened = (home / "demo.lock").open("w")
    except OSError as error:
        raise SettingsError(
            f"Cannot write in {home}: {error.strerror}; choose another --home."
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"Another demo is running in {home}: stop it, or choose another --home."
            ) from None
        yield


def welcome(url: str) -> Panel:
    text = Text.assemble(
        ("Open ", ""), (url, "bold cyan"), " and ask in #ask-lore, for instance:\n\n"
    )
    for _, question in QUESTIONS:
        text.append(f"  @Lorebot {question}\n")
    text.append("\nRate the answers 👍 or 👎, or choose another person at the lower left.\n")
    text.append("Ctrl-C stops Lorebot; questions and ratings are kept.", "dim")
    return Panel(text, title="Lorebot is ready", expand=False)
