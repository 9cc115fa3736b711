"""A knowledge base in memory, and a Lorebot around it, alone or in the local workspace."""

from __future__ import annotations

import datetime as dt
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from bot.app import build
from bot.config import Settings
from bot.lorebot import Lorebot
from bot.serve import RunningBot, open_bot
from bot.workspace.facade import Workspace
from bot.workspace.manifest import read_manifest
from bot.workspace.objects import App, Message, Timing
from bot.workspace.server import open_workspace
from db import inbox
from db.engine import Database, open_database
from db.registry import ReleaseParts
from knowledge.answers import UNKNOWN, Answer, Citation, FoundPassage
from knowledge.audience import Reader
from knowledge.documents import Skipped
from knowledge.errors import KnowledgeUnusable
from knowledge.following import Follower
from knowledge.report import Progress, ReindexReport, SourceReport

from .fake_learning import FakeLearning

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "deploy" / "slack-manifest.yaml"
ADMIN = "U0ADAMORENO"
TEAM = "T0ORBITDESK"

QUESTION = "when was the Apollo landing?"
ANSWER = "Apollo 11 landed on the Moon on 20 July 1969. [1]"

DOCUMENTS = {
    "rockets/saturn-v.md": "The Saturn V carried people to the Moon. It had three stages.",
    "missions/apollo-11.md": "Apollo 11 landed on the Moon on 20 July 1969.",
    "missions/cassini.md": "Cassini orbited Saturn for thirteen years.",
}


@dataclass(frozen=True)
class FakeStatus:
    version: int | None
    documents: int
    passages: int
    indexed_at: dt.datetime | None
    model: str = "fake"
    in_step: bool = True


