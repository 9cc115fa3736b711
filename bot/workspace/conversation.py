"""Changes what is said, and tells the pages and the bot about it."""

import asyncio
from dataclasses import dataclass, replace

from bot.workspace import events
from bot.workspace.delivery import Delivery
from bot.workspace.events import Event
from bot.workspace.feed import Feed
from bot.workspace.objects import Channel, Json, Message, Reaction, Timing, User
from bot.workspace.refusal import Refused
from bot.workspace.team import Team


@dataclass
class Conversation:
    """Every change of a message or channel goes through here."""

    team: Team
    feed: Feed
    delivery: Delivery
    timing: Timing

    def post(self, message: Message) -> Message:
        """Keep a new message. An ephemeral one is for one person and not an event."""
        self.team.keep(message)
        self.feed.message(message)
        if message.user == self.team.app.user and message.thread_ts:
            self._clear_status(message.channel, message.thread_ts)
        if message.ephemeral_to is None:
            for event in events.message_posted(self.team, message):
                self._tell_bot(event, message.channel)
        return message

    def change(self, old: Message, new: Message) -> Message:
        self.team.keep(new)
        self.feed.message(new, changed=True)
        if new.ephemeral_to is None:
            self._tell_bot(events.message_changed(self.team, old, new), new.channel)
        return new

    def stream(self, message: Message) -> None:
        """More of a message that the bot is still writing: the pages see it, no event tells."""
        self.team.keep(message)
        self.feed.message(message, changed=True)

    def stop(self, message: Message, user: str) -> None:
        """A person ends a stream; the bot hears of it, and can write no more of it."""
        self.stream(replace(message, streaming=False, stopped=True))
        self._tell_bot(events.session_stopped(self.team, message, user), message.channel)

    def delete(self, message: Message) -> None:
        self.team.forget(message)
        self.feed.message_deleted(message)
        if message.ephemeral_to is None:
            self._tell_bot(events.message_deleted(self.team, message), message.channel)

    def react(self, message: Message, user: str, name: str) -> None:
        """Raises Refused when this person chose this emoji already."""
        chosen = {r.name: r.users for r in message.reactions}
        if user in chosen.get(name, ()):
            raise Refused("already_reacted")
        chosen[name] = (*chosen.get(name, ()), user)
        self._set_reactions(message, chosen)
        event = events.reaction(self.team, message, user, name, added=True)
        self._tell_bot(event, message.channel)

    def unreact(self, message: Message, user: str, name: str) -> None:
        chosen = {r.name: r.users for r in message.reactions}
        if user not in chosen.get(name, ()):
            raise Refused("no_reaction")
        chosen[name] = tuple(other for other in chosen[name] if other != user)
        self._set_reactions(message, chosen)
        event = events.reaction(self.team, message, user, name, added=False)
        self._tell_bot(event, message.channel)

    def join(self, channel: Channel, user: User, inviter: str) -> None:
        joined = replace(channel, members=channel.members | {user.id})
        self.team.keep_channel(joined)
        self._tell_bot(events.member_joined(self.team, joined, user, inviter), joined.id)

    def leave(self, channel: Channel, user: str) -> None:
        self.team.keep_channel(replace(channel, members=channel.members - {user}))

    def open_home(self, user: str, tab: str) -> None:
        event = events.home_opened(self.team, user, tab)
        self._tell_bot(event, str(event.body["channel"]))

    def set_status(self, channel: Channel, thread_ts: str, text: str) -> None:
        """What the bot says it is doing; gone by itself after two minutes."""
        self.team.statuses[channel.id, thread_ts] = text
        self.feed.status(channel, thread_ts, text)
        loop = asyncio.get_running_loop()
        loop.call_later(self.timing.status, self._expire_status, channel.id, thread_ts, text)

    def set_prompts(self, channel: Channel, prompts: Json) -> None:
        self.team.prompts[channel.id] = prompts
        self.feed.prompts(channel, prompts)

    def _expire_status(self, channel: str, thread_ts: str, text: str) -> None:
        if self.team.statuses.get((channel, thread_ts)) == text:
            self._clear_status(channel, thread_ts)

    def _clear_status(self, channel: str, thread_ts: str) -> None:
        if self.team.statuses.pop((channel, thread_ts), ""):
            self.feed.status(self.team.channels[channel], thread_ts, "")

    def _set_reactions(self, message: Message, chosen: dict[str, tuple[str, ...]]) -> None:
        kept = tuple(Reaction(name, users) for name, users in chosen.items() if users)
        changed = replace(message, reactions=kept)
        self.team.keep(changed)
        self.feed.message(changed, changed=True)

    def _tell_bot(self, event: Event, channel: str) -> None:
        """Only what the app subscribes to, and only where the bot is a member."""
        app, where = self.team.app, self.team.channels.get(channel)
        if where and app.user in where.members and app.listens_to(event.subscription):
            self.delivery.send_event(events.envelope(self.team, event.body))
