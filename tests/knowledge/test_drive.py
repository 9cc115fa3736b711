"""Google Drive as a source, against recorded answers of its API."""

from __future__ import annotations

import io
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import Workbook
from pptx import Presentation

from knowledge.base import Knowledge
from knowledge.documents import Skipped
from knowledge.errors import KnowledgeUnusable
from knowledge.parse import parse_bytes
from knowledge.sources import SourceUnavailable
from knowledge.sources.opening import Room, open_source
from knowledge.sources.settings import DriveSettings
from tests.knowledge.replay import Replay, reading

pytest.importorskip("llama_index.readers.google")

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from knowledge.sources.drive.source import DriveSource

FOLDER = "1FolderObservatory0000000000000000"
ACCESS = "ya29.never-shown"
LEAVE = "1DocLeave/Leave policy.docx"
ROOMS = "1SheetRooms/Rooms.xlsx"
TOUR = "1SlidesTour/Tour.pptx"
KEYS = "Forms - 2026/1Keys1/keys.md"
BARN = "Forms - 2026/1Keys2/keys.md"
READ_ME = "Forms - 2026/1Plain/Read me first.txt"
LISTING = ["root", "listing", "listing, second part", "forms"]


@pytest.fixture(scope="module")
def private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def drive() -> Iterator[Replay]:
    replay = Replay("drive")
    replay.answers["export Leave policy"].answer = docx("Leave", "Everybody has 28 days a year.")
    replay.answers["export Rooms"].answer = xlsx(["Room", "Seats"], ["Dome", 40])
    replay.answers["export Tour"].answer = pptx("The tour", "Begins at the gate.")
    yield replay
    replay.close()


