"""A service account's key for Google Drive: read from its file, kept out of every message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests
from requests.auth import AuthBase

from knowledge.sources import SourceUnavailable
from knowledge.sources.remote import needed_extra

with needed_extra("drive"):
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import Request
    from llama_index.readers.google import GoogleDriveReader

# The reader looks for files of these names in the current folder, unless they are empty.
_NO_OTHER_KEYS: dict[str, Any] = {
    "credentials_path": "",
    "token_path": "",
    "service_account_key_path": "",
}
_HOW_TO = (
    "make a JSON key for the service account (Google Cloud console → IAM → Service accounts → "
    "Keys) and set the source's service_account in lorebot.toml to its file."
)


def _exports() -> dict[str, dict[str, str]]:
    # Any key will do to ask the reader which formats it exports to.
    reader = GoogleDriveReader(service_account_key={}, is_cloud=True, **_NO_OTHER_KEYS)
    formats: dict[str, dict[str, str]] = reader._mimetypes
    return formats


EXPORTS = _exports()
"""For Google's own documents: the `mimetype` to export to and its `extension`."""


Credentials = Any
"""google-auth's, whose methods are untyped."""


def load_credentials(path: Path) -> Credentials:
    """Raises SourceUnavailable."""
    reason = f"The file {path} is no key of a service account"
    try:
        key: Any = json.loads(path.read_text(encoding="utf-8"))
        # The reader shows the key in its repr, so it is not kept.
        reader = GoogleDriveReader(service_account_key=key, is_cloud=True, **_NO_OTHER_KEYS)
        return reader._get_credentials()
    except FileNotFoundError:
        reason = f"There is no key file at {path}"
    except OSError:
        reason = f"The key file {path} cannot be read by this user"
    except (ValueError, GoogleAuthError):
        pass
    # Outside of the handlers: their errors may quote the key.
    raise SourceUnavailable(f"{reason}: {_HOW_TO}")


class KeyAuth(AuthBase):
    """Signs requests with an access token, which it asks for and renews."""

    def __init__(self, credentials: Credentials, session: requests.Session) -> None:
        self._credentials = credentials
        # Its own session: this one's requests for a token must not wait for a token.
        plain = requests.Session()
        plain.mount("https://", session.get_adapter("https://"))
        plain.mount("http://", session.get_adapter("http://"))
        self._request = Request(plain)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self._credentials.valid:
            self._renew()
        self._credentials.apply(request.headers)
        return request

    def _renew(self) -> None:
        failure: Exception
        try:
            self._credentials.refresh(self._request)
            return
        except TransportError:
            failure = requests.ConnectionError("no answer from Google's accounts")
        except GoogleAuthError:
            failure = SourceUnavailable(f"Google refuses the service account's key: {_HOW_TO}")
        raise failure
