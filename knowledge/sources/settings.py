"""What can be set about each source of documents: the `[[sources]]` tables of lorebot.toml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import DOCUMENTS

SLACK_ID = re.compile(r"[CGUW][A-Z0-9]{2,31}", re.ASCII)


class SourceSettings(BaseModel):
    """What all sources have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    """What people call it: in reports, in `lorebot reindex --source NAME`."""
    audience: Literal["public"] | tuple[str, ...] = "public"
    """public, or the ids of the only channels (C…, G…) and people (U…, W…) it is answered to."""
    owners: tuple[str, ...] = ()
    """The ids of the people who keep its documents right."""
    base_url: str = ""
    """Where people read the documents: a citation links to base_url + path."""
    schedule: str = ""
    """When it is read again, as a cron expression of five fields in UTC; empty for on demand."""

    @field_validator("audience")
    @classmethod
    def has_slack_ids(cls, audience: str | tuple[str, ...]) -> str | tuple[str, ...]:
        wrong = [label for label in labels_of(audience) if not is_label(label)]
        if wrong:
            raise ValueError(f"{wrong[0]} is no id of a channel (C…, G…) or of a person (U…, W…)")
        if not audience:
            raise ValueError('an empty list is nobody; write "public" or the ids of the readers')
        return audience

    @property
    def labels(self) -> tuple[str, ...]:
        return labels_of(self.audience)


def labels_of(audience: str | tuple[str, ...]) -> tuple[str, ...]:
    return (audience,) if isinstance(audience, str) else audience


def is_label(label: str) -> bool:
    return label == "public" or SLACK_ID.fullmatch(label) is not None


class FolderSettings(SourceSettings):
    """A folder on this machine."""

    kind: Literal["folder"] = "folder"
    path: Path
    """A relative path starts at the settings file."""


class GitSettings(SourceSettings):
    """A branch of a git repository."""

    kind: Literal["git"]
    url: str
    """What `git clone` takes: https://…, ssh://…, git@host:…, or a path."""
    branch: str = ""
    """Empty for the repository's own default branch."""
    folder: str = ""
    """Only what lies below this folder of the repository."""
    token: SecretStr = SecretStr("")
    """For https: a token that may read the repository."""


class WebSettings(SourceSettings):
    """The pages that a web site's sitemap names."""

    kind: Literal["web"]
    sitemap: str = Field(pattern=r"^https?://")
    """The address of sitemap.xml or of a sitemap index."""
    include: tuple[str, ...] = ()
    """Only pages whose path begins with one of these; empty for all."""
    exclude: tuple[str, ...] = ()
    """No pages whose path begins with one of these."""
    max_pages: int = Field(default=5000, ge=1, le=200_000)
    pause_ms: int = Field(default=200, ge=0, le=60_000)
    """How long to wait between two requests; robots.txt may ask for more."""


class ConfluenceSettings(SourceSettings):
    """A space of Confluence, by llama-index's reader: pip install 'lorebot[confluence]'."""

    kind: Literal["confluence"]
    url: str = Field(pattern=r"^https?://")
    """https://team.atlassian.net/wiki, or the address of a server."""
    space: str
    """The key of the space."""
    cloud: bool = True
    user: str = ""
    """The e-mail address that the token belongs to; empty for a server's personal token."""
    token: SecretStr


class NotionSettings(SourceSettings):
    """Pages and databases of Notion, by llama-index's reader: pip install 'lorebot[notion]'."""

    kind: Literal["notion"]
    token: SecretStr
    pages: tuple[str, ...] = ()
    """Ids of pages; without pages and databases, all that the integration may see."""
    databases: tuple[str, ...] = ()


class DriveSettings(SourceSettings):
    """A folder of Google Drive, by llama-index's reader: pip install 'lorebot[drive]'."""

    kind: Literal["drive"]
    folder_id: str
    service_account: Path
    """The key file of a service account with which the folder is shared."""


AnySource = Annotated[
    FolderSettings
    | GitSettings
    | WebSettings
    | ConfluenceSettings
    | NotionSettings
    | DriveSettings,
    Field(discriminator="kind"),
]


def or_folder(sources: Sequence[AnySource], settings: KnowledgeSettings) -> tuple[AnySource, ...]:
    """The sources that are set, or the one folder that stands for them."""
    folder = FolderSettings(name=DOCUMENTS, path=settings.documents, base_url=settings.base_url)
    return tuple(sources) or (folder,)
