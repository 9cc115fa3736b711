"""What stands side by side in a document becomes one piece of evidence."""

from __future__ import annotations

from knowledge.answers import FoundPassage
from knowledge.neighbours import Merging, ReadText

from .passages import passage

PAGE = """# Doors

## The night door

The night door opens with the green card. It is locked at ten.

Lost cards are reported to the guard at once.

## The gate

The gate opens with the red card.

# Parking

Cars stand behind the house.
"""


def of(text: str, heading: str, score: float = 0.5, page: int | None = None) -> FoundPassage:
    start = PAGE.index(text)
    return passage(1, text=text, start=start, heading=heading, score=score, page=page)


OPENS = of(
    "The night door opens with the green card. It is locked at ten.", "Doors › The night door", 0.9
)
LOCKED = of("It is locked at ten.\n\nLost cards", "Doors › The night door")
LOST = of("Lost cards are reported to the guard at once.", "Doors › The night door", 0.7)
GATE = of("The gate opens with the red card.", "Doors › The gate", 0.6)
PARKING = of("Cars stand behind the house.", "Parking", 0.4)


def reading(page: str) -> ReadText:
    return lambda document, start, end: page[start:end]


def merge(*passages: FoundPassage, top_k: int = 5, tokens: float = 500) -> tuple[FoundPassage, ...]:
    return Merging(reading(PAGE), tokens).merge(passages, top_k)


def test_neighbours_of_a_section_become_one_passage_of_the_document() -> None:
    (both,) = merge(OPENS, LOST)

    assert both.text == PAGE[both.start : both.end]
    assert (both.start, both.end) == (OPENS.start, LOST.end)
    assert both.heading == "Doors › The night door"


def test_the_evidence_has_the_place_the_id_and_the_scores_of_its_best() -> None:
    first, second = merge(OPENS, PARKING, LOST)

    assert (first.passage_id, first.score) == (OPENS.passage_id, OPENS.score)
    assert second == PARKING


def test_what_overlaps_is_said_once() -> None:
    (both,) = merge(OPENS, LOCKED)

    assert both.text.count("It is locked at ten.") == 1


def test_it_does_not_matter_which_of_them_was_found_first() -> None:
    (one,), (other,) = merge(OPENS, LOST), merge(LOST, OPENS)

    assert (one.start, one.end) == (other.start, other.end)


def test_sections_side_by_side_become_one_with_the_heading_of_each_in_the_text() -> None:
    (both,) = merge(GATE, LOST)

    assert both.heading == "Doors"
    assert "## The gate" in both.text


def test_the_heading_of_the_first_section_is_in_the_text_too() -> None:
    (both,) = merge(OPENS, LOST, GATE)

    assert both.text.startswith("## The night door")
    assert both.text == PAGE[both.start : both.end]


def test_a_chapter_is_not_merged_with_the_end_of_another() -> None:
    assert merge(GATE, PARKING) == (GATE, PARKING)


def test_what_would_be_too_long_stays_apart() -> None:
    assert merge(OPENS, LOST, tokens=15) == (OPENS, LOST)


def test_passages_of_two_documents_stay_apart() -> None:
    other = passage(2, text=LOST.text, start=LOST.start, heading=LOST.heading)

    assert merge(OPENS, other) == (OPENS, other)


def test_passages_of_two_pages_stay_apart_so_that_each_is_cited_with_its_own() -> None:
    first, second = of(OPENS.text, OPENS.heading, page=1), of(LOST.text, LOST.heading, page=2)

    assert merge(first, second) == (first, second)


def test_a_document_that_has_changed_meanwhile_is_not_read_into_the_evidence() -> None:
    changed = Merging(reading(PAGE.replace("green", "brown!")), 500)

    assert changed.merge([OPENS, LOST], 5) == (OPENS, LOST)


def test_a_document_that_is_gone_leaves_its_passages_as_they_are() -> None:
    assert Merging(lambda document, start, end: None, 500).merge([OPENS, LOST], 5) == (OPENS, LOST)


def test_a_merged_neighbour_makes_room_for_the_next() -> None:
    assert [p.passage_id for p in merge(OPENS, LOST, PARKING, top_k=2)] == [
        OPENS.passage_id,
        PARKING.passage_id,
    ]


def test_no_more_come_than_asked_for() -> None:
    assert merge(OPENS, PARKING, top_k=1) == (OPENS,)
