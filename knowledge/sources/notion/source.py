"""Pages of Notion and rows of its databases as markdown, through llama-index's reader."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from knowledge.sources import SourceUnavailable
from knowledge.sources.notion.markdown import facts_of, page_markdown, title_of
from knowledge.sources.notion.reader import API, MarkdownReader
from knowledge.sources.patient import PatientAdapter, Sleep, open_session, status_of
from knowledge.sources.remote import Page, RemoteSource, file_name
from knowledge.sources.settings import NotionSettings

_ADVICE = {
    401: "refused the token: set the source's token in lorebot.toml to the integration's secret.",
    403: "does not let the integration read content: allow it in the integration's settings.",
}
_ID = re.compile(r"[0-9a-f]{32}$")
# Notion tells the time of a change to the minute: within it, a page may change once more.
_TICK = timedelta(minutes=2)

Found = dict[str, dict[str, Any]]


class NotionSource(RemoteSource):
    """All pages that are shared with the integration, or those at and below the chosen ones."""

    def __init__(
        self,
        settings: NotionSettings,
        *,
        max_file_mb: int,
        api: str = API,
        sleep: Sleep = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__("Notion", _ADVICE, max_file_mb=max_file_mb)
        self._now = now
        self._chosen = (*settings.pages, *settings.databases)
        session = open_session(PatientAdapter(sleep))
        self._reader = MarkdownReader(settings.token.get_secret_value(), session, api)
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._parents: dict[str, Mapping[str, Any]] = {}
        """Of blocks, which the listing leaves out."""

    def pages(self) -> Iterator[Page]:
        # One listing, for a page's descendants are told only by the parents that they name.
        found: Found = {bare(entry["id"]): entry for entry in self._reader.search_all()}
        chosen = {self._listed(given, found) for given in self._chosen}
        if not found:
            raise SourceUnavailable(
                "Notion shows the integration no page: share pages with it (••• → Connections)."
            )
        self._properties.clear()
        for page_id, entry in found.items():
            gone = entry.get("archived") or entry.get("in_trash")
            if entry["object"] != "page" or gone:
                continue
            if not chosen or chosen & set(self._line(page_id, found)):
                self._properties[page_id] = entry["properties"]
                yield _page(page_id, entry, self._now())

    def fetch(self, page: Page) -> bytes:
        blocks = self._reader.read_page(page.id)
        return page_markdown(page.title, self._facts(page.id), blocks).encode()

    def _facts(self, page_id: str) -> Iterator[str]:
        return facts_of(self._properties.get(page_id, {}))

    def _listed(self, given: str, found: Found) -> str:
        """The id of a chosen page or database, which is looked up if the listing lacks it."""
        match = _ID.search(re.split("[?#]", given)[0].replace("-", "").lower())
        if match is None:
            raise SourceUnavailable(
                f"Notion has no page {given}: set the source's pages and databases in "
                "lorebot.toml to ids or addresses of pages, which end in 32 digits and letters."
            )
        if match[0] not in found:
            found[match[0]] = self._look_up(match[0], given)
        return match[0]

    def _look_up(self, page_id: str, given: str) -> dict[str, Any]:
        for kind in ("pages", "databases"):
            try:
                return self._reader.get(f"{kind}/{page_id}")
            except requests.HTTPError as error:
                if status_of(error) not in (400, 404):
                    raise
        raise SourceUnavailable(
            f"Notion shows no page or database {given}: share it with the integration "
            "(••• → Connections), or correct the source in lorebot.toml."
        )

    def _line(self, page_id: str, found: Found) -> Iterator[str]:
        """The page and all that it lies in, as far as that is shared."""
        seen: set[str] = set()
        place = page_id
        while place and place not in seen:
            seen.add(place)
            yield place
            parent = found[place]["parent"] if place in found else self._parent_of_block(place)
            place = bare(parent.get(str(parent.get("type")), ""))

    def _parent_of_block(self, block_id: str) -> Mapping[str, Any]:
        if block_id not in self._parents:
            try:
                parent = self._reader.get(f"blocks/{block_id}").get("parent", {})
            except requests.HTTPError as error:
                if status_of(error) not in (400, 404):
                    raise
                parent = {}
            self._parents[block_id] = parent
        return self._parents[block_id]


def bare(given: object) -> str:
    """An id without dashes; nothing for what is no id, as a workspace's `true`."""
    return given.replace("-", "").lower() if isinstance(given, str) else ""


def _page(page_id: str, entry: Mapping[str, Any], now: datetime) -> Page:
    title, edited = title_of(entry["properties"]), str(entry["last_edited_time"])
    fresh = now - datetime.fromisoformat(edited) < _TICK
    return Page(
        id=page_id,
        path=file_name(title, page_id, ".md"),
        title=title,
        version=f"{edited} and going on" if fresh else edited,
        modified=edited,
        uri=str(entry["url"]),
    )
