"""What an app answers to a command or click: through the acknowledgement or a response url."""

from dataclasses import dataclass, replace

from bot.workspace.arguments import Arguments
from bot.workspace.content import read_content
from bot.workspace.conversation import Conversation
from bot.workspace.objects import Message
from bot.workspace.refusal import Refused
from bot.workspace.tickets import ResponseUrl


@dataclass(frozen=True, slots=True)
class Responses:
    """Posts, replaces or deletes as the body of the answer says."""

    conversation: Conversation

    def answer(self, args: Arguments, url: ResponseUrl) -> None:
        """Raises Refused for content that Slack does not take."""
        original = self._original(url)
        if args.flag("delete_original") and original:
            return self.conversation.delete(original)
        if args.flag("replace_original") and original:
            return self._replace(original, args)
        return self._post(args, url)

    def _original(self, url: ResponseUrl) -> Message | None:
        """The message that was clicked; a command has none."""
        if url.message_ts is None:
            return None
        return self.conversation.team.message(url.channel, url.message_ts)

    def _replace(self, original: Message, args: Arguments) -> None:
        content = read_content(args)
        changed = replace(original, text=content.text, blocks=content.blocks)
        self.conversation.change(original, changed)

    def _post(self, args: Arguments, url: ResponseUrl) -> None:
        team, content = self.conversation.team, read_content(args)
        public = args.text("response_type") == "in_channel"
        thread_ts = args.text("thread_ts") or None
        if thread_ts and not team.message(url.channel, thread_ts):
            raise Refused("cannot_reply_to_message")
        message = Message(
            channel=url.channel,
            ts=team.new_ts(),
            user=team.app.user,
            text=content.text,
            blocks=content.blocks,
            thread_ts=thread_ts,
            ephemeral_to=None if public else url.user,
        )
        self.conversation.post(message)
