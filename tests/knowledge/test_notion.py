"""Notion as a source, against recorded answers of its API."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from knowledge.base import Knowledge
from knowledge.documents import Skipped
from knowledge.errors import KnowledgeUnusable
from knowledge.parse import parse_bytes
from knowledge.sources import SourceUnavailable
from knowledge.sources.opening import Room, open_source
from knowledge.sources.settings import NotionSettings
from tests.knowledge.replay import Replay, reading

pytest.importorskip("llama_index.readers.notion")

from knowledge.sources.notion.markdown import blocks_markdown
from knowledge.sources.notion.source import NotionSource

TOKEN = "ntn_never-shown"
REST = "5f2a4c1e9d3b7a60c1e2f001"
HANDBOOK = f"Handbook-00000001{REST}.md"
DOME = f"Opening-the-dome-00000002{REST}.md"
BIG_EYE = f"Big-eye-00000004{REST}.md"
SMALL_EYE = f"Small-eye-00000005{REST}.md"
MINUTES = f"Board-minutes-00000006{REST}.md"
PARKING = f"Parking-00000007{REST}.md"
LONG_AFTER = datetime(2026, 6, 1, tzinfo=UTC)
LISTING = ["search", "search, second part"]


@pytest.fixture
def notion() -> Iterator[Replay]:
    replay = Replay("notion")
    yield replay
    replay.close()


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the source would have waited."""
    return []


@pytest.fixture
def source(notion: Replay, waits: list[float]) -> NotionSource:
    return open_notion(notion, waits)


def open_notion(
    notion: Replay,
    waits: list[float],
    now: Callable[[], datetime] = lambda: LONG_AFTER,
    **given: Any,
) -> NotionSource:
    settings = NotionSettings(name="notes", kind="notion", token=TOKEN, **given)
    return NotionSource(settings, max_file_mb=1, api=notion.url, sleep=waits.append, now=now)


def paths(source: NotionSource) -> list[str]:
    return [file.path for file in source.scan()[0]]


def read(source: NotionSource, path: str) -> bytes | Skipped:
    files, _ = source.scan()
    return source.read(next(file for file in files if file.path == path))


def text_of(source: NotionSource, path: str) -> str:
    data = read(source, path)
    assert isinstance(data, bytes)
    return parse_bytes(path, data).text


