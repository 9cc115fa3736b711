"""A question that names a version or a date finds what carries it first."""

from __future__ import annotations

import pytest

from knowledge.mentions import mentions, prefer_mentioned

from .passages import passage


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What changed in v1.11.2?", {"1.11.2"}),
        ("Does it run on Python 3.13.", {"3.13"}),
        ("Which fields has v2 of the form?", {"v2"}),
        ("How many were there in 2024?", {"2024"}),
        ("The minutes of January 2025", {"2025", "2025-01"}),
        ("on January 5th, 2025", {"2025", "2025-01"}),
        ("archive/2024-03-15.md", {"2024", "2024-03"}),
        ("2024年3月发布了什么？", {"2024", "2024-03"}),
    ],
)
def test_versions_years_and_months_are_read(text: str, named: set[str]) -> None:
    assert mentions(text) == named


@pytest.mark.parametrize(
    "text", ["It costs 1,999.00", "by 2.5%", "port 2024x", "version two", "extension 20245"]
)
def test_other_numbers_name_nothing(text: str) -> None:
    assert mentions(text) == set()


def test_a_version_in_the_title_goes_before_a_better_score_without_it() -> None:
    old = passage(1, title="Release 1.10", score=0.9)
    new = passage(2, title="Release 1.11", score=0.85)

    assert prefer_mentioned("What is new in 1.11?", [old, new])[0].title == "Release 1.11"


@pytest.mark.parametrize("where", [{"heading": "2024"}, {"path": "minutes/2024.md"}])
def test_headings_and_paths_count_as_titles_do(where: dict[str, str]) -> None:
    plain = passage(1, score=0.9)
    dated = passage(2, score=0.8, **where)

    assert prefer_mentioned("Who won in 2024?", [plain, dated])[0].document_id == 2


def test_a_version_in_the_text_counts_less_than_one_in_the_title() -> None:
    text = passage(1, text="Since 1.11 it is blue.", score=0.8)
    title = passage(2, title="Release 1.11", score=0.8)

    assert prefer_mentioned("What is new in 1.11?", [text, title])[0].document_id == 2


def test_a_patch_carries_its_version_but_not_the_other_way_round() -> None:
    patch, series = passage(1, title="1.11.2", score=0.5), passage(2, title="1.11", score=0.5)

    of_series = prefer_mentioned("in 1.11", [passage(3, score=0.5), patch])
    of_patch = prefer_mentioned("in 1.11.2", [series, patch])

    assert (of_series[0].document_id, of_patch[0].document_id) == (1, 1)


def test_what_is_far_off_is_not_brought_to_the_top_by_a_year() -> None:
    answer = passage(1, score=0.9)
    far = passage(2, title="Report 2024", score=0.6)

    assert prefer_mentioned("What was decided in 2024?", [answer, far])[0].document_id == 1


def test_without_a_version_or_date_nothing_changes() -> None:
    found = [passage(1, title="2024", score=0.9), passage(2, score=0.8)]

    assert prefer_mentioned("Who won?", found) == found


def test_scores_stay_between_0_and_1() -> None:
    found = prefer_mentioned(
        "in 2024", [passage(1, score=1.0, title="2024"), passage(2, score=0.0)]
    )

    assert [p.score for p in found] == [1.0, 0.0]
