"""Confluence as a source, against recorded answers of its API."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.base import Knowledge
from knowledge.documents import Skipped
from knowledge.errors import KnowledgeUnusable
from knowledge.parse import parse_bytes
from knowledge.sources import SourceUnavailable
from knowledge.sources.opening import Room, open_source
from knowledge.sources.settings import ConfluenceSettings
from tests.knowledge.replay import Replay, reading

pytest.importorskip("llama_index.readers.confluence")

from knowledge.sources.confluence.source import ConfluenceSource

TOKEN = "ATATT3xFfGF0-never-shown"
NIGHT = "ENG/Night-shift-what-to-do-65537.html"
LOANS = "ENG/Meteorite-loans-65601.html"
CHINESE = "ENG/夜班手册-65702.html"


@pytest.fixture
def confluence() -> Iterator[Replay]:
    replay = Replay("confluence")
    yield replay
    replay.close()


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the source would have waited."""
    return []


@pytest.fixture
def source(confluence: Replay, waits: list[float]) -> ConfluenceSource:
    return open_confluence(confluence.url, waits)


def open_confluence(url: str, waits: list[float], **changed: Any) -> ConfluenceSource:
    given = {"url": f"{url}/wiki", "space": "ENG", "user": "ada@orbit.example", "token": TOKEN}
    settings = ConfluenceSettings(name="wiki", kind="confluence", **given | changed)
    return ConfluenceSource(settings, max_file_mb=1, sleep=waits.append)


def read(source: ConfluenceSource, path: str) -> bytes | Skipped:
    files, _ = source.scan()
    return source.read(next(file for file in files if file.path == path))


def text_of(source: ConfluenceSource, path: str) -> str:
    data = read(source, path)
    assert isinstance(data, bytes)
    return parse_bytes(path, data).text


def test_every_part_of_the_listing_is_followed(
    source: ConfluenceSource, confluence: Replay
) -> None:
    files, skipped = source.scan()

    assert [file.path for file in files] == [LOANS, NIGHT, CHINESE]
    assert skipped == []
    assert confluence.asked == ["listing", "second part"]


def test_a_page_keeps_its_address_and_the_time_of_its_last_change(source: ConfluenceSource) -> None:
    files, _ = source.scan()

    night = next(file for file in files if file.path == NIGHT)
    assert night.uri == (
        "https://orbit.atlassian.net/wiki/spaces/ENG/pages/65537/Night+shift+what+to+do"
    )
    assert night.modified == pytest.approx(1772442845.123)


def test_macros_and_tables_read_as_people_see_them(source: ConfluenceSource) -> None:
    assert text_of(source, NIGHT) == (
        "# Night shift: what to do\n\n## Steps\n\n"
        "Roll back with one command; [@Ada Oda]"
        "(https://orbit.atlassian.net/wiki/people/5b10a2844c20165700ede21g?ref=confluence)"
        " must know.\n\n"
        "```bash\ndesk rollback --to last   # keeps <inbox>\n```\n\n"
        "> Warning:\n>\n> Careful\n>\n> Never roll back while the backup runs.\n\n"
        "## Phones\n\n"
        "| **Who** | **Number** |\n| --- | --- |\n| Guard \\| gate | 4711 |\n\n"
        "Older numbers\n\nUntil May the guard had 4700.\n\n"
        "- [x] Print this page\n- [ ] Test the pager"
    )


def test_a_title_is_text_and_no_markup(source: ConfluenceSource, confluence: Replay) -> None:
    page = confluence["page 65601"]["results"][0]
    page["title"] = "Loans <b>&amp; returns"

    data = read(source, LOANS)

    assert isinstance(data, bytes)
    assert parse_bytes("a.html", data).title == "Loans <b>&amp; returns"


def test_a_huge_page_is_left_for_the_parser_to_refuse(
    source: ConfluenceSource, confluence: Replay
) -> None:
    page = confluence["page 65601"]["results"][0]
    page["body"]["export_view"]["value"] = "<i>x</i>" * 30_000 + '<div class="toc-macro">kept</div>'

    data = read(source, LOANS)

    assert isinstance(data, bytes)
    assert b"kept" in data