@pytest.fixture
def key_file(tmp_path: Path, drive: Replay, private_key: str) -> Path:
    key = {
        "type": "service_account",
        "project_id": "observatory",
        "private_key_id": "0123456789abcdef",
        "private_key": private_key,
        "client_email": "lorebot@observatory.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{drive.url}/token",
        "universe_domain": "googleapis.com",
    }
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    return path


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the source would have waited."""
    return []


@pytest.fixture
def source(drive: Replay, key_file: Path, waits: list[float]) -> DriveSource:
    return open_drive(drive, key_file, waits)


def open_drive(drive: Replay, key_file: Path, waits: list[float]) -> DriveSource:
    settings = DriveSettings(name="drive", kind="drive", folder_id=FOLDER, service_account=key_file)
    return DriveSource(settings, max_file_mb=1, api=drive.url, sleep=waits.append)


def docx(heading: str, text: str) -> bytes:
    document, file = Document(), io.BytesIO()
    document.add_heading(heading, 1)
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


def xlsx(*rows: list[Any]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    [book.active.append(row) for row in rows]
    book.save(file)
    return file.getvalue()


def pptx(title: str, text: str) -> bytes:
    deck, file = Presentation(), io.BytesIO()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = text
    deck.save(file)
    return file.getvalue()


def read(source: DriveSource, path: str) -> bytes | Skipped:
    files, _ = source.scan()
    return source.read(next(file for file in files if file.path == path))


def text_of(source: DriveSource, path: str) -> str:
    data = read(source, path)
    assert isinstance(data, bytes)
    return parse_bytes(path, data).text


def test_folders_are_gone_into_and_every_part_of_a_listing_is_followed(
    source: DriveSource, drive: Replay
) -> None:
    files, _ = source.scan()

    assert [file.path for file in files] == [LEAVE, ROOMS, TOUR, KEYS, BARN, READ_ME]
    assert drive.asked == ["token", *LISTING]


def test_what_is_left_out_is_told_with_the_reason(source: DriveSource) -> None:
    _, skipped = source.scan()

    assert [(entry.path, entry.reason) for entry in skipped] == [
        ("1Big/archive.pdf", "has 7 MB, over the limit of 1 MB; split it or raise "
         "knowledge.max_file_mb"),
        ("1FormX/Feedback", "is of a kind that Google exports no text of (form)"),
        ("1Key/id_rsa.txt", "looks like a key or a password; keep those out of the folder of "
         "documents"),
        ("1OldWord/rules.doc", "has an ending that is not read (.doc); save it as .docx"),
        ("1ShortcutX/Leave policy", "is a shortcut; put the file itself into the folder"),
    ]  # fmt: skip


def test_a_file_keeps_its_address_and_the_time_of_its_last_change(source: DriveSource) -> None:
    files, _ = source.scan()

    assert files[0].uri == "https://docs.google.com/document/d/1DocLeave/edit?usp=drivesdk"
    assert files[0].modified == pytest.approx(1770140530.123)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LEAVE, "# Leave\n\nEverybody has 28 days a year."),
        (ROOMS, "## Sheet\n\n| Room | Seats |\n| --- | --- |\n| Dome | 40 |"),
        (TOUR, "## The tour\n\nBegins at the gate."),
        (KEYS, "# Keys\n\nThe night door opens with the green card."),
        (READ_ME, "Start with the keys, then the leave."),
    ],
)
def test_googles_documents_are_exported_and_files_come_as_they_are(
    source: DriveSource, path: str, text: str
) -> None:
    assert text_of(source, path).strip() == text


def test_two_files_of_one_name_are_two_documents(source: DriveSource) -> None:
    assert "green card" in text_of(source, KEYS)
    assert "number lock" in text_of(source, BARN)


def test_only_a_file_with_new_content_changes(source: DriveSource, drive: Replay) -> None:
    before = {file.path: file.content_hash for file in source.scan()[0]}
    drive["listing"]["files"][1]["modifiedTime"] = "2026-03-01T00:00:00.000Z"
    drive["forms"]["files"][0]["modifiedTime"] = "2026-03-01T00:00:00.000Z"
    drive["forms"]["files"][1]["md5Checksum"] = "f" * 32

    after = {file.path: file.content_hash for file in source.scan()[0]}

    assert {path for path in before if before[path] != after[path]} == {LEAVE, BARN}


def test_a_folder_within_itself_ends(source: DriveSource, drive: Replay) -> None:
    drive["forms"]["files"] += drive["listing"]["files"]

    assert len(source.scan()[0]) == 6


def test_a_folder_that_is_not_shared_says_what_to_do(source: DriveSource, drive: Replay) -> None:
    drive.fail("root", 404, {"error": {"code": 404, "message": "File not found"}})

    with pytest.raises(SourceUnavailable, match="share the folder with the service account"):
        source.scan()


def test_a_file_in_place_of_the_folder_says_what_to_set(source: DriveSource, drive: Replay) -> None:
    drive["root"]["mimeType"] = "application/pdf"

    with pytest.raises(SourceUnavailable, match="set the source's folder_id"):
        source.scan()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "make a new key"),
        (403, "enable the Google Drive API"),
        (500, r"is not working \(HTTP 500\)"),
        (429, "asks to be asked less"),
    ],
)
def test_a_refusal_says_what_to_do(
    source: DriveSource, drive: Replay, status: int, advice: str
) -> None:
    drive.fail("forms", status, {"error": {"code": status, "message": ACCESS}})

    with pytest.raises(SourceUnavailable, match=advice):
        source.scan()


def test_googles_own_word_for_too_many_requests_is_understood(
    source: DriveSource, drive: Replay, waits: list[float]
) -> None:
    reasons = [{"domain": "usageLimits", "reason": "userRateLimitExceeded"}]
    drive.fail("forms", 403, {"error": {"code": 403, "errors": reasons}}, times=2)

    assert len(source.scan()[0]) == 6
    assert waits == [1, 2]


def test_a_missing_key_file_says_where_to_get_one(
    drive: Replay, waits: list[float], tmp_path: Path
) -> None:
    with pytest.raises(SourceUnavailable, match=r"There is no key file at .*nothing\.json: make a"):
        open_drive(drive, tmp_path / "nothing.json", waits).scan()


@pytest.mark.parametrize("content", ["no json", "[]", "{}", '{"private_key": "SECRET", "x": 1}'])
def test_a_file_that_is_no_key_says_where_to_get_one(
    drive: Replay, waits: list[float], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)

    with pytest.raises(SourceUnavailable, match="is no key of a service account") as caught:
        open_drive(drive, path, waits).scan()

    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


def test_a_key_that_was_withdrawn_says_what_to_do(source: DriveSource, drive: Replay) -> None:
    drive.fail("token", 400, {"error": "invalid_grant", "error_description": "Invalid JWT"})

    with pytest.raises(SourceUnavailable, match="Google refuses the service account's key"):
        source.scan()


def test_a_new_key_in_the_file_is_used_by_the_next_run(
    source: DriveSource, drive: Replay, key_file: Path
) -> None:
    source.scan()
    key_file.unlink()

    with pytest.raises(SourceUnavailable, match="There is no key file"):
        source.scan()


def test_without_a_connection_google_is_said_to_be_unreachable(
    source: DriveSource, drive: Replay
) -> None:
    drive.close()

    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        source.scan()


def test_one_file_that_fails_is_skipped_and_the_others_are_read(
    source: DriveSource, drive: Replay
) -> None:
    reasons = [{"domain": "global", "reason": "exportSizeLimitExceeded"}]
    drive.fail("export Leave policy", 403, {"error": {"code": 403, "errors": reasons}})
    drive.fail("export Tour", 404, {"error": {"code": 404}})
    files, _ = source.scan()

    read = {file.path: source.read(file) for file in files}

    assert read[LEAVE] == Skipped(LEAVE, "is larger than Google exports (10 MB); split it")
    assert read[TOUR] == Skipped(TOUR, "is gone; it was there a moment ago")
    assert isinstance(read[KEYS], bytes)


def test_a_file_larger_than_its_listing_said_is_not_read_to_its_end(
    source: DriveSource, drive: Replay
) -> None:
    drive.answers["first keys"].answer = b"x" * 5_000_000

    skipped = read(source, KEYS)

    assert isinstance(skipped, Skipped)
    assert "has 1 MB, over the limit of 1 MB" in skipped.reason


def test_a_private_key_under_another_name_is_skipped(
    source: DriveSource, drive: Replay, private_key: str
) -> None:
    drive.answers["first keys"].answer = private_key

    skipped = read(source, KEYS)

    assert isinstance(skipped, Skipped)
    assert "looks like a key" in skipped.reason


def test_neither_key_nor_token_is_in_a_log_an_error_or_a_repr(
    source: DriveSource, drive: Replay, private_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text_of(source, KEYS)
    drive.fail("root", 401, {"error": {"code": 401, "message": "Invalid Credentials"}})

    with pytest.raises(SourceUnavailable) as caught:
        source.scan()

    shown = caplog.text + "".join(traceback.format_exception(caught.value))
    shown += repr(source) + repr(vars(source))
    assert f"Bearer {ACCESS}" in drive.keys
    assert ACCESS not in shown
    assert private_key.splitlines()[1] not in shown


def test_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, key_file: Path
) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.readers.google", None)
    monkeypatch.delitem(sys.modules, "knowledge.sources.drive.source")
    monkeypatch.delitem(sys.modules, "knowledge.sources.drive.key")
    settings = DriveSettings(name="drive", kind="drive", folder_id="x", service_account=key_file)

    with pytest.raises(KnowledgeUnusable, match=r"pip install 'lorebot\[drive\]'"):
        open_source(settings, Room(Path("unused"), 1, {}))


def test_a_reindex_fetches_only_what_is_new_and_forgets_what_is_gone(
    tiny: Knowledge, source: DriveSource, drive: Replay
) -> None:
    knowledge = reading(tiny, source)
    first = knowledge.reindex()
    drive.asked.clear()
    drive["forms"]["files"].pop(0)
    drive["listing"]["files"][1]["modifiedTime"] = "2026-03-01T00:00:00.000Z"
    drive.answers["export Leave policy"].answer = docx("Leave", "Ask the planetarium.")

    second = knowledge.reindex()

    assert (first.total("added"), second.total("changed"), second.total("removed")) == (6, 1, 1)
    assert drive.asked == ["token", *LISTING, "export Leave policy"]
    best = knowledge.retriever.find("planetarium").passages[0]
    assert (best.title, best.uri) == (
        "Leave",
        "https://docs.google.com/document/d/1DocLeave/edit?usp=drivesdk",
    )
    assert knowledge.document(KEYS) is None


def test_an_unchanged_folder_costs_the_listing_alone(
    tiny: Knowledge, source: DriveSource, drive: Replay
) -> None:
    knowledge = reading(tiny, source)
    knowledge.reindex()
    drive.asked.clear()

    report = knowledge.reindex()

    assert drive.asked == ["token", *LISTING]
    assert report.total("unchanged") == 6