def entry(notion: Replay, part: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = notion[part]["results"][number]
    return found


def test_all_that_is_shared_and_not_in_the_trash_is_listed(
    source: NotionSource, notion: Replay
) -> None:
    assert paths(source) == [BIG_EYE, MINUTES, HANDBOOK, DOME, PARKING, SMALL_EYE]
    assert notion.asked == LISTING


def test_a_page_keeps_its_address_and_the_time_of_its_last_change(source: NotionSource) -> None:
    files, _ = source.scan()

    dome = next(file for file in files if file.path == DOME)
    assert dome.uri == f"https://www.notion.so/Opening-the-dome-00000002{REST}"
    assert datetime.fromtimestamp(dome.modified, UTC) == datetime(2026, 2, 3, 17, 42, tzinfo=UTC)


def test_blocks_become_markdown(source: NotionSource) -> None:
    assert text_of(source, DOME) == (
        "# Opening the dome\n\n"
        "## Before you start\n\n"
        "Read [**the sky report**](https://sky.example/report) and *never* open in rain; "
        "see rota.\n\n"
        "- Check the wind\n    1. On the roof\n    1. At the gate\n"
        "- Call the guard\n- [x] Unlock the shutter\n- [ ] Switch the fans on\n\n"
        "**If the motor hums**\n\nPress the green button twice.\n\n"
        "### Commands\n\n"
        "```shell\ndome open --slow\ndome status\n```\n\nOn the dome's own computer\n\n"
        "> At most 15 m/s of wind\n\n"
        "| Wind | Shutter |\n| --- | --- |\n| 0–15 m/s | open \\| half |\n\n"
        "The left column.\n\n---\n\n$$E=mc^2$$\n\n"
        "[https://dome.example/manual](https://dome.example/manual)\n\n"
        "The red lever"
    )


def test_a_row_of_a_database_is_a_page_with_its_columns(source: NotionSource) -> None:
    assert text_of(source, BIG_EYE) == (
        "# Big eye\n\n"
        "- **Keeper:** Bo Lind\n"
        "- **Mirror (m):** 2.5\n"
        "- **Next service:** 2026-04-01 – 2026-04-03\n"
        "- **Nr:** TEL-7\n"
        "- **Open to visitors:** yes\n"
        "- **Remarks:** Needs **two** people\n"
        "- **Site:** North hill\n"
        "- **Used for:** planets, comets\n"
        "- **Visits:** 4, 2026-02-01\n"
        "- **Weight:** 3 t\n\n"
        "Cool it for an hour."
    )


def test_pages_below_a_page_are_named_in_it_and_not_repeated(source: NotionSource) -> None:
    assert text_of(source, HANDBOOK) == (
        "# Handbook\n\nWhat the crew of the observatory needs.\n\nOpening the dome\n\nTelescopes"
    )


@pytest.mark.parametrize(
    "given",
    [
        f"00000001{REST}",
        f"https://www.notion.so/orbit/Handbook-00000001{REST}?pvs=4#00000020{REST}",
    ],
)
def test_a_chosen_page_brings_all_that_lies_in_it(
    notion: Replay, waits: list[float], given: str
) -> None:
    source = open_notion(notion, waits, pages=(given,))

    assert paths(source) == [BIG_EYE, HANDBOOK, DOME, PARKING, SMALL_EYE]


def test_a_chosen_database_brings_its_rows(notion: Replay, waits: list[float]) -> None:
    source = open_notion(notion, waits, databases=("00000003-5f2a-4c1e-9d3b-7a60c1e2f001",))

    assert paths(source) == [BIG_EYE, SMALL_EYE]


def test_where_a_block_lies_is_asked_once(notion: Replay, waits: list[float]) -> None:
    source = open_notion(notion, waits, pages=(f"00000001{REST}",))
    source.scan()
    source.scan()

    assert notion.asked == [*LISTING, "block of a column", *LISTING]


def test_a_page_that_is_not_shared_says_what_to_do(notion: Replay, waits: list[float]) -> None:
    source = open_notion(notion, waits, pages=(f"000000ff{REST}",))

    with pytest.raises(SourceUnavailable, match="share it with the integration"):
        source.scan()


def test_what_is_no_id_says_what_an_id_is(notion: Replay, waits: list[float]) -> None:
    source = open_notion(notion, waits, pages=("Handbook",))

    with pytest.raises(SourceUnavailable, match="end in 32 digits and letters"):
        source.scan()


def test_an_integration_without_pages_says_what_to_do(source: NotionSource, notion: Replay) -> None:
    notion["search"].update(results=[], next_cursor=None)

    with pytest.raises(SourceUnavailable, match="share pages with it"):
        source.scan()


@pytest.mark.parametrize("word", ["archived", "in_trash"])
def test_what_goes_to_the_trash_is_listed_no_more(
    source: NotionSource, notion: Replay, word: str
) -> None:
    entry(notion, "search", 1)[word] = True

    assert DOME not in paths(source)


def test_only_an_edited_page_changes(source: NotionSource, notion: Replay) -> None:
    before = {file.path: file.content_hash for file in source.scan()[0]}
    entry(notion, "search", 1)["last_edited_time"] = "2026-02-04T07:00:00.000Z"

    after = {file.path: file.content_hash for file in source.scan()[0]}

    assert {path for path in before if before[path] != after[path]} == {DOME}


def test_a_page_edited_this_minute_is_read_once_more_later(
    notion: Replay, waits: list[float]
) -> None:
    now = datetime(2026, 2, 23, 11, 0, 40, tzinfo=UTC)
    source = open_notion(notion, waits, now=lambda: now)
    during = {file.path: file.content_hash for file in source.scan()[0]}
    now = datetime(2026, 2, 23, 11, 9, tzinfo=UTC)

    later = {file.path: file.content_hash for file in source.scan()[0]}

    assert {path for path in later if during[path] != later[path]} == {MINUTES}


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "set the source's token"),
        (403, "allow it in the integration's settings"),
        (500, r"is not working \(HTTP 500\)"),
        (429, "asks to be asked less"),
    ],
)
def test_a_refusal_says_what_to_do(
    source: NotionSource, notion: Replay, status: int, advice: str
) -> None:
    notion.fail("search", status, {"object": "error", "message": f"no, {TOKEN}"})

    with pytest.raises(SourceUnavailable, match=advice):
        source.scan()


def test_who_asks_for_patience_is_asked_again(
    source: NotionSource, notion: Replay, waits: list[float]
) -> None:
    notion.fail("search, second part", 429, times=1, Retry_After="3")

    assert len(paths(source)) == 6
    assert waits == [3]