def test_a_page_above_the_limit_is_skipped(source: ConfluenceSource, confluence: Replay) -> None:
    page = confluence["page 65601"]["results"][0]
    page["body"]["export_view"]["value"] = "word " * 250_000

    skipped = read(source, LOANS)

    assert isinstance(skipped, Skipped)
    assert "over the limit of 1 MB" in skipped.reason


def test_only_a_page_with_a_new_version_changes(
    source: ConfluenceSource, confluence: Replay
) -> None:
    before = {file.path: file.content_hash for file in source.scan()[0]}
    confluence["listing"]["results"][0]["version"]["number"] = 13

    after = {file.path: file.content_hash for file in source.scan()[0]}

    assert {path for path in before if before[path] != after[path]} == {NIGHT}


def test_an_unknown_space_says_what_to_set(confluence: Replay, waits: list[float]) -> None:
    confluence.fail("listing", 400, {"statusCode": 400, "message": "No space with key : ENG"})

    with pytest.raises(SourceUnavailable, match="set the source's space"):
        open_confluence(confluence.url, waits).scan()


def test_a_space_without_a_page_is_taken_for_one_that_is_not_shown(
    source: ConfluenceSource, confluence: Replay
) -> None:
    confluence["listing"].update(results=[], _links={})

    with pytest.raises(SourceUnavailable, match="shows no page in the space ENG"):
        source.scan()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "set the source's user and token"),
        (403, "give them leave to view the space"),
        (404, "with /wiki on Cloud"),
        (500, r"is not working \(HTTP 500\)"),
    ],
)
def test_a_refusal_says_what_to_do(
    source: ConfluenceSource, confluence: Replay, status: int, advice: str
) -> None:
    confluence.fail("listing", status, {"statusCode": status, "message": f"no, {TOKEN}"})

    with pytest.raises(SourceUnavailable, match=advice) as caught:
        source.scan()

    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_page_to_log_in_is_not_taken_for_the_api(
    source: ConfluenceSource, confluence: Replay
) -> None:
    confluence.fail("listing", 200, "<html>Please log in</html>")

    with pytest.raises(SourceUnavailable, match="something else than its API"):
        source.scan()


def test_an_answer_of_another_form_is_not_taken_for_the_api(
    source: ConfluenceSource, confluence: Replay
) -> None:
    del confluence["second part"]["results"][0]["version"]

    with pytest.raises(SourceUnavailable, match="something else than its API"):
        source.scan()


def test_a_server_that_is_not_there_is_said_to_be_unreachable(waits: list[float]) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        open_confluence("http://127.0.0.1:1", waits).scan()


def test_who_asks_for_patience_is_asked_again(
    source: ConfluenceSource, confluence: Replay, waits: list[float]
) -> None:
    confluence.fail("second part", 429, times=2, Retry_After="7")

    files, _ = source.scan()

    assert len(files) == 3
    assert waits == [7, 7]


@pytest.mark.parametrize(("after", "waited"), [("0", [0.1] * 3), ("", [1, 2, 4]), ("86400", [])])
def test_patience_has_an_end(
    source: ConfluenceSource,
    confluence: Replay,
    waits: list[float],
    after: str,
    waited: list[float],
) -> None:
    confluence.fail("listing", 429, Retry_After=after)

    with pytest.raises(SourceUnavailable, match="asks to be asked less"):
        source.scan()

    assert waits == waited


def test_a_listing_that_leads_back_to_itself_ends(
    source: ConfluenceSource, confluence: Replay
) -> None:
    confluence["second part"]["_links"]["next"] = confluence["listing"]["_links"]["next"]

    files, _ = source.scan()

    assert len(files) == 3


def test_one_page_that_fails_is_skipped_and_the_others_are_read(
    source: ConfluenceSource, confluence: Replay
) -> None:
    confluence.fail("page 65537", 500, {"message": f"rendering failed {TOKEN}"})
    files, _ = source.scan()

    read = {file.path: source.read(file) for file in files}

    assert read[NIGHT] == Skipped(
        NIGHT,
        f"could not be fetched: Confluence at {confluence.url}/wiki is not working (HTTP 500); "
        "reindex again later.",
    )
    assert isinstance(read[LOANS], bytes)
    assert isinstance(read[CHINESE], bytes)


