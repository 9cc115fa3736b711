"""What a person chose, in the form in which the page would send it."""

from typing import Any

from bot.workspace.blocks_check import elements
from bot.workspace.elements import is_input
from bot.workspace.objects import Json, View
from bot.workspace.refusal import Denied

_SIGNS = {"positive": "positive_button", "negative": "negative_button"}


def choice(element: Json, value: Any) -> Json:
    """For one element: `value` is typed text, an option's value or a list of them.

    Feedback buttons take "positive", "negative" or a button's own value.
    """
    kind, sent = element["type"], {"type": element["type"], "action_id": element["action_id"]}
    if kind == "feedback_buttons":
        sign = _SIGNS.get(str(value))
        return sent | {"value": element[sign]["value"] if sign else value}
    if kind in ("static_select", "radio_buttons", "overflow"):
        return sent | {"selected_option": None if value is None else {"value": value}}
    if kind in ("multi_static_select", "checkboxes"):
        return sent | {"selected_options": [{"value": item} for item in value or ()]}
    return sent | {"value": value}


def filled(view: View, answers: dict[str, Any]) -> Json:
    """The values of a modal from answers by block_id or action_id; others stay as they were."""
    values: Json = {}
    left = dict(answers)
    for block in view.blocks:
        for element in filter(is_input, elements(block)):
            for name in (block["block_id"], element["action_id"]):
                if name in left:
                    sent = {element["action_id"]: choice(element, left.pop(name))}
                    values.setdefault(block["block_id"], {}).update(sent)
    if left:
        raise Denied(f"The dialog has no input called {', '.join(left)}.")
    return values
