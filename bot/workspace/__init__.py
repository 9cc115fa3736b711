"""The local workspace: a strict look-alike of Slack on localhost, to try Lorebot and to test it."""

from bot.workspace.documents import Page
from bot.workspace.facade import Workspace
from bot.workspace.manifest import read_manifest
from bot.workspace.objects import App, Command, Shortcut, Timing
from bot.workspace.refusal import Denied
from bot.workspace.server import PortInUse, open_workspace

__all__ = [
    "App",
    "Command",
    "Denied",
    "Page",
    "PortInUse",
    "Shortcut",
    "Timing",
    "Workspace",
    "open_workspace",
    "read_manifest",
]
