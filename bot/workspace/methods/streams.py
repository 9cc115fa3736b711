"""chat.startStream, appendStream and stopStream: a message that is seen while it is written."""

import asyncio
from dataclasses import replace

from bot.workspace.arguments import Arguments, missing
from bot.workspace.backend import Backend
from bot.workspace.block_ids import with_ids
from bot.workspace.blocks_check import check_message_blocks
from bot.workspace.content import MARKDOWN_CHARACTERS, markdown_block, read_metadata
from bot.workspace.methods.lookup import joined_channel, lasting_message, thread_root
from bot.workspace.objects import Channel, Json, Message
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import message_json

TASK_STATUSES = ("pending", "in_progress", "complete", "error")


def start_stream(backend: Backend, args: Arguments) -> Json:
    channel = joined_channel(backend, args)
    args.required("thread_ts")
    _check_recipient(channel, args)
    empty = Message(
        channel=channel.id,
        ts=backend.team.new_ts(),
        user=backend.team.app.user,
        text="",
        thread_ts=thread_root(backend, channel, args),
        streaming=True,
    )
    message = backend.conversation.post(_grown(empty, _chunks(args)))
    loop = asyncio.get_running_loop()
    loop.call_later(backend.timing.stream, _expire, backend, message.channel, message.ts)
    return {"channel": channel.id, "ts": message.ts}


def append_stream(backend: Backend, args: Arguments) -> Json:
    message = _streaming(backend, args)
    chunks = _chunks(args)
    if not chunks:
        raise missing("markdown_text")
    backend.conversation.stream(_grown(message, chunks))
    return {"channel": message.channel, "ts": message.ts}


def stop_stream(backend: Backend, args: Arguments) -> Json:
    message = _streaming(backend, args)
    blocks = args.objects("blocks", "invalid_blocks_format") or []
    check_message_blocks(blocks)
    grown = _grown(message, _chunks(args))
    final = replace(
        grown,
        blocks=grown.blocks + with_ids(blocks),
        metadata=read_metadata(args),
        streaming=False,
    )
    backend.conversation.change(message, final)
    shown = message_json(backend.team, final)
    return {"channel": final.channel, "ts": final.ts, "message": shown}


def _streaming(backend: Backend, args: Arguments) -> Message:
    channel = joined_channel(backend, args)
    message = lasting_message(backend, channel, args.required("ts"))
    if message.user != backend.team.app.user:
        raise Refused("message_not_owned_by_app")
    if message.stopped:
        raise Refused("stopped_by_user")
    if not message.streaming:
        raise Refused("message_not_in_streaming_state")
    return message


def _expire(backend: Backend, channel: str, ts: str) -> None:
    """Slack ends a stream by itself after about five minutes."""
    message = backend.team.message(channel, ts)
    if message and message.streaming:
        backend.conversation.stream(replace(message, streaming=False))


def _check_recipient(channel: Channel, args: Arguments) -> None:
    if channel.is_im:
        return
    for name in ("recipient_team_id", "recipient_user_id"):
        if not args.text(name):
            raise Refused(f"missing_{name}")


def _chunks(args: Arguments) -> list[Json]:
    chunks = list(args.objects("chunks", "invalid_chunks") or [])
    text = args.text("markdown_text")
    if text:
        chunks.insert(0, {"type": "markdown_text", "text": text})
    for chunk in chunks:
        _check_chunk(chunk)
    return chunks


def _check_chunk(chunk: Json) -> None:
    kind = chunk.get("type")
    if kind == "markdown_text" and isinstance(chunk.get("text"), str):
        if len(chunk["text"]) > MARKDOWN_CHARACTERS:
            raise Refused("msg_too_long")
    elif kind == "blocks" and isinstance(chunk.get("blocks"), list):
        check_message_blocks(chunk["blocks"])
    elif not (kind in ("task_update", "plan_update") and _is_task(chunk)):
        raise Refused("invalid_chunks")


def _is_task(chunk: Json) -> bool:
    known = chunk.get("status", "pending") in TASK_STATUSES
    return known and isinstance(chunk.get("title"), str)


def _grown(message: Message, chunks: list[Json]) -> Message:
    text, blocks = message.text, list(message.blocks)
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            text += chunk["text"]
            _write(blocks, chunk["text"])
        elif chunk["type"] == "blocks":
            blocks += with_ids(chunk["blocks"])
        elif chunk["type"] == "task_update":
            _update_task(blocks, chunk)
    return replace(message, text=text, blocks=blocks)


def _write(blocks: list[Json], text: str) -> None:
    """Go on in the last block, so that a sentence cut in two is one paragraph."""
    if blocks and blocks[-1]["type"] == "markdown":
        blocks[-1] = blocks[-1] | {"text": blocks[-1]["text"] + text}
    else:
        blocks += with_ids([markdown_block(text)])


def _update_task(blocks: list[Json], chunk: Json) -> None:
    card = {
        "type": "task_card",
        "task_id": str(chunk.get("id", "")),
        "title": chunk["title"],
        "status": chunk.get("status", "pending"),
    }
    for position, block in enumerate(blocks):
        if block.get("task_id") == card["task_id"]:
            blocks[position] = block | card
            return
    blocks += with_ids([card])
