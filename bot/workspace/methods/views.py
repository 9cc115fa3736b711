"""views.open, push, update and publish."""

from bot.workspace.arguments import Arguments, missing
from bot.workspace.backend import Backend
from bot.workspace.methods.lookup import known_user
from bot.workspace.objects import Json, View
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import view_json


def open_(backend: Backend, args: Arguments) -> Json:
    user = backend.triggers.exchange(args.required("trigger_id"))
    return _answer(backend, backend.modals.open(user, _view(args)))


def push(backend: Backend, args: Arguments) -> Json:
    user = backend.triggers.exchange(args.required("trigger_id"))
    return _answer(backend, backend.modals.push(user, _view(args)))


def update(backend: Backend, args: Arguments) -> Json:
    if not (args.text("view_id") or args.text("external_id")):
        raise missing("view_id")
    old = backend.modals.find(args.text("view_id"), args.text("external_id"))
    if args.text("hash") not in ("", old.hash):
        raise Refused("hash_conflict")
    return _answer(backend, backend.modals.update(old, _view(args)))


def publish(backend: Backend, args: Arguments) -> Json:
    user = known_user(backend, args, "user_id")
    return _answer(backend, backend.modals.publish(user.id, _view(args), args.text("hash")))


def _view(args: Arguments) -> Json:
    view: Json | None = args.structure("view")
    if view is None:
        raise missing("view")
    return view


def _answer(backend: Backend, view: View) -> Json:
    return {"view": view_json(backend.team, view)}
