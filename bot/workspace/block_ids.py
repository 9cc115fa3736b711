"""Gives every block and interactive element the id that the app left out, as Slack does."""

import secrets
from typing import Any

from bot.workspace.objects import Json

_INTERACTIVE = {
    "button",
    "feedback_buttons",
    "icon_button",
    "static_select",
    "multi_static_select",
    "overflow",
    "radio_buttons",
    "checkboxes",
    "plain_text_input",
}


def with_ids(blocks: list[Json]) -> list[Json]:
    """Copies of the blocks, each with a block_id and its elements with action ids."""
    return [_named(block) | {"block_id": block.get("block_id") or _short_id()} for block in blocks]


def _named(node: Any) -> Any:
    if isinstance(node, list):
        return [_named(item) for item in node]
    if not isinstance(node, dict):
        return node
    copied = {key: _named(value) for key, value in node.items()}
    if node.get("type") in _INTERACTIVE and not node.get("action_id"):
        copied["action_id"] = _short_id()
    return copied


def _short_id() -> str:
    return secrets.token_urlsafe(4)[:5]
