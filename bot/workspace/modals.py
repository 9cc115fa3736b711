"""The views that are open: opened, pushed, updated and closed, and shown on the pages."""

import secrets
import time
from dataclasses import dataclass, replace

from bot.workspace.block_ids import with_ids
from bot.workspace.blocks_check import check_view
from bot.workspace.feed import Feed
from bot.workspace.objects import Json, View
from bot.workspace.refusal import Refused
from bot.workspace.team import Team

MAX_STACK = 3


@dataclass
class Modals:
    """At most one stack of modals for each person, and one Home tab."""

    team: Team
    feed: Feed

    def open(self, user: str, view: Json) -> View:
        """A new stack; what was open is replaced."""
        check_view(view, ("modal",))
        self._check_external_id(view)
        self.clear(user)
        return self._show(self._new(user, view))

    def push(self, user: str, view: Json) -> View:
        check_view(view, ("modal",))
        self._check_external_id(view)
        stack = self.team.stack(user)
        if not stack:
            raise Refused("not_found")
        if len(stack) >= MAX_STACK:
            raise Refused("push_limit_reached")
        top = stack[-1]
        return self._show(replace(self._new(user, view), previous_id=top.id, root_id=top.root_id))

    def update(self, old: View, view: Json) -> View:
        """What a person has typed stays in the inputs whose ids stay."""
        check_view(view, ("modal",))
        return self._show(replace(old, body=_with_ids(view), hash=_hash()))

    def publish(self, user: str, view: Json, expected_hash: str = "") -> View:
        check_view(view, ("home",))
        old = self.team.homes.get(user)
        if expected_hash and (old is None or old.hash != expected_hash):
            raise Refused("hash_conflict")
        new = self._new(user, view)
        home = replace(new, id=old.id, root_id=old.id) if old else new
        self.team.homes[user] = home
        self.feed.view(home)
        return home

    def find(self, view_id: str, external_id: str = "") -> View:
        """An open modal. Raises Refused."""
        for view in self.team.views.values():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise Refused("not_found")

    def keep_values(self, view: View, values: Json) -> View:
        """What a person entered, without showing it again."""
        filled = replace(view, values=values)
        if view.id in self.team.views:
            self.team.views[view.id] = filled
        return filled

    def close(self, view: View) -> None:
        """Close this one; the one below comes up again."""
        self._forget(view)
        stack = self.team.stack(view.user)
        if stack:
            self.feed.view(stack[-1])

    def clear(self, user: str) -> None:
        """Close the whole stack."""
        for view in reversed(self.team.stack(user)):
            self._forget(view)

    def _forget(self, view: View) -> None:
        if self.team.views.pop(view.id, None):
            self.feed.view_closed(view)

    def _show(self, view: View) -> View:
        self.team.views[view.id] = view
        self.feed.view(view)
        return view

    def _new(self, user: str, view: Json) -> View:
        view_id = self.team.new_id("V")
        return View(view_id, user, _with_ids(view), _hash(), root_id=view_id)

    def _check_external_id(self, view: Json) -> None:
        wanted = view.get("external_id")
        if wanted and any(v.body.get("external_id") == wanted for v in self.team.views.values()):
            raise Refused("duplicate_external_id")


def _with_ids(view: Json) -> Json:
    return view | {"blocks": with_ids(view["blocks"])}


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
