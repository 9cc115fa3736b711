"""A Slack app manifest as the workspace understands it: the same file that Slack gets."""

from bot.workspace.objects import App, Command, Json, Shortcut


def read_manifest(manifest: Json) -> App:
    """The app with exactly the commands, scopes and events that the manifest asks for.

    The workspace then refuses calls without their scope (`missing_scope`) and keeps back events
    that are not subscribed to, as Slack would. Raises KeyError if a required part is absent.
    """
    about, features = manifest["display_information"], manifest.get("features", {})
    events = manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
    return App(
        name=about["name"],
        description=about.get("description", ""),
        commands=tuple(_command(entry) for entry in features.get("slash_commands", [])),
        shortcuts=tuple(
            Shortcut(entry["callback_id"], entry["name"])
            for entry in features.get("shortcuts", [])
            if entry["type"] == "message"
        ),
        scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
        events=frozenset(events),
    )


def _command(entry: Json) -> Command:
    return Command(entry["command"], entry.get("usage_hint", ""), entry["description"])
