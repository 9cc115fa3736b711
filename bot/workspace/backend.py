"""The parts of a running workspace, put together."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.workspace.conversation import Conversation
from bot.workspace.delivery import Delivery
from bot.workspace.faults import Faults
from bot.workspace.feed import Feed
from bot.workspace.interactions import Interactions
from bot.workspace.modals import Modals
from bot.workspace.objects import Json, Timing
from bot.workspace.responses import Responses
from bot.workspace.socket_mode import SocketMode
from bot.workspace.team import Team
from bot.workspace.tickets import ResponseUrls, Triggers

CALLS_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """A Web API call of the app, as it was answered."""

    method: str
    args: Json
    answer: Json


@dataclass
class Backend:
    """Everything behind the addresses of the workspace; used on the event loop only."""

    team: Team
    timing: Timing
    faults: Faults
    bot_token: str
    app_token: str
    on_change: Callable[[], None] = lambda: None
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))

    def __post_init__(self) -> None:
        self.feed = Feed(self.team, self.on_change)
        self.socket = SocketMode(self.team.app.id, self.timing.ack, self.feed.connection)
        self.delivery = Delivery(self.socket, self.timing, self.faults)
        self.conversation = Conversation(self.team, self.feed, self.delivery, self.timing)
        self.modals = Modals(self.team, self.feed)
        self.responses = Responses(self.conversation)
        self.triggers = Triggers(self.timing.trigger)
        self.response_urls = ResponseUrls(self.timing.response_url)
        self.interactions = Interactions(
            self.team,
            self.modals,
            self.delivery,
            self.responses,
            self.triggers,
            self.response_urls,
        )
