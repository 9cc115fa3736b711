"""apps.connections.open: an address for one Socket Mode connection."""

from bot.workspace.arguments import Arguments
from bot.workspace.backend import Backend
from bot.workspace.objects import Json


def open_connection(backend: Backend, args: Arguments) -> Json:
    address = backend.team.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/{backend.socket.issue_ticket()}"}
