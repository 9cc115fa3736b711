"""From the settings of the sources to the sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.engine import Database
from db.sources import PUBLIC, keep_audiences
from knowledge.errors import KnowledgeUnusable
from knowledge.settings import KnowledgeSettings
from knowledge.sources import NamedSource, Source
from knowledge.sources.answers import open_answers
from knowledge.sources.folder import FolderSource
from knowledge.sources.names import ANSWERS, KEPT, is_verified
from knowledge.sources.settings import (
    AnySource,
    ConfluenceSettings,
    DriveSettings,
    FolderSettings,
    GitSettings,
    NotionSettings,
    WebSettings,
    or_folder,
)


@dataclass(frozen=True, slots=True)
class Room:
    """What a source may use: a folder of its own that stays from run to run, and the size limit."""

    cache: Path
    max_file_mb: int
    environment: Mapping[str, str]
    """This program's, for what a source has to start."""

    def of(self, name: str) -> Room:
        return replace(self, cache=self.cache / name)


@dataclass(frozen=True)
class Sources:
    """The sources that are set, and beside them the verified answers."""

    database: Database
    configured: Sequence[NamedSource]

    @property
    def base_urls(self) -> dict[str, str]:
        return {named.name: named.base_url for named in self.configured}

    def all(self) -> list[NamedSource]:
        """As of now: each channel with verified answers of its own has a source of them."""
        return [*self.configured, *open_answers(self.database)]

    def only(self, names: Collection[str]) -> list[NamedSource]:
        """Those that are named. Raises KnowledgeUnusable for a name that is not set."""
        known = [named.name for named in self.configured] + [ANSWERS]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise KnowledgeUnusable(
                f"There is no source {unknown[0]}; there are: {', '.join(known)}."
            )
        return [
            named
            for named in self.all()
            if named.name in names or (ANSWERS in names and is_verified(named.name))
        ]

    def keep_audiences(self) -> None:
        """From now on each is answered to those who may read it, as it is set."""
        audiences: dict[str, Sequence[str]] = dict.fromkeys(KEPT, (PUBLIC,))
        audiences |= {named.name: named.audience for named in self.all()}
        keep_audiences(self.database, audiences)


def open_sources(
    database: Database,
    settings: KnowledgeSettings,
    chosen: Sequence[AnySource],
    cache: Path,
    environment: Mapping[str, str],
) -> Sources:
    """The sources that are set, or the folder of documents where none is.

    Raises KnowledgeUnusable.
    """
    room = Room(cache, settings.max_file_mb, environment)
    return Sources(database, [open_source(one, room) for one in or_folder(chosen, settings)])


def open_source(chosen: AnySource, room: Room) -> NamedSource:
    """Nothing is read yet. Raises KnowledgeUnusable if a package that it needs is missing."""
    source = OPENERS[type(chosen)](chosen, room.of(chosen.name))
    return NamedSource(chosen.name, source, chosen.labels, chosen.base_url)


def open_folder(chosen: FolderSettings, room: Room) -> Source:
    return FolderSource(chosen.path, max_file_mb=room.max_file_mb)


# The others are imported where they are opened: each brings packages that only it needs.
def open_git(chosen: GitSettings, room: Room) -> Source:
    from knowledge.sources.git.source import GitSource

    return GitSource(chosen, room.cache, max_file_mb=room.max_file_mb, environment=room.environment)


def open_web(chosen: WebSettings, room: Room) -> Source:
    from knowledge.sources.web.source import WebSource

    return WebSource(chosen, room.cache, max_file_mb=room.max_file_mb)


def open_confluence(chosen: ConfluenceSettings, room: Room) -> Source:
    from knowledge.sources.confluence.source import ConfluenceSource

    return ConfluenceSource(chosen, max_file_mb=room.max_file_mb)


def open_notion(chosen: NotionSettings, room: Room) -> Source:
    from knowledge.sources.notion.source import NotionSource

    return NotionSource(chosen, max_file_mb=room.max_file_mb)


def open_drive(chosen: DriveSettings, room: Room) -> Source:
    from knowledge.sources.drive.source import DriveSource

    return DriveSource(chosen, max_file_mb=room.max_file_mb)


OPENERS: dict[type, Callable[..., Source]] = {
    FolderSettings: open_folder,
    GitSettings: open_git,
    WebSettings: open_web,
    ConfluenceSettings: open_confluence,
    NotionSettings: open_notion,
    DriveSettings: open_drive,
}