def test_a_page_that_vanishes_before_it_is_read_is_skipped(
    source: ConfluenceSource, confluence: Replay
) -> None:
    confluence["page 65601"]["results"].clear()

    assert read(source, LOANS) == Skipped(LOANS, "is gone; it was there a moment ago")


def test_a_page_of_a_form_that_is_not_understood_is_skipped(
    source: ConfluenceSource, confluence: Replay
) -> None:
    del confluence["page 65601"]["results"][0]["body"]

    skipped = read(source, LOANS)

    assert isinstance(skipped, Skipped)
    assert "is not understood" in skipped.reason


def test_a_server_that_went_down_is_not_asked_for_every_page(
    source: ConfluenceSource, confluence: Replay
) -> None:
    (file, *_), _ = source.scan()
    confluence.close()

    reasons = [str(source.read(file)) for _ in range(4)]

    assert ["cannot be reached" in reason for reason in reasons] == [True, True, True, False]
    assert "was not asked for" in reasons[3]


def test_with_a_user_the_token_is_a_password_and_alone_it_is_a_bearers(
    confluence: Replay, waits: list[float]
) -> None:
    open_confluence(confluence.url, waits).scan()
    open_confluence(confluence.url, waits, user="", cloud=False).scan()

    basic, bearer = sorted(confluence.keys)
    assert basic.startswith("Basic ")
    assert bearer == f"Bearer {TOKEN}"


def test_the_token_is_in_no_log_no_error_and_no_repr(
    confluence: Replay, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = open_confluence(confluence.url, waits, user="")
    source.scan()
    confluence.fail("listing", 401, {"message": "Unauthorized"})

    with pytest.raises(SourceUnavailable) as caught:
        source.scan()

    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in caplog.text + shown + repr(source) + repr(vars(source))


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.readers.confluence", None)
    monkeypatch.delitem(sys.modules, "knowledge.sources.confluence.source")
    settings = ConfluenceSettings(
        name="wiki", kind="confluence", url="https://x.example", space="ENG", token=TOKEN
    )

    with pytest.raises(KnowledgeUnusable, match=r"pip install 'lorebot\[confluence\]'"):
        open_source(settings, Room(Path("unused"), 1, {}))


def test_a_reindex_fetches_only_what_is_new_and_forgets_what_is_deleted(
    tiny: Knowledge, source: ConfluenceSource, confluence: Replay
) -> None:
    knowledge = reading(tiny, source)
    first = knowledge.reindex()
    confluence.asked.clear()
    confluence["listing"]["results"].pop()
    night, changed = confluence["listing"]["results"][0], confluence["page 65537"]["results"][0]
    night["version"]["number"] = changed["version"]["number"] = 13
    changed["body"]["export_view"]["value"] = "<p>Call the planetarium first.</p>"

    second = knowledge.reindex()

    assert (first.total("added"), second.total("changed"), second.total("removed")) == (3, 1, 1)
    assert confluence.asked == ["listing", "second part", "page 65537"]
    found = knowledge.document(NIGHT)
    assert found is not None
    assert found.title == "Night shift: what to do"
    assert "planetarium" in found.text
    assert knowledge.document(LOANS) is None
    best = knowledge.retriever.find("planetarium").passages[0]
    assert (
        best.uri == "https://orbit.atlassian.net/wiki/spaces/ENG/pages/65537/Night+shift+what+to+do"
    )
    assert (
        knowledge.retriever.retrieve("planetarium")[0].node.metadata["uri"].endswith("what+to+do")
    )


def test_an_unchanged_space_costs_the_listing_alone(
    tiny: Knowledge, source: ConfluenceSource, confluence: Replay
) -> None:
    knowledge = reading(tiny, source)
    knowledge.reindex()
    confluence.asked.clear()

    report = knowledge.reindex()

    assert confluence.asked == ["listing", "second part"]
    assert report.total("unchanged") == 3
