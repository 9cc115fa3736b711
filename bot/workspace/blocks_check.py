"""Slack's rules for blocks and views, through slack_sdk's own models and their validators."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SdkView

from bot.workspace.objects import Json
from bot.workspace.refusal import Refused

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
# Not in Slack's documentation; measured by users of the API (bolt-js 2509).
MESSAGE_CHARACTERS = 13_200
FIELD_CHARACTERS = 2_000
TABLE_ROWS = 100
TABLE_CELLS = 20

_ONLY_IN_MESSAGES = {"markdown", "context_actions", "table", "task_card", "plan", "file"}
_PLAIN_ONLY = {"header": ("text",), "input": ("label", "hint"), "button": ("text",)}
_STRINGS = {"block_id", "action_id", "value", "url", "image_url", "alt_text"}
# Which elements a block takes, and which it does not.
_ELEMENTS: dict[str, tuple[set[str] | None, set[str]]] = {
    "context": ({"image", "mrkdwn", "plain_text"}, set()),
    "context_actions": ({"feedback_buttons", "icon_button"}, set()),
    "actions": (None, {"feedback_buttons", "icon_button", "image", "mrkdwn", "plain_text"}),
}
_VIEW_FIELDS = {
    *("type", "title", "submit", "close", "blocks", "private_metadata", "callback_id"),
    *("external_id", "clear_on_close", "notify_on_close", "submit_disabled"),
}


def check_message_blocks(blocks: list[Json], most: int = MESSAGE_BLOCKS) -> None:
    """Raises Refused as chat.postMessage would."""
    errors = _list_errors(blocks, most, "message", "/blocks")
    if errors:
        raise Refused("invalid_blocks", *errors, errors=errors)
    if sum(len(text) for text in _texts(blocks)) > MESSAGE_CHARACTERS:
        raise Refused("msg_blocks_too_long")


def check_view(view: Any, types: tuple[str, ...]) -> None:
    """Raises Refused as views.open would; `types` are those the method accepts."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", "must provide an object [json-pointer:/view]")
    errors = _view_errors(view, types)
    if errors:
        raise Refused("invalid_arguments", *errors)


def _view_errors(view: Json, types: tuple[str, ...]) -> list[str]:
    kind, blocks = view.get("type"), view.get("blocks")
    if kind not in types:
        return [f"unsupported type: {kind} [json-pointer:/view/type]"]
    if not isinstance(blocks, list) or (kind == "modal" and not view.get("title")):
        name = "title" if isinstance(blocks, list) else "blocks"
        return [f"missing required field: {name} [json-pointer:/view]"]
    extra = [
        f"invalid additional property: {k} [json-pointer:/view]" for k in view.keys() - _VIEW_FIELDS
    ]
    surface: Surface = "home" if kind == "home" else "modal"
    errors = extra + _list_errors(blocks, VIEW_BLOCKS, surface, "/view/blocks")
    return errors or _frame_errors(view)


def _frame_errors(view: Json) -> list[str]:
    """Title, buttons, private_metadata, and the submit button that inputs need."""
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if has_input and view["type"] == "modal" and not view.get("submit"):
        return ["missing required field: submit, needed by the input blocks [json-pointer:/view]"]
    for name in ("title", "submit", "close"):
        text = view.get(name)
        if text and (not isinstance(text, dict) or text.get("type") != "plain_text"):
            return [f"must be a plain_text object [json-pointer:/view/{name}]"]
    fields = {k: v for k, v in view.items() if k != "submit_disabled"}
    return _model_errors(lambda: SdkView(**copy.deepcopy(fields)).to_dict(), "/view")


def _list_errors(blocks: list[Json], most: int, surface: Surface, pointer: str) -> list[str]:
    if len(blocks) > most:
        return [f"no more than {most} items allowed [json-pointer:{pointer}]"]
    errors: list[str] = []
    for position, block in enumerate(blocks):
        errors += _block_errors(block, surface, f"{pointer}/{position}")
    return errors or _twice(blocks, pointer)


def _block_errors(block: Any, surface: Surface, pointer: str) -> list[str]:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return [f"missing required field: type [json-pointer:{pointer}]"]
    if surface != "message" and block["type"] in _ONLY_IN_MESSAGES:
        return [f"unsupported type: {block['type']} [json-pointer:{pointer}/type]"]
    found: list[str] = []
    return _model_errors(lambda: found.extend(_rule_errors(block, pointer)), pointer) or found


