"""Uploads in three steps: ask for an address, send the bytes there, share the file."""

import mimetypes
from dataclasses import replace

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.methods.lookup import joined_channel, thread_root
from bot.workspace.objects import Channel, File, Json, Message
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import file_json


def get_upload_url(backend: Backend, args: Arguments) -> Json:
    name, length = args.required("filename"), args.number("length", 0, most=2**40)
    if not length:
        raise Refused("invalid_arguments", "length must be more than 0")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(backend.team.new_id("F"), name, name, kind, length, args.text("alt_txt"))
    backend.team.files[file.id] = file
    return {"upload_url": f"{backend.team.url}/upload/{file.id}", "file_id": file.id}


def complete_upload(backend: Backend, args: Arguments) -> Json:
    wanted = args.objects("files", "invalid_arguments") or []
    files = tuple(_uploaded(backend, item) for item in wanted)
    if not files:
        raise Refused("invalid_arguments", "missing required field: files")
    channel_ids = args.names("channels") or args.names("channel_id")
    for channel_id in channel_ids:
        channel = joined_channel(backend, Arguments({"channel": channel_id}))
        _share(backend, channel, args, files)
    return {"files": [file_json(backend.team, file) for file in files]}


def receive(backend: Backend, file_id: str, content: bytes) -> None:
    """The bytes of a file, once. Raises Refused."""
    file = backend.team.files.get(file_id)
    if file is None or file.content is not None:
        raise Refused("file_not_found")
    backend.team.files[file_id] = replace(file, content=content, length=len(content))


def _uploaded(backend: Backend, item: Json) -> File:
    file = backend.team.files.get(str(item.get("id")))
    if file is None or file.content is None:
        raise Refused("file_not_found")
    titled = replace(file, title=str(item.get("title") or file.title))
    backend.team.files[file.id] = titled
    return titled


def _share(backend: Backend, channel: Channel, args: Arguments, files: tuple[File, ...]) -> None:
    message = Message(
        channel=channel.id,
        ts=backend.team.new_ts(),
        user=backend.team.app.user,
        text=args.text("initial_comment"),
        thread_ts=thread_root(backend, channel, args),
        files=files,
    )
    backend.conversation.post(message)
