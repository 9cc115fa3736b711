"""A space of Confluence: its pages as HTML, through llama-index's reader."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from knowledge.sources import SourceUnavailable
from knowledge.sources.confluence.html import readable
from knowledge.sources.patient import PatientAdapter, Sleep, open_session, status_of
from knowledge.sources.regular import NotReadable
from knowledge.sources.remote import (
    NotTheApi,
    Page,
    RemoteSource,
    as_object,
    file_name,
    needed_extra,
)
from knowledge.sources.settings import ConfluenceSettings

with needed_extra("confluence"):
    from llama_index.readers.confluence import ConfluenceReader

_SEARCH = "rest/api/content/search"
_PAGE_SIZE = 100

_ADVICE = {
    401: "refused the token: set the source's user and token in lorebot.toml to ones that hold.",
    403: "does not let the token's owner in: give them leave to view the space.",
    404: "has no API at this address: set the source's url in lorebot.toml, with /wiki on Cloud.",
}


class _AsItIs:
    """Takes the place of the reader's markdown, which loses languages, panels and tables' form."""

    def convert(self, html: str) -> str:
        return html


class ConfluenceSource(RemoteSource):
    """The current pages of one space, as Confluence renders them for export.

    So macros come out as what people see, and what a page includes is there; but when only an
    included page changes, the page that includes it keeps its version and is not read again.
    """

    def __init__(
        self,
        settings: ConfluenceSettings,
        *,
        max_file_mb: int,
        sleep: Sleep = time.sleep,
    ) -> None:
        super().__init__(f"Confluence at {settings.url}", _ADVICE, max_file_mb=max_file_mb)
        self._space = settings.space
        self._url = settings.url.rstrip("/")
        self._reader = _open_reader(settings, sleep)

    def pages(self) -> Iterator[Page]:
        found = 0
        for answer in self._listing():
            base = str(as_object(answer.get("_links", {})).get("base") or self._url)
            for page in answer["results"]:
                found += 1
                yield self._page(page, base)
        if not found:
            raise self._no_space()

    def fetch(self, page: Page) -> bytes:
        found = self._search({"cql": f"id={page.id}", "expand": "body.export_view,version"})
        if not found["results"]:
            raise NotReadable("is gone; it was there a moment ago")
        document = self._reader.process_page(found["results"][0], False, _AsItIs())
        return readable(document.metadata["title"], document.text)

    def _listing(self) -> Iterator[dict[str, Any]]:
        quoted = self._space.replace("\\", "\\\\").replace('"', '\\"')
        cql = f'space="{quoted}" and type=page order by created'
        params = {"cql": cql, "expand": "version", "limit": str(_PAGE_SIZE)}
        seen: set[tuple[tuple[str, str], ...]] = set()
        # An answer that leads back to where the listing was would never end.
        while (place := tuple(sorted(params.items()))) not in seen:
            seen.add(place)
            try:
                answer = self._search(params)
            except requests.HTTPError as error:
                if status_of(error) == 400:
                    raise self._no_space() from None
                raise
            yield answer
            # Cloud goes on by a cursor, a server by a number.
            query = parse_qs(urlsplit(str(answer["_links"].get("next", ""))).query)
            params |= {key: query[key][0] for key in ("cursor", "start") if key in query}

    def _search(self, params: dict[str, str]) -> dict[str, Any]:
        # By search, for Cloud has withdrawn the older listing that the reader uses for a space.
        answer: dict[str, Any] = as_object(self._reader.confluence.get(_SEARCH, params=params))
        if not isinstance(answer.get("results"), list):
            raise NotTheApi
        return answer

    def _page(self, page: dict[str, Any], base: str) -> Page:
        page_id, title = str(page["id"]), str(page["title"])
        return Page(
            id=page_id,
            path=f"{self._space}/{file_name(title, page_id, '.html')}",
            title=title,
            version=f"v{page['version']['number']}",
            modified=str(page["version"].get("when", "")),
            uri=base + str(page["_links"]["webui"]),
        )

    def _no_space(self) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self._who} shows no page in the space {self._space}: set the source's space in "
            "lorebot.toml to the space's key, and give the token's owner leave to view it."
        )


def _open_reader(settings: ConfluenceSettings, sleep: Sleep) -> ConfluenceReader:
    token = settings.token.get_secret_value()
    who: dict[str, Any] = (
        {"user_name": settings.user, "password": token} if settings.user else {"api_token": token}
    )
    # The client's own waiting for Retry-After has no bound.
    patience = {"session": open_session(PatientAdapter(sleep)), "retry_with_header": False}
    return ConfluenceReader(
        base_url=settings.url.rstrip("/"), cloud=settings.cloud, client_args=patience, **who
    )