def _rule_errors(block: Json, pointer: str) -> list[str]:
    parsed = Block.parse(copy.deepcopy(block))
    if parsed is None:
        return [f"unsupported type: {block['type']} [json-pointer:{pointer}/type]"]
    lost = _lost(block, parsed.to_dict(), pointer)
    return lost or [*_element_errors(block, pointer), *_text_errors(block, pointer)]


def _element_errors(block: Json, pointer: str) -> Iterator[str]:
    allowed, refused = _ELEMENTS.get(block["type"], (None, set()))
    for position, element in enumerate(block.get("elements") or []):
        kind = element.get("type")
        if kind in refused or (allowed is not None and kind not in allowed):
            yield f"unsupported type: {kind} [json-pointer:{pointer}/elements/{position}]"


def _model_errors(build: Callable[[], object], pointer: str) -> list[str]:
    """What the SDK's model says when it is built and validated."""
    try:
        build()
    except SlackObjectFormationError as error:
        return [f"{error} [json-pointer:{pointer}]"]
    except TypeError as error:
        name = re.search(r"argument: '(\w+)'", str(error))
        what = f"missing required field: {name[1]}" if name else "invalid value"
        return [f"{what} [json-pointer:{pointer}]"]
    except (AttributeError, KeyError, ValueError):
        return [f"invalid value [json-pointer:{pointer}]"]
    return []


def _lost(sent: Any, kept: Any, pointer: str) -> list[str]:
    """Properties that the model does not know, and elements it could not parse."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        errors = []
        for key, value in sent.items():
            if key in kept:
                errors += _lost(value, kept[key], f"{pointer}/{key}")
            elif value not in (None, [], ""):
                errors.append(f"invalid additional property: {key} [json-pointer:{pointer}]")
        return errors
    if isinstance(sent, list) and isinstance(kept, list):
        pairs = enumerate(zip(sent, kept, strict=False))
        return [e for i, (a, b) in pairs for e in _lost(a, b, f"{pointer}/{i}")]
    renamed = pointer.endswith("/type") and sent != kept
    if renamed or (kept is None and sent is not None):
        return [f"unsupported type [json-pointer:{pointer}]"]
    if isinstance(kept, dict | list) and type(sent) is not type(kept):
        kind = "an object" if isinstance(kept, dict) else "an array"
        return [f"must provide {kind} [json-pointer:{pointer}]"]
    return []


def _text_errors(node: Any, pointer: str) -> Iterator[str]:
    """Rules that Slack has and the SDK's validators do not."""
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _text_errors(item, f"{pointer}/{position}")
    if not isinstance(node, dict):
        return
    for name in _STRINGS & node.keys():
        if not isinstance(node[name], str):
            yield f"must be a string [json-pointer:{pointer}/{name}]"
    if node.get("type") in ("mrkdwn", "plain_text") and not node.get("text"):
        yield f"must be more than 0 characters [json-pointer:{pointer}/text]"
    for name in _PLAIN_ONLY.get(str(node.get("type")), ()):
        if isinstance(node.get(name), dict) and node[name].get("type") != "plain_text":
            yield f"must be a plain_text object [json-pointer:{pointer}/{name}]"
    if any(len(text["text"]) > FIELD_CHARACTERS for text in node.get("fields") or []):
        yield f"must be less than {FIELD_CHARACTERS + 1} characters [json-pointer:{pointer}/fields]"
    rows = node.get("rows") or []
    if len(rows) > TABLE_ROWS or any(len(row) > TABLE_CELLS for row in rows):
        yield f"no more than {TABLE_ROWS} rows of {TABLE_CELLS} cells [json-pointer:{pointer}/rows]"
    for key, value in node.items():
        yield from _text_errors(value, f"{pointer}/{key}")


def _twice(blocks: list[Json], pointer: str) -> list[str]:
    """What may be there once: a table, a block id, and within a block an action id."""
    if sum(block["type"] == "table" for block in blocks) > 1:
        return [f"only one table allowed [json-pointer:{pointer}]"]
    ids = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    errors = [
        f"block_id `{i}` already exists [json-pointer:{pointer}]" for i, n in ids.items() if n > 1
    ]
    for position, block in enumerate(blocks):
        actions = Counter(e["action_id"] for e in elements(block) if e.get("action_id"))
        errors += [
            f"action_id `{i}` already exists [json-pointer:{pointer}/{position}]"
            for i, n in actions.items()
            if n > 1
        ]
    return errors


def elements(block: Json) -> list[Json]:
    """The interactive elements of a block."""
    found = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
    return [e for e in found if isinstance(e, dict)]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _texts(item)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for value in node.values():
            yield from _texts(value)
