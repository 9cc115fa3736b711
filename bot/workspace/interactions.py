"""Clicks, commands and modals: sends them to the app and does what its acknowledgement says."""

from dataclasses import dataclass
from typing import Any

from bot.workspace import interaction_payloads as payloads
from bot.workspace.arguments import Arguments
from bot.workspace.delivery import Delivery, Kind, NotAcknowledged, NotConnected
from bot.workspace.elements import action_json, find_element, input_errors, state_values
from bot.workspace.modals import Modals
from bot.workspace.objects import Channel, Json, Message, User, View
from bot.workspace.refusal import Denied, Refused
from bot.workspace.responses import Responses
from bot.workspace.team import Team
from bot.workspace.tickets import ResponseUrl, ResponseUrls, Triggers


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a modal: is it closed, and if not, what is wrong with which input."""

    closed: bool
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Interactions:
    """What a person triggers and waits for. Raises Denied with a sentence for that person."""

    team: Team
    modals: Modals
    delivery: Delivery
    responses: Responses
    triggers: Triggers
    response_urls: ResponseUrls

    async def click(self, user: User, message: Message, block_id: str, sent: Json) -> None:
        block, element = find_element(message.blocks, str(sent.get("action_id")), block_id)
        visible_to = element.get("visible_to_user_ids")
        if visible_to and user.id not in visible_to:
            raise Denied("This button is for others.")
        action = action_json(element, block["block_id"], sent, self.team.new_ts())
        payload = payloads.block_actions_in_message(self.team, user, message, action)
        await self._send(user, payload | self._response_url(user, message))

    async def click_in_view(
        self, user: User, view: View, block_id: str, sent: Json, values: Json
    ) -> None:
        block, element = find_element(view.blocks, str(sent.get("action_id")), block_id)
        action = action_json(element, block["block_id"], sent, self.team.new_ts())
        filled = self.modals.keep_values(view, state_values(view.blocks, values))
        payload = payloads.block_actions_in_view(self.team, user, filled, action)
        await self._send(user, payload)

    async def submit(self, user: User, view: View, values: Json) -> Submitted:
        state = state_values(view.blocks, values)
        errors = input_errors(view.blocks, state)
        if errors:
            return Submitted(False, errors)
        filled = self.modals.keep_values(view, state)
        answer = await self._send(user, payloads.view_submission(self.team, user, filled))
        try:
            return self._after_submit(filled, answer)
        except Refused as refused:
            raise Denied(
                f"{self._app} answered with a view that Slack refuses: {refused}."
            ) from None

    async def close(self, user: User, view: View) -> None:
        self.modals.close(view)
        if view.body.get("notify_on_close"):
            await self._send(user, payloads.view_closed(self.team, user, view, cleared=False))

    async def command(self, user: User, channel: Channel, command: str, text: str) -> None:
        if command not in [known.command for known in self.team.app.commands]:
            raise Denied(f"{command} is not a command here. Type / to see those there are.")
        payload = payloads.slash_command(self.team, user, channel, command, text)
        key = self.response_urls.issue(user.id, channel.id)
        payload["response_url"] = self._url(key)
        answer = await self._send(user, payload, "slash_commands", command)
        if answer:
            self._answer_command(answer, ResponseUrl(user.id, channel.id, 0.0))

    async def shortcut(self, user: User, message: Message, callback_id: str) -> None:
        if callback_id not in [known.callback_id for known in self.team.app.shortcuts]:
            raise Denied("This shortcut is not there any more. Reload the page.")
        payload = payloads.message_action(self.team, user, message, callback_id)
        await self._send(user, payload | self._response_url(user, message))

    async def _send(
        self, user: User, payload: Json, kind: Kind = "interactive", what: str = "This"
    ) -> Json:
        payload["trigger_id"] = self.triggers.issue(user.id)
        try:
            return await self.delivery.send_interaction(kind, payload)
        except NotConnected:
            raise Denied(f"{what} did not work: {self._app} is not connected.") from None
        except NotAcknowledged:
            raise Denied(
                f"{what} failed with the error “operation_timeout”:"
                f" {self._app} did not answer within {self._seconds}."
            ) from None

    def _after_submit(self, view: View, answer: Json) -> Submitted:
        action = answer.get("response_action")
        if action == "errors":
            return Submitted(False, self._errors(view, answer.get("errors")))
        if action == "update":
            self.modals.update(view, answer.get("view", {}))
        elif action == "push":
            self.modals.push(view.user, answer.get("view", {}))
        elif action == "clear":
            self.modals.clear(view.user)
        else:
            self.modals.close(view)
        return Submitted(action not in ("update", "push"), {})

    def _errors(self, view: View, errors: Any) -> dict[str, str]:
        known = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not known >= errors.keys():
            raise Refused("errors must name input blocks of the view")
        return {str(block_id): str(text) for block_id, text in errors.items()}

    def _answer_command(self, answer: Json, url: ResponseUrl) -> None:
        try:
            self.responses.answer(Arguments(answer), url)
        except Refused as refused:
            raise Denied(f"{self._app}'s answer was refused: {refused}.") from None

    def _response_url(self, user: User, message: Message) -> Json:
        key = self.response_urls.issue(user.id, message.channel, message.ts)
        return {"response_url": self._url(key)}

    def _url(self, key: str) -> str:
        return f"{self.team.url}/response/{key}"

    @property
    def _app(self) -> str:
        return self.team.app.name

    @property
    def _seconds(self) -> str:
        return f"{self.delivery.timing.ack:g} seconds"
