"""What a message says, read from arguments and held against Slack's limits."""

from dataclasses import dataclass

from bot.workspace.arguments import Arguments
from bot.workspace.block_ids import with_ids
from bot.workspace.blocks_check import check_message_blocks
from bot.workspace.objects import Json
from bot.workspace.refusal import Refused

TEXT_CHARACTERS = 40_000
UPDATE_TEXT_CHARACTERS = 4_000
MARKDOWN_CHARACTERS = 12_000
# Slack's own words for a message without text.
NO_FALLBACK = "This content can't be displayed."


@dataclass(frozen=True, slots=True)
class Content:
    """The text, and blocks if there are any."""

    text: str
    blocks: list[Json]


def read_content(args: Arguments, most_text: int = TEXT_CHARACTERS) -> Content:
    """Raises Refused: no_text, msg_too_long, invalid_blocks, markdown_text_conflict…"""
    text, blocks = args.text("text"), args.objects("blocks", "invalid_blocks_format") or []
    if args.structure("attachments", "invalid_attachments"):
        raise Refused("invalid_attachments", "use blocks: this workspace shows no attachments")
    if args.text("markdown_text"):
        return _markdown(args, bool(text or blocks))
    if not text.strip() and not blocks:
        raise Refused("no_text")
    if len(text) > most_text:
        raise Refused("msg_too_long")
    check_message_blocks(blocks)
    return Content(text or NO_FALLBACK, with_ids(blocks))


def read_metadata(args: Arguments) -> Json | None:
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata in (None, {}):
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    return metadata


def markdown_block(text: str) -> Json:
    return {"type": "markdown", "text": text}


def _markdown(args: Arguments, conflict: bool) -> Content:
    if conflict:
        raise Refused("markdown_text_conflict")
    text = args.text("markdown_text")
    if len(text) > MARKDOWN_CHARACTERS:
        raise Refused("msg_too_long")
    return Content(text, with_ids([markdown_block(text)]))