def test_what_is_no_api_is_not_taken_for_it(source: NotionSource, notion: Replay) -> None:
    notion.fail("search", 200, "<html>Blocked by the proxy</html>")

    with pytest.raises(SourceUnavailable, match="something else than its API"):
        source.scan()


def test_one_page_that_fails_is_skipped_and_the_others_are_read(
    source: NotionSource, notion: Replay
) -> None:
    notion.fail("Dome, second part", 500, {"message": TOKEN})
    files, _ = source.scan()

    read = {file.path: source.read(file) for file in files}

    assert read[DOME] == Skipped(
        DOME, "could not be fetched: Notion is not working (HTTP 500); reindex again later."
    )
    assert isinstance(read[PARKING], bytes)


def test_a_page_that_vanishes_before_it_is_read_is_skipped(
    source: NotionSource, notion: Replay
) -> None:
    notion.fail("Parking", 404, {"object": "error", "code": "object_not_found"})

    assert read(source, PARKING) == Skipped(PARKING, "is gone; it was there a moment ago")


def test_a_page_of_a_form_that_is_not_understood_is_skipped(
    source: NotionSource, notion: Replay
) -> None:
    del notion["Parking"]["results"][0]["paragraph"]

    skipped = read(source, PARKING)

    assert isinstance(skipped, Skipped)
    assert "is not understood" in skipped.reason


def test_a_cursor_that_leads_back_ends(source: NotionSource, notion: Replay) -> None:
    notion["search, second part"]["next_cursor"] = notion["search"]["next_cursor"]

    assert len(paths(source)) == 6


def test_the_token_is_sent_and_in_no_log_no_error_and_no_repr(
    source: NotionSource, notion: Replay, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text_of(source, PARKING)
    notion.fail("search", 401, {"message": "API token is invalid."})

    with pytest.raises(SourceUnavailable) as caught:
        source.scan()

    shown = "".join(traceback.format_exception(caught.value))
    assert notion.keys == {f"Bearer {TOKEN}"}
    assert TOKEN not in caplog.text + shown + repr(source) + repr(vars(source))


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.readers.notion", None)
    monkeypatch.delitem(sys.modules, "knowledge.sources.notion.source")
    monkeypatch.delitem(sys.modules, "knowledge.sources.notion.reader")
    settings = NotionSettings(name="notes", kind="notion", token=TOKEN)

    with pytest.raises(KnowledgeUnusable, match=r"pip install 'lorebot\[notion\]'"):
        open_source(settings, Room(Path("unused"), 1, {}))


def test_what_is_nested_in_a_quote_or_an_item_stays_in_it() -> None:
    code = {"rich_text": [{"plain_text": "a ``` b"}], "language": "plain text"}
    below = {"code": [{"type": "code", "id": "1", "code": code}]}
    said = {"rich_text": [{"plain_text": "Said\nso"}]}
    blocks = [
        {"type": "quote", "id": "code", "has_children": True, "quote": said},
        {"type": "to_do", "id": "code", "has_children": True, "to_do": said},
    ]

    assert blocks_markdown(blocks, below.__getitem__) == (
        "> Said\n> so\n>\n> ````\n> a ``` b\n> ````\n\n"
        "- [ ] Said\n    so\n    ````\n    a ``` b\n    ````"
    )


def test_a_reindex_fetches_only_what_is_new_and_forgets_what_is_no_longer_shared(
    tiny: Knowledge, source: NotionSource, notion: Replay
) -> None:
    knowledge = reading(tiny, source)
    first = knowledge.reindex()
    notion.asked.clear()
    notion["search, second part"]["results"] = notion["search, second part"]["results"][:4]
    entry(notion, "search, second part", 3)["last_edited_time"] = "2026-03-01T10:00:00.000Z"
    text = notion["Parking"]["results"][0]["paragraph"]["rich_text"][0]
    text["plain_text"] = "Park at the planetarium."

    second = knowledge.reindex()

    assert (first.total("added"), second.total("changed"), second.total("removed")) == (6, 1, 1)
    assert notion.asked == [*LISTING, "Parking"]
    best = knowledge.retriever.find("planetarium").passages[0]
    assert (best.title, best.uri) == ("Parking", f"https://www.notion.so/Parking-00000007{REST}")
    assert knowledge.document(MINUTES) is None


def test_an_unchanged_workspace_costs_the_listing_alone(
    tiny: Knowledge, source: NotionSource, notion: Replay
) -> None:
    knowledge = reading(tiny, source)
    knowledge.reindex()
    notion.asked.clear()

    report = knowledge.reindex()

    assert notion.asked == LISTING
    assert report.total("unchanged") == 6
