"""The default team: Orbit Desk, the staff of a space museum, and the Lorebot app in it."""

from bot.workspace.objects import App, Channel, Command, User
from bot.workspace.team import Team

LOREBOT = App(
    commands=(
        Command(
            "/lore",
            "help | status | reindex | review | retrain | report",
            "Ask Lorebot to do chores",
        ),
    )
)

PEOPLE = (
    User("U0ADAMORENO", "ada", "Ada Moreno", "Curator", "#7a3e9d", is_admin=True),
    User("U0NOORHADAD", "noor", "Noor Haddad", "Exhibit designer", "#b3541e"),
    User("U0JONASBERG", "jonas", "Jonas Berg", "Guide, started this month", "#1f7a5a"),
    User("U0MEITANAKA", "mei", "Mei Tanaka", "Educator", "#2f5fb3"),
)


def orbit_desk(app: App = LOREBOT) -> Team:
    """The people, the channels, and for each person a direct conversation with the bot."""
    lorebot = User(app.user, app.handle, app.name, "App", "#3b3f5c", is_bot=True)
    everyone = frozenset(person.id for person in PEOPLE) | {app.user}
    curators = frozenset({"U0ADAMORENO", "U0NOORHADAD", app.user})
    channels = [
        Channel("C0GENERAL00", "general", everyone, "News for the whole house"),
        Channel("C0ASKLORE00", "ask-lore", everyone, "Ask Lorebot; it answers from our documents"),
        Channel("C0EXHIBITS0", "exhibits", everyone, "What stands in which hall, and why"),
        Channel("C0CURATORS0", "curators", curators, "Loans and acquisitions", is_private=True),
    ]
    direct = [
        Channel(f"D{person.id[1:]}", app.name, frozenset({person.id, app.user}), person=person.id)
        for person in PEOPLE
    ]
    return Team(
        "T0ORBITDESK", "Orbit Desk", "orbit-desk", app, [*PEOPLE, lorebot], channels + direct
    )
