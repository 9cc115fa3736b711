"""llama-index's reader for Notion, asked patiently and answering in markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests
from pydantic import PrivateAttr

from knowledge.sources.notion.markdown import blocks_markdown
from knowledge.sources.remote import NotTheApi, as_object, needed_extra

with needed_extra("notion"):
    from llama_index.readers.notion import NotionPageReader

API = "https://api.notion.com"
_PAGE_SIZE = 100


class MarkdownReader(NotionPageReader):  # type: ignore[misc]  # untyped
    """Its requests, headers and version of the API; the form of what is read is our own.

    The reader itself keeps the words of a page and drops headings, tables and links, and takes a
    page's second hundred of blocks for another page.
    """

    _session: requests.Session = PrivateAttr()
    _api: str = PrivateAttr()

    def __init__(self, token: str, session: requests.Session, api: str = API) -> None:
        super().__init__(integration_token=token)
        self._session = session
        self._api = api

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Nothing: the fields hold the token."""
        return []

    def get(self, path: str) -> dict[str, Any]:
        """One object of the API."""
        return as_object(self._asked("GET", path))

    def search_all(self) -> Iterator[dict[str, Any]]:
        """Every page and database that the integration may see."""
        # What is edited meanwhile moves to the end, and not to a part that was listed already.
        order = {"timestamp": "last_edited_time", "direction": "ascending"}
        return self._listed("POST", "search", {"sort": order})

    def children(self, block_id: str) -> Iterator[dict[str, Any]]:
        return self._listed("GET", f"blocks/{block_id}/children")

    def _read_block(self, block_id: str, num_tabs: int = 0) -> str:
        return blocks_markdown(self.children(block_id), self.children)

    def _listed(
        self, method: str, path: str, what: Mapping[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """All results, over as many answers as they come in."""
        cursor: object = None
        seen: set[object] = set()
        while cursor not in seen:
            seen.add(cursor)
            place = {"start_cursor": cursor} if cursor else {}
            answer = self._asked(method, path, {"page_size": _PAGE_SIZE, **(what or {}), **place})
            results = answer.get("results")
            if not isinstance(results, list):
                raise NotTheApi
            yield from results
            cursor = answer.get("next_cursor")

    def _asked(
        self, method: str, path: str, what: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        response = self._request_with_retry(method, f"{self._api}/v1/{path}", self.headers, what)
        return as_object(response.json())

    def _request_with_retry(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        json: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        # The reader's own has no time limit, and puts Notion's answer into its errors.
        sent = (json, None) if method == "GET" else (None, json)
        response = self._session.request(method, url, headers=headers, params=sent[0], json=sent[1])
        response.raise_for_status()
        return response
