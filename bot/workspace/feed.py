"""Tells the open pages what happened, and whoever waits that something did."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.workspace.objects import Channel, Json, Message, View
from bot.workspace.page_objects import page_message, page_view
from bot.workspace.team import Team

BACKLOG = 2_000


@dataclass
class Feed:
    """One queue per open page; a page that no longer reads is dropped."""

    team: Team
    on_change: Callable[[], None] = lambda: None
    _pages: defaultdict[str, set[asyncio.Queue[Json]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def open_page(self, user: str) -> asyncio.Queue[Json]:
        queue: asyncio.Queue[Json] = asyncio.Queue(BACKLOG)
        self._pages[user].add(queue)
        return queue

    def close_page(self, user: str, queue: asyncio.Queue[Json]) -> None:
        self._pages[user].discard(queue)

    def tell(self, event: Json, users: Iterable[str]) -> None:
        for user in users:
            for queue in tuple(self._pages[user]):
                self._put(user, queue, event)
        self.on_change()

    def message(self, message: Message, *, changed: bool = False) -> None:
        """A new or changed message, and for a reply the root with its new figures."""
        kind = "message_changed" if changed else "message"
        event = {"type": kind, "message": page_message(self.team, message)}
        self.tell(event, self._audience(message))
        self.thread(message)

    def message_deleted(self, message: Message) -> None:
        event = {
            "type": "message_deleted",
            "channel": message.channel,
            "ts": message.ts,
            "thread_ts": message.thread_ts,
        }
        self.tell(event, self._audience(message))
        self.thread(message)

    def thread(self, reply: Message) -> None:
        root = self.team.message(reply.channel, reply.thread_ts or "")
        if root and reply.ephemeral_to is None:
            event = {"type": "thread", "root": page_message(self.team, root)}
            self.tell(event, self._audience(root))

    def view(self, view: View) -> None:
        shown = page_view(self.team, view)
        self.tell({"type": "home" if view.type == "home" else "view", "view": shown}, [view.user])

    def view_closed(self, view: View) -> None:
        self.tell({"type": "view_closed", "view_id": view.id}, [view.user])

    def status(self, channel: Channel, thread_ts: str, text: str) -> None:
        event = {"type": "status", "channel": channel.id, "thread_ts": thread_ts, "text": text}
        self.tell(event, channel.members)

    def prompts(self, channel: Channel, prompts: Json) -> None:
        self.tell({"type": "prompts", "channel": channel.id} | prompts, channel.members)

    def connection(self, connected: bool) -> None:
        self.tell({"type": "connection", "connected": connected}, tuple(self._pages))

    def _audience(self, message: Message) -> Iterable[str]:
        if message.ephemeral_to:
            return [message.ephemeral_to]
        return self.team.channels[message.channel].members

    def _put(self, user: str, queue: asyncio.Queue[Json], event: Json) -> None:
        try:
            queue.put_nowait(event)
        except asyncio.QueueFull:
            self.close_page(user, queue)
