"""Passages are found by what they mean and by the words they use, in any script."""

from __future__ import annotations

import pytest
from llama_index.core.schema import QueryBundle

from db.engine import Database
from knowledge.base import Knowledge, build_knowledge
from knowledge.errors import KnowledgeUnusable
from knowledge.retrieve import LEAST_DENSE_WEIGHT, dense_weight
from knowledge.settings import KnowledgeSettings

from .conftest import CountingEmbedder, Folder

SECTION = "The lamp in hall {0} is switched off at midnight by the porter of that hall. " * 12


def test_a_question_in_other_words_finds_the_passage_by_meaning(handbook: Knowledge) -> None:
    best = handbook.retriever.find("How much vacation am I granted annually?").passages[0]

    assert best.path == "leave.md"
    assert "28 days of holiday" in best.text
    assert best.dense_score > 0.3


def test_rare_words_find_the_passage(handbook: Knowledge) -> None:
    best = handbook.retriever.find("guard").passages[0]

    assert best.path == "keys.md"
    assert best.text_score > 0


def test_a_chinese_question_finds_the_chinese_passage_by_its_words(handbook: Knowledge) -> None:
    best = handbook.retriever.find("食堂星期五供应什么？").passages[0]

    assert best.path == "zh/cafe.md"
    assert best.text_score > 0


def test_meaning_weighs_little_in_a_script_that_the_model_cannot_read(handbook: Knowledge) -> None:
    known = handbook.embedder.known_share

    assert dense_weight(known("食堂几点开门？"), 0.65) == LEAST_DENSE_WEIGHT
    assert dense_weight(known("When does it open?"), 0.65) == pytest.approx(0.6, abs=0.06)


def test_meaning_counts_as_much_as_was_learnt(handbook: Knowledge) -> None:
    by_words = handbook.embedder.weighing(0.0)
    by_meaning = handbook.embedder.weighing(1.0)

    words = handbook.retriever.find("green card", questions=by_words).passages
    meaning = handbook.retriever.find("green card", questions=by_meaning).passages

    counted = [passage.text_score for passage in words]
    cosines = [passage.dense_score for passage in meaning]
    assert counted == sorted(counted, reverse=True)
    assert cosines == sorted(cosines, reverse=True)
    assert counted[0] > 0


@pytest.mark.parametrize("question", ["green card", "食堂", "holiday", "zebra 42", "…"])
def test_scores_are_in_order_and_between_0_and_1(handbook: Knowledge, question: str) -> None:
    scores = [passage.score for passage in handbook.retriever.find(question).passages]

    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 1
    assert min(scores) >= 0


def test_no_more_passages_come_than_asked_for(handbook: Knowledge) -> None:
    assert len(handbook.retriever.find("card", top_k=2).passages) == 2


def test_a_passage_says_where_it_stands(handbook: Knowledge) -> None:
    found = handbook.retriever.find("When do I need a note?")
    best = found.passages[0]
    document = handbook.document(best.path)

    assert found.version == handbook.status().version
    assert document is not None
    assert document.text[best.start : best.end] == best.text
    assert (best.title, best.uri) == ("Leave", "https://docs.example/leave.md")


def test_neighbouring_sections_come_as_one_piece_of_evidence(handbook: Knowledge) -> None:
    found = handbook.retriever.find("holidays and illness").passages
    leave = [passage for passage in found if passage.path == "leave.md"]

    assert len(leave) == 1
    assert "28 days" in leave[0].text
    assert "A note is needed" in leave[0].text


def test_evidence_stands_in_its_document_as_it_is(handbook: Knowledge) -> None:
    found = handbook.retriever.find("holidays and illness").passages
    texts = {p.path: document.text for p in found if (document := handbook.document(p.path))}

    assert [texts[p.path][p.start : p.end] for p in found] == [p.text for p in found]


def test_one_long_document_does_not_take_all_places(tiny: Knowledge, folder: Folder) -> None:
    halls = [f"# Hall {n}\n\n{SECTION.replace('{0}', str(n))}\n\n" for n in range(12)]
    folder.write({"halls.md": "".join(halls), "lamps.md": SECTION.replace("{0}", "of the castle")})
    tiny.reindex()

    found = tiny.retriever.find("Who switches off the lamp in the hall at midnight?", top_k=4)

    assert {passage.path for passage in found.passages} == {"halls.md", "lamps.md"}


def test_the_version_that_is_asked_for_comes_first(tiny: Knowledge, folder: Folder) -> None:
    text = "# Release {}\n\nThe colour of the gate was changed.\n"
    folder.write({f"{v}.md": text.format(v) for v in ("1.9.0", "1.10.0", "1.10.1", "1.11.0")})
    tiny.reindex()

    found = tiny.retriever.find("Which colour was changed in v1.10.1?").passages

    assert found[0].path == "1.10.1.md"


def test_a_reranker_that_cannot_be_loaded_is_refused_at_the_start(
    database: Database, counting: CountingEmbedder, folder: Folder
) -> None:
    settings = KnowledgeSettings(documents=folder.root, reranker=str(folder.root))

    with pytest.raises(KnowledgeUnusable, match=r"knowledge\.reranker"):
        build_knowledge(database, counting, settings)


def test_an_empty_knowledge_base_finds_nothing(tiny: Knowledge) -> None:
    found = tiny.retriever.find("Anything there?")

    assert (found.passages, found.version) == ((), None)


def test_llama_index_can_retrieve(handbook: Knowledge) -> None:
    best = handbook.retriever.retrieve(QueryBundle("Which card opens the night door?"))[0]

    assert "green card" in best.get_content()
    assert best.node.ref_doc_id == "keys.md"
    assert best.node.metadata["heading"] == "The night door"
    assert best.score == pytest.approx(1, abs=0.4)
