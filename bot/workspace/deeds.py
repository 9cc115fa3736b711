"""What people can do in the workspace, checked and carried out. The page and the tests call it."""

from dataclasses import dataclass, replace
from uuid import uuid4

from bot.workspace.backend import Backend
from bot.workspace.content import TEXT_CHARACTERS
from bot.workspace.emoji import EMOJI
from bot.workspace.interactions import Submitted
from bot.workspace.objects import Channel, Json, Message, User, View
from bot.workspace.refusal import Denied
from bot.workspace.typed import rich_text_block, slack_text


@dataclass(frozen=True, slots=True)
class Deeds:
    """Each method is one deed of one person; ids are Slack's. Raises Denied with a sentence."""

    backend: Backend

    def post(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        place = self.channel(user, channel)
        typed = _checked(text)
        if thread_ts:
            thread_ts = self._root(user, channel, thread_ts).ts
        message = Message(
            channel=place.id,
            ts=self.backend.team.new_ts(),
            user=user,
            text=slack_text(typed),
            blocks=[rich_text_block(typed, self.backend.team.new_id("r"))],
            thread_ts=thread_ts,
            client_msg_id=str(uuid4()),
        )
        return self.backend.conversation.post(message)

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        old = self._own(user, channel, ts)
        typed = _checked(text)
        new = replace(
            old,
            text=slack_text(typed),
            blocks=[rich_text_block(typed, self.backend.team.new_id("r"))],
            edited_ts=self.backend.team.new_ts(),
        )
        self.backend.conversation.change(old, new)

    def delete(self, user: str, channel: str, ts: str) -> None:
        self.backend.conversation.delete(self._own(user, channel, ts))

    def react(self, user: str, channel: str, ts: str, name: str, remove: bool = False) -> None:
        message = self.message(user, channel, ts)
        emoji = name.strip(":")
        if emoji not in EMOJI:
            raise Denied(f"There is no emoji :{emoji}:")
        act = self.backend.conversation.unreact if remove else self.backend.conversation.react
        act(message, user, emoji)

    def stop(self, user: str, channel: str, ts: str) -> None:
        """Stop what the bot is writing."""
        message = self.message(user, channel, ts)
        if not message.streaming:
            raise Denied("This answer is finished already.")
        self.backend.conversation.stop(message, user)

    def open_direct(self, user: str, channel: str) -> None:
        """The Messages tab of the app comes up."""
        if self.channel(user, channel).is_im:
            self.backend.conversation.open_home(user, "messages")

    def open_home(self, user: str) -> View | None:
        self.person(user)
        self.backend.conversation.open_home(user, "home")
        return self.backend.team.homes.get(user)

    async def command(
        self, user: str, channel: str, command: str, text: str, thread_ts: str | None = None
    ) -> None:
        place, person = self.channel(user, channel), self.person(user)
        if thread_ts:
            raise Denied(f"{command} is not supported in threads. Sorry!")
        await self.backend.interactions.command(person, place, command, text.strip())

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> None:
        message = self.message(user, channel, ts)
        await self.backend.interactions.shortcut(self.person(user), message, callback_id)

    async def click(self, user: str, channel: str, ts: str, block_id: str, action: Json) -> None:
        message = self.message(user, channel, ts)
        await self.backend.interactions.click(self.person(user), message, block_id, action)

    async def click_in_view(
        self, user: str, view_id: str, block_id: str, action: Json, values: Json
    ) -> None:
        view, person = self.view(user, view_id), self.person(user)
        await self.backend.interactions.click_in_view(person, view, block_id, action, values)

    async def submit(self, user: str, view_id: str, values: Json) -> Submitted:
        view = self.view(user, view_id)
        return await self.backend.interactions.submit(self.person(user), view, values)

    async def close_view(self, user: str, view_id: str) -> None:
        await self.backend.interactions.close(self.person(user), self.view(user, view_id))

    def person(self, user: str) -> User:
        found = self.backend.team.users.get(user)
        if found is None or found.is_bot:
            raise Denied("There is no such person here. Reload the page.")
        return found

    def person_or_first(self, user: str) -> User:
        """This person; the first of the team for a page that knows nobody (any more)."""
        people = [known for known in self.backend.team.users.values() if not known.is_bot]
        return next((known for known in people if known.id == user), people[0])

    def channel(self, user: str, channel: str) -> Channel:
        found = self.backend.team.channels.get(channel)
        if found is None or self.person(user).id not in found.members:
            raise Denied("You are not in this channel.")
        return found

    def message(self, user: str, channel: str, ts: str) -> Message:
        """A message that this person can see."""
        found = self.backend.team.message(self.channel(user, channel).id, ts)
        if found is None or found.ephemeral_to not in (None, user):
            raise Denied("This message is not there any more.")
        return found

    def view(self, user: str, view_id: str) -> View:
        """A modal or Home tab of this person."""
        home = self.backend.team.homes.get(self.person(user).id)
        found = self.backend.team.views.get(view_id)
        if home and home.id == view_id:
            return home
        if found is None or found.user != user:
            raise Denied("This dialog is closed already.")
        return found

    def visible(self, user: str, channel: str) -> list[Message]:
        """Everything this person sees in the channel, oldest first, replies included."""
        place = self.channel(user, channel)
        messages = self.backend.team.messages(place.id)
        return [m for m in messages if m.ephemeral_to in (None, user)]

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self.message(user, channel, ts)
        if message.user != user:
            raise Denied("You can change only what you wrote yourself.")
        return message

    def _root(self, user: str, channel: str, thread_ts: str) -> Message:
        root = self.message(user, channel, thread_ts)
        if root.thread_ts or root.ephemeral_to:
            raise Denied("This message cannot have a thread.")
        return root


def _checked(text: str) -> str:
    if not text.strip():
        raise Denied("Write something first.")
    if len(text) > TEXT_CHARACTERS:
        raise Denied(f"This message is too long: Slack takes {TEXT_CHARACTERS:,} characters.")
    return text
