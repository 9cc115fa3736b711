"""auth.test, api.test, users.*, bots.info: who is who."""

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.methods.lookup import known_user
from bot.workspace.objects import Json
from bot.workspace.refusal import Refused
from bot.workspace.slack_objects import bot_json, user_json


def api_test(backend: Backend, args: Arguments) -> Json:
    if args.has("error"):
        raise Refused(args.text("error"))
    return {"args": args.values}


def auth_test(backend: Backend, args: Arguments) -> Json:
    team, app = backend.team, backend.team.app
    return {
        "url": f"{team.url}/",
        "team": team.name,
        "user": team.users[app.user].name,
        "team_id": team.id,
        "user_id": app.user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def users_info(backend: Backend, args: Arguments) -> Json:
    return {"user": user_json(backend.team, known_user(backend, args))}


def users_list(backend: Backend, args: Arguments) -> Json:
    page, cursor = args.page(list(backend.team.users.values()), default=100, most=1000)
    shown = [user_json(backend.team, user) for user in page]
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


def bots_info(backend: Backend, args: Arguments) -> Json:
    if args.text("bot", backend.team.app.bot_id) != backend.team.app.bot_id:
        raise Refused("bot_not_found")
    return {"bot": bot_json(backend.team)}