@dataclass
class FakeKnowledge:
    """Answers with the first sentence that holds a long word of the question."""

    documents: dict[str, str] = field(default_factory=lambda: dict(DOCUMENTS))
    skipped: tuple[Skipped, ...] = ()
    delay_s: float = 0.0
    step_s: float = 0.0
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)
    readers: list[Reader | None] = field(default_factory=list)
    sources: tuple[str, ...] = ("documents",)
    broken: dict[str, str] = field(default_factory=dict)
    """Why these sources cannot be read."""
    read: list[tuple[str, ...]] = field(default_factory=list)
    """Which sources each reindex has read."""
    version: int = 1
    pieces: tuple[str, ...] = ()
    """What a language model writes; without them the answer is quoted."""
    checked: str = ""
    """What is left of it when its citations have been checked, if that differs."""
    piece_s: float = 0.0
    when: dict[int, Callable[[], object]] = field(default_factory=dict)
    """What happens when so many pieces have been written."""
    notice: str = ""
    release_id: int | None = None
    """Which release answers."""

    def answer(
        self,
        question: str,
        reader: Reader | None = None,
        follower: Follower | None = None,
        turns: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        answer = self.found(question, reader, follower)
        return replace(answer, release_id=self.release_id)

    def found(self, question: str, reader: Reader | None, follower: Follower | None) -> Answer:
        self.asked.append(question)
        self.readers.append(reader)
        time.sleep(self.delay_s)
        if self.error is not None:
            raise self.error
        words = set(re.findall(r"\w{5,}", question.lower()))
        passages = tuple(self.passage(n, path) for n, path in enumerate(self.documents, 1))
        for passage in passages:
            for sentence in re.findall(r"[^.]+\.", passage.text):
                if words & set(re.findall(r"\w{5,}", sentence.lower())):
                    quoted = self.quoting(question, sentence.strip(), passage, passages)
                    return self.writing(quoted, follower) if self.pieces else quoted
        return Answer(question, UNKNOWN, True, 0.1, (), passages, "quotes", self.version)

    def quoting(
        self, question: str, quote: str, passage: FoundPassage, passages: tuple[FoundPassage, ...]
    ) -> Answer:
        cited = (Citation(1, passage, quote),)
        return Answer(question, f"{quote} [1]", False, 0.9, cited, passages, "quotes", self.version)

    def writing(self, quoted: Answer, follower: Follower | None) -> Answer:
        """As a language model would: told piece by piece, and ended by `stop`."""
        assert follower is not None
        follower.found(quoted.passages)
        written = ""
        for count, piece in enumerate(self.pieces, 1):
            if follower.stop.is_set():
                break
            follower.wrote(piece)
            written += piece
            time.sleep(self.piece_s)
            self.when.get(count, str)()
        text = self.checked or written
        return replace(quoted, text=text, generator="fake", notice=self.notice)

    def passage(self, number: int, path: str) -> FoundPassage:
        title = Path(path).stem.replace("-", " ").title()
        text = self.documents[path]
        uri = f"https://docs.example/{path}"
        place = {"start": 0, "end": len(text), "page": None, "score": 1 / number}
        return FoundPassage(number, number, path, title, uri, "Facts", text, **place)

    def reindex(
        self,
        full: bool = False,
        progress: Callable[[Progress], None] | None = None,
        only: Collection[str] | None = None,
    ) -> ReindexReport:
        if self.error is not None:
            raise self.error
        names = self.sources if only is None else tuple(only)
        if broken := [self.broken[name] for name in names if name in self.broken]:
            raise KnowledgeUnusable("\n".join(broken))
        total = len(self.documents)
        for stage in ("reading", "embedding", "switching"):
            for done in range(total + 1):
                if progress is not None:
                    progress(Progress(stage, done, total, done))
                time.sleep(self.step_s)
        self.version += 1
        self.read.append(names)
        first = SourceReport(names[0], added=total, passages=total, skipped=self.skipped)
        others = [SourceReport(name) for name in names[1:]]
        return ReindexReport(self.version, (first, *others), {"all": 0.1})

    def status(self) -> FakeStatus:
        now = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
        return FakeStatus(self.version, len(self.documents), len(self.documents), now)

    def document(self, path: str, reader: Reader | None = None) -> None:
        return None

    def refresh(self) -> None:
        pass

    def watch(self, stop: threading.Event) -> None:
        stop.wait()

    def close(self) -> None:
        pass

    def release_parts(self) -> ReleaseParts:
        return ReleaseParts(embedding_model="fake", generator="quotes", prompt_version="1")


@dataclass(frozen=True)
class Conversation:
    """What people do with the bot in #ask-lore, and what they see of it."""

    workspace: Workspace
    channel: str = "#ask-lore"

    def ask(self, text: str = QUESTION, user: str = "noor", thread_ts: str | None = None) -> str:
        return self.workspace.post(user, self.channel, text, thread_ts)

    def said(self, thread_ts: str, user: str = "noor") -> list[Message]:
        """What the bot has said in a thread, for all to see."""
        replies = self.workspace.messages(self.channel, thread_ts, user=user)
        return [m for m in replies if m.user == self.workspace.bot_user and not m.ephemeral_to]

    def whispered(self, thread_ts: str, user: str = "noor") -> list[str]:
        """What the bot has said in a thread, for this person alone."""
        replies = self.workspace.messages(self.channel, thread_ts, user=user)
        return [m.text for m in replies if m.ephemeral_to]

    def answers(self, thread_ts: str, count: int = 1) -> list[Message]:
        """Wait for so many answers."""
        return self.workspace.wait_for(
            lambda: said if len(said := self.said(thread_ts)) >= count else [], timeout=15
        )

    def answered(self, text: str = QUESTION, user: str = "noor") -> Message:
        """Ask, and wait for the answer."""
        return self.answers(self.ask(f"@lorebot {text}", user))[0]

    def settled(self, lorebot: Lorebot) -> None:
        """Wait until the bot knows all that happened, and nothing is left to do."""
        self.workspace.wait_for(
            lambda: self.workspace.told and inbox.count_unfinished(lorebot.database) == 0,
            timeout=15,
        )


@pytest.fixture(scope="module")
def logging_as_it_was() -> Iterator[None]:
    """Commands configure logging for their process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def knowledge() -> FakeKnowledge:
    return FakeKnowledge()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, slack={"admins": (ADMIN,)})


@pytest.fixture
def migrated(empty_database: Path, tmp_path: Path) -> Path:
    """The database of a home in the test's folder, before anybody opens it."""
    return Path(shutil.copy(empty_database, tmp_path / "lorebot.db"))


@pytest.fixture
def database(migrated: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{migrated}")
    yield opened
    opened.close()


@pytest.fixture
def learning() -> FakeLearning:
    return FakeLearning()


@pytest.fixture
def lorebot(
    settings: Settings, migrated: Path, knowledge: FakeKnowledge, learning: FakeLearning
) -> Iterator[Lorebot]:
    """In a home whose database is migrated already."""
    built = build(settings, knowledge=knowledge, learning=learning)
    learning.opened_in = built.database
    yield built
    built.close()


@pytest.fixture(scope="session")
def slack_app() -> App:
    """The app as Slack would make it from the manifest: no more scopes and events than there."""
    return read_manifest(yaml.safe_load(MANIFEST.read_text()))


@pytest.fixture
def workspace(slack_app: App) -> Iterator[Workspace]:
    with open_workspace(0, app=slack_app, timing=Timing(retries=(0.1, 0.3, 0.5))) as opened:
        yield opened


@pytest.fixture
def running(lorebot: Lorebot, workspace: Workspace) -> Iterator[RunningBot]:
    opened = open_bot(
        lorebot,
        client_base_url=workspace.api_url,
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
    )
    opened.workers.poll_s = opened.workers.pause_s = 0.1
    workspace.wait_for(lambda: workspace.connected)
    yield opened
    opened.close()


@pytest.fixture
def talk(workspace: Workspace, running: RunningBot) -> Conversation:
    return Conversation(workspace)
