"""A reindex tells unchanged, changed, moved, new and gone files apart."""

from __future__ import annotations

from db.versions import KnownDocument
from knowledge.documents import SourceFile
from knowledge.plan import Plan, compare, stat_of


def file(path: str, content: str) -> SourceFile:
    return SourceFile(path, 1, 1, content)


def known(number: int, path: str, content: str, building: bool = False) -> KnownDocument:
    return KnownDocument(number, "documents", path, 1, 1, content, building)


def paths(plan: Plan) -> list[str]:
    return [file.path for file in plan.to_read]


STORED = [known(1, "same", "A"), known(2, "edited", "B"), known(3, "old", "C"), known(4, "x", "D")]
FILES = [file("same", "A"), file("edited", "B2"), file("new", "C"), file("more", "E")]


def test_only_what_differs_is_read() -> None:
    plan = compare(FILES, STORED, keep=True)

    assert paths(plan) == ["edited", "new", "more"]
    assert (plan.changed, plan.moved, plan.added) == ({"edited"}, {"new"}, {"more"})
    assert (plan.unchanged, plan.gone) == (1, 1)
    assert plan.removed_ids == [2, 3, 4]


def test_everything_is_read_anew_where_nothing_can_be_kept() -> None:
    plan = compare(FILES, STORED, keep=False)

    assert paths(plan) == ["same", "edited", "new", "more"]
    assert plan.removed_ids == [1, 2, 3, 4]


def test_what_a_killed_run_has_done_is_not_done_again() -> None:
    built = [known(5, "edited", "B2", building=True), known(6, "more", "E0", building=True)]
    plan = compare(FILES, [*STORED, *built], keep=True)

    assert paths(plan) == ["new", "more"]
    assert (plan.done, plan.stale_ids) == ({"edited"}, [6])
    assert plan.removed_ids == [2, 3, 4]


def test_a_copy_beside_the_file_is_new_and_not_moved() -> None:
    plan = compare([file("same", "A"), file("copy", "A")], [known(1, "same", "A")], keep=True)

    assert (plan.added, plan.moved) == ({"copy"}, set())


def test_size_time_and_hash_are_handed_to_the_source() -> None:
    assert stat_of(STORED[:1]) == {"same": (1, 1, "A")}
