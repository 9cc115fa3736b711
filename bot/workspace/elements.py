"""Interactive elements: what a person chose, checked against what the element offers."""

from collections.abc import Iterable
from typing import Any

from bot.workspace.blocks_check import elements
from bot.workspace.objects import Json
from bot.workspace.refusal import Denied

_ONE = {"static_select", "radio_buttons", "overflow"}
_MANY = {"multi_static_select", "checkboxes"}
_TYPED = {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
}
_STATEFUL = (_ONE | _MANY | _TYPED) - {"overflow"}
REQUIRED = "Please complete this required field."


def is_input(element: Json) -> bool:
    """Does it hold a value that a view's state shows?"""
    return element.get("type") in _STATEFUL


def find_element(blocks: Iterable[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """The block and its element. Raises Denied when there is none (any more)."""
    for block in blocks:
        for element in elements(block):
            if element.get("action_id") == action_id and block_id in ("", block["block_id"]):
                return block, element
    raise Denied("This button is no longer there. Reload the page.")


def action_json(element: Json, block_id: str, sent: Json, now: str) -> Json:
    """The entry of `actions` in a block_actions payload. Raises Denied for a foreign choice."""
    kind = element["type"]
    action = {"type": kind, "action_id": element["action_id"], "block_id": block_id}
    if kind in ("button", "icon_button"):
        kept = ("text", "value", "style", "url", "confirm", "icon")
        action |= {name: element[name] for name in kept if name in element}
    elif kind == "feedback_buttons":
        action |= _feedback(element, sent)
    else:
        action |= _entered(element, sent)
    return action | {"action_ts": now}


def state_values(blocks: Iterable[Json], values: Json) -> Json:
    """`view.state.values`: every input, filled by the person, else by its initial value."""
    state: Json = {}
    for block in blocks:
        for element in elements(block):
            if is_input(element):
                sent = _sent(values, block["block_id"], element["action_id"])
                filled = _initial(element) if sent is None else _entered(element, sent)
                state.setdefault(block["block_id"], {})[element["action_id"]] = {
                    "type": element["type"]
                } | filled
    return state


def input_errors(blocks: Iterable[Json], state: Json) -> dict[str, str]:
    """What Slack itself says before the app hears of it: a sentence by block_id."""
    errors = {}
    for block in blocks:
        if block["type"] == "input":
            error = _input_error(block, state[block["block_id"]][block["element"]["action_id"]])
            if error:
                errors[block["block_id"]] = error
    return errors


def _input_error(block: Json, value: Json) -> str | None:
    element, text = block["element"], value.get("value")
    filled = text or value.get("selected_option") or value.get("selected_options")
    if not filled:
        return None if block.get("optional") else REQUIRED
    if isinstance(text, str) and len(text) < element.get("min_length", 0):
        return f"Please use at least {element['min_length']} characters."
    if isinstance(text, str) and len(text) > element.get("max_length", 3000):
        return f"Please use at most {element.get('max_length', 3000)} characters."
    return None


def _sent(values: Json, block_id: str, action_id: str) -> Json | None:
    actions = values.get(block_id)
    sent = actions.get(action_id) if isinstance(actions, dict) else None
    return sent if isinstance(sent, dict) else None


def _entered(element: Json, sent: Json) -> Json:
    kind = element["type"]
    if kind in _ONE:
        return {"selected_option": _option(element, sent.get("selected_option"))}
    if kind in _MANY:
        chosen = sent.get("selected_options")
        options = chosen if isinstance(chosen, list) else []
        return {"selected_options": [_option(element, option) for option in options]}
    if kind in _TYPED:
        return {"value": str(sent["value"]) if sent.get("value") else None}
    raise Denied(f"The local workspace cannot use a {kind} element.")


def _initial(element: Json) -> Json:
    if element["type"] in _ONE:
        return {"selected_option": element.get("initial_option")}
    if element["type"] in _MANY:
        return {"selected_options": element.get("initial_options") or []}
    return {"value": element.get("initial_value")}


def _option(element: Json, sent: Any) -> Json | None:
    """The element's own option with this value, whatever else the page sent."""
    if sent is None:
        return None
    wanted = sent.get("value") if isinstance(sent, dict) else sent
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    for group in groups:
        for option in group["options"]:
            if option.get("value") == wanted:
                return dict(option)
    raise Denied("This choice is not offered any more. Reload the page.")


def _feedback(element: Json, sent: Json) -> Json:
    for name in ("positive_button", "negative_button"):
        button = element[name]
        if button["value"] == sent.get("value"):
            return {"value": button["value"], "text": button["text"]}
    raise Denied("This choice is not offered any more. Reload the page.")
