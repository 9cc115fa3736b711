"""reactions.add and reactions.remove."""

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.emoji import EMOJI
from bot.workspace.methods.lookup import joined_channel, lasting_message
from bot.workspace.objects import Json, Message
from bot.workspace.refusal import Refused


def add(backend: Backend, args: Arguments) -> Json:
    message, name = _target(backend, args)
    if name not in EMOJI:
        raise Refused("invalid_name")
    backend.conversation.react(message, backend.team.app.user, name)
    return {}


def remove(backend: Backend, args: Arguments) -> Json:
    message, name = _target(backend, args)
    backend.conversation.unreact(message, backend.team.app.user, name)
    return {}


def _target(backend: Backend, args: Arguments) -> tuple[Message, str]:
    if not (args.text("channel") and args.text("timestamp")):
        raise Refused("no_item_specified")
    channel = joined_channel(backend, args)
    message = lasting_message(backend, channel, args.text("timestamp"))
    return message, args.required("name").strip(":")
