"""A folder of Google Drive, through llama-index's reader: documents exported, files as they are."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from knowledge.documents import Skipped
from knowledge.parse import ADVICE, PARSERS, ending, unreadable
from knowledge.sources import SourceUnavailable
from knowledge.sources.denied import is_debris, is_secret
from knowledge.sources.drive.key import EXPORTS, KeyAuth, load_credentials
from knowledge.sources.patient import PatientAdapter, Sleep, open_session, read_body, status_of
from knowledge.sources.regular import NotReadable, too_large
from knowledge.sources.remote import NotTheApi, Page, RemoteSource, as_object
from knowledge.sources.settings import DriveSettings

API = "https://www.googleapis.com"
_FOLDER = "application/vnd.google-apps.folder"
_SHORTCUT = "application/vnd.google-apps.shortcut"
_GOOGLES = "application/vnd.google-apps."
_FIELDS = "id,name,mimeType,md5Checksum,modifiedTime,size,webViewLink"
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]+")

_ENDINGS = {
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
}
_ADVICE = {
    401: "refused the service account: make a new key and set service_account to its file.",
    403: "does not let the service account in: enable the Google Drive API in its project and "
    "share the folder with its address.",
}

Entry = Mapping[str, Any]


class _GoogleAdapter(PatientAdapter):
    def is_busy(self, response: requests.Response) -> bool:
        """Google says "too many" with 403 as well."""
        limited = response.status_code == 403 and b"ateLimitExceeded" in response.content
        return limited or super().is_busy(response)


class DriveSource(RemoteSource):
    """What lies in a folder and the folders in it."""

    def __init__(
        self,
        settings: DriveSettings,
        *,
        max_file_mb: int,
        api: str = API,
        sleep: Sleep = time.sleep,
    ) -> None:
        super().__init__("Google Drive", _ADVICE, max_file_mb=max_file_mb)
        self._root = settings.folder_id
        self._key = settings.service_account
        self._files = f"{api}/drive/v3/files"
        self._session = open_session(_GoogleAdapter(sleep))
        self._kinds: dict[str, str] = {}
        """What each file is, by id."""

    def pages(self) -> Iterator[Page | Skipped]:
        # Anew for each run: the key in the file may have been replaced.
        self._session.auth = KeyAuth(load_credentials(self._key), self._session)
        self._check_root()
        self._kinds.clear()
        folders, seen = [(self._root, "")], {self._root}
        while folders:
            folder, place = folders.pop()
            for entry in self._listing(folder):
                if entry["id"] in seen:
                    continue
                seen.add(entry["id"])
                if entry["mimeType"] == _FOLDER:
                    folders.append((entry["id"], f"{place}{_plain(entry['name'])}/"))
                elif page := self._entry(entry, place):
                    yield page

    def fetch(self, page: Page) -> bytes:
        export = EXPORTS.get(self._kinds[page.id])
        path, params = f"{self._files}/{page.id}", {"alt": "media", "supportsAllDrives": "true"}
        if export:
            path, params = f"{path}/export", {"mimeType": export["mimetype"]}
        with self._session.get(path, params=params, stream=True) as response:
            if response.status_code == 403 and b"exportSizeLimitExceeded" in response.content:
                raise NotReadable("is larger than Google exports (10 MB); split it")
            response.raise_for_status()
            return read_body(response, self.limit)

    def _check_root(self) -> None:
        try:
            root = self._asked(f"/{self._root}", fields="id,mimeType,trashed")
        except requests.HTTPError as error:
            if status_of(error) != 404:
                raise
            root = {}
        if root.get("mimeType") != _FOLDER or root.get("trashed"):
            raise SourceUnavailable(
                f"Google Drive shows no folder {self._root}: set the source's folder_id in "
                "lorebot.toml, and share the folder with the service account's address."
            )

    def _listing(self, folder: str) -> Iterator[Entry]:
        wanted = {
            "q": f"'{folder}' in parents and trashed = false",
            "fields": f"nextPageToken,files({_FIELDS})",
            "orderBy": "name",
            "pageSize": "1000",
            "includeItemsFromAllDrives": "true",
        }
        token = ""
        seen: set[str] = set()
        while token not in seen:
            seen.add(token)
            answer = self._asked("", **wanted, **({"pageToken": token} if token else {}))
            if not isinstance(answer.get("files"), list):
                raise NotTheApi
            yield from answer["files"]
            token = str(answer.get("nextPageToken") or "")

    def _asked(self, path: str, **params: str) -> dict[str, Any]:
        response = self._session.get(
            self._files + path, params={**params, "supportsAllDrives": "true"}
        )
        response.raise_for_status()
        return as_object(response.json())

    def _entry(self, entry: Entry, place: str) -> Page | Skipped | None:
        """A page, or why it is none; nothing for pictures and the like, as in a folder."""
        kind, title = str(entry["mimeType"]), _plain(entry["name"])
        name = title + _missing_ending(title, kind)
        # The id is a folder of its own, so that the name stays a title; names may be twice.
        path = f"{place}{entry['id']}/{name}"
        size = 0 if kind in EXPORTS else int(entry.get("size") or 0)
        if reason := _left_out(name, kind, size, self.limit):
            return Skipped(path, reason)
        if ending(name) not in PARSERS or is_debris(name):
            return None
        self._kinds[entry["id"]] = kind
        modified = str(entry["modifiedTime"])
        version = str(entry.get("md5Checksum") or modified)
        return Page(entry["id"], path, title, version, modified, entry.get("webViewLink", ""), size)


def _left_out(name: str, kind: str, size: int, limit: int) -> str | None:
    if kind == _SHORTCUT:
        return "is a shortcut; put the file itself into the folder"
    if kind.startswith(_GOOGLES) and kind not in EXPORTS:
        return f"is of a kind that Google exports no text of ({kind.removeprefix(_GOOGLES)})"
    if is_secret(name):
        return "looks like a key or a password; keep those out of the folder of documents"
    if ending(name) in ADVICE:
        return unreadable(name)
    if size > limit:
        return too_large(size, limit)
    return None


def _missing_ending(name: str, kind: str) -> str:
    wanted = EXPORTS[kind]["extension"] if kind in EXPORTS else _ENDINGS.get(kind, "")
    known = ending(name) in (PARSERS if kind not in EXPORTS else (wanted,))
    return "" if known else wanted


def _plain(name: object) -> str:
    return _NOT_IN_NAMES.sub("-", str(name)).strip() or "untitled"
