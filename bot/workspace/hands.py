"""What people do, as plain calls from any thread."""

from typing import Any

from bot.workspace.choices import choice, filled
from bot.workspace.elements import find_element
from bot.workspace.interactions import Submitted
from bot.workspace.objects import Channel, View
from bot.workspace.reach import Reach
from bot.workspace.refusal import Denied


class Hands:
    """People and channels go by name or id; every call returns when the bot has acknowledged.

    Raises Denied with the sentence the person would read.
    """

    _reach: Reach

    def post(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Say something; the ts of the message. `@lorebot` in the text mentions the bot."""
        said = text.replace(self._reach.direct, f"<@{self._reach.backend.team.app.user}>")
        place = self._reach.place(user, channel)
        return self._reach.run(lambda: self._reach.deeds.post(*place, said, thread_ts)).ts

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        place = self._reach.place(user, channel)
        self._reach.run(lambda: self._reach.deeds.edit(*place, ts, text))

    def delete(self, user: str, channel: str, ts: str) -> None:
        place = self._reach.place(user, channel)
        self._reach.run(lambda: self._reach.deeds.delete(*place, ts))

    def react(self, user: str, channel: str, ts: str, name: str, remove: bool = False) -> None:
        place = self._reach.place(user, channel)
        self._reach.run(lambda: self._reach.deeds.react(*place, ts, name, remove))

    def stop(self, user: str, channel: str, ts: str) -> None:
        """Press Stop under a message that is being written."""
        place = self._reach.place(user, channel)
        self._reach.run(lambda: self._reach.deeds.stop(*place, ts))

    def command(self, user: str, channel: str, command: str, text: str = "") -> None:
        place = self._reach.place(user, channel)
        self._reach.wait(self._reach.deeds.command(*place, command, text))

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> None:
        place = self._reach.place(user, channel)
        self._reach.wait(self._reach.deeds.shortcut(*place, ts, callback_id))

    def click(self, user: str, channel: str, ts: str, action_id: str, value: Any = None) -> None:
        """Press a button of a message, or choose `value` in it."""
        place = self._reach.place(user, channel)
        message = self._reach.run(lambda: self._reach.deeds.message(*place, ts))
        block, element = find_element(message.blocks, action_id)
        sent = choice(element, value)
        self._reach.wait(self._reach.deeds.click(*place, ts, block["block_id"], sent))

    def click_in_view(self, user: str, view_id: str, action_id: str, value: Any = None) -> None:
        """The same in a modal or on the Home tab."""
        person = self._reach.person(user)
        view = self._reach.run(lambda: self._reach.deeds.view(person, view_id))
        block, element = find_element(view.blocks, action_id)
        sent, values = choice(element, value), view.values
        click = self._reach.deeds.click_in_view(person, view_id, block["block_id"], sent, values)
        self._reach.wait(click)

    def submit(self, user: str, answers: dict[str, Any], view_id: str = "") -> Submitted:
        """Fill the modal on top (or this one) by block_id or action_id, and send it."""
        view = self._open_view(user, view_id)
        values = filled(view, answers)
        return self._reach.wait(self._reach.deeds.submit(view.user, view.id, values))

    def close_view(self, user: str, view_id: str = "") -> None:
        view = self._open_view(user, view_id)
        self._reach.wait(self._reach.deeds.close_view(view.user, view.id))

    def open_home(self, user: str) -> None:
        person = self._reach.person(user)
        self._reach.run(lambda: self._reach.deeds.open_home(person))

    def open_direct(self, user: str) -> None:
        """Open the conversation with the bot."""
        place = self._reach.place(user, self._reach.direct)
        self._reach.run(lambda: self._reach.deeds.open_direct(*place))

    def invite(self, user: str, channel: str, inviter: str = "ada") -> None:
        """Bring a person or the bot into a channel."""
        team, (by, place) = self._reach.backend.team, self._reach.place(inviter, channel)
        member = self._reach.person(user)
        join = self._reach.backend.conversation.join
        self._reach.run(lambda: join(team.channels[place], team.users[member], by))

    def add_channel(
        self, name: str, people: tuple[str, ...], *, private: bool = False, bot: bool = True
    ) -> str:
        """A new channel with these people, and with the bot unless `bot` is False; its id."""
        team = self._reach.backend.team
        members = {self._reach.person(user) for user in people} | (
            {team.app.user} if bot else set()
        )
        channel = Channel(team.new_id("C"), name, frozenset(members), is_private=private)
        self._reach.run(lambda: team.keep_channel(channel))
        return channel.id

    def _open_view(self, user: str, view_id: str) -> View:
        person = self._reach.person(user)
        stack = self._reach.run(lambda: self._reach.backend.team.stack(person))
        views = [view for view in stack if view_id in ("", view.id)]
        if not views:
            raise Denied(f"No dialog is open for {user}.")
        return views[-1]
