"""People ask, read, rate and correct in the browser, and what they did is in the database."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.demo import Demo
from db import feedback, interactions
from db.interactions import InteractionRecord

from .conftest import PATIENCE_MS, Visit

# Several steps, for each of which a slow machine may take its minute.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

JONAS, NOOR, MEI = "U0JONASBERG", "U0NOORHADAD", "U0MEITANAKA"
TEAM, CHANNEL = "T0ORBITDESK", "C0ASKLORE00"


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def open_thread(page: Page, root: str) -> None:
    page.goto(re.sub(r"#.*", "", page.url) + f"#{CHANNEL}/{root}")


def answer_in(page: Page) -> Locator:
    """The answer, once it stands in the open thread."""
    thread = page.get_by_test_id("thread-list")
    return thread.locator("article").filter(has=page.get_by_test_id("feedback-positive")).last


def ask(page: Page, question: str) -> str:
    """Ask in the channel and open the thread; the ts of the question."""
    say(page, f"@Lorebot {question}")
    message = page.get_by_test_id("message-list").locator("article").filter(has_text=question).last
    message.get_by_test_id(re.compile("reply-bar-")).click()
    return str(message.get_attribute("data-ts"))


def stored(demo: Demo, answer: Locator) -> InteractionRecord:
    """What the database has about an answer: a moment after the page, which message it is."""
    ts, database = str(answer.get_attribute("data-ts")), demo.lorebot.database
    return demo.workspace.wait_for(
        lambda: interactions.find_by_answer(database, TEAM, CHANNEL, ts),
        timeout=PATIENCE_MS / 1_000,
    )


def test_asked_answered_rated_and_corrected(demo: Demo, visit: Visit) -> None:
    database = demo.lorebot.database
    jonas = visit(JONAS)
    root = ask(jonas, "Why did Philae bounce?")
    expect(answer_in(jonas)).to_contain_text("[1]")
    expect(answer_in(jonas).get_by_role("link", name="Rosetta and Philae").first).to_be_visible()
    answered = stored(demo, answer_in(jonas))

    noor = visit(NOOR)
    open_thread(noor, root)
    answer_in(noor).get_by_test_id("feedback-negative").click()
    form = noor.get_by_test_id("modal")
    form.get_by_label("The answer is wrong").check()
    form.get_by_label("The right answer").fill("Its harpoons did not fire.")
    form.get_by_label("The right document").fill("Rosetta and Philae")
    form.get_by_test_id("modal-submit").click()
    expect(form).to_have_count(0)
    expect(noor.get_by_test_id("thread-list")).to_contain_text("Only visible to you")

    mei = visit(MEI)
    open_thread(mei, root)
    answer_in(mei).get_by_test_id("feedback-positive").click()
    expect(mei.get_by_test_id("thread-list")).to_contain_text("Noted, thank you")

    assert answered.asker == JONAS
    assert answered.question == "Why did Philae bounce?"
    assert feedback.vote_of(database, str(answered.id), NOOR) == -1
    assert feedback.vote_of(database, str(answered.id), MEI) == 1
    [correction] = feedback.corrections_of(database, str(answered.id))
    assert correction.author == NOOR
    assert correction.fault == "wrong_answer"
    assert correction.right_answer == "Its harpoons did not fire."
    assert correction.right_document == "Rosetta and Philae"


def test_the_form_says_what_is_missing_and_stays_open(visit: Visit) -> None:
    page = visit(NOOR)
    ask(page, "When did Huygens touch down on Titan?")
    answer_in(page).get_by_test_id("feedback-negative").click()
    form = page.get_by_test_id("modal")
    form.get_by_test_id("modal-submit").click()
    expect(form.get_by_role("alert").filter(has_text="required")).to_be_visible()


def test_a_follow_up_in_the_thread_needs_no_mention(demo: Demo, visit: Visit) -> None:
    page = visit(JONAS)
    ask(page, "Which spacecraft got to Saturn first?")
    expect(answer_in(page)).to_be_visible()
    page.get_by_test_id("thread-composer").fill("Which ring of Saturn did Pioneer 11 discover?")
    page.get_by_test_id("thread-send").click()
    answers = page.get_by_test_id("thread-list").get_by_test_id("feedback-positive")
    expect(answers).to_have_count(2)
    assert stored(demo, answer_in(page)).question == "Which ring of Saturn did Pioneer 11 discover?"


def test_a_citation_opens_the_document_it_quotes(demo: Demo, visit: Visit) -> None:
    page = visit(JONAS)
    ask(page, "Why did Philae bounce?")
    answer = answer_in(page)
    link = answer.get_by_role("link", name="Rosetta and Philae").first
    with page.context.expect_page() as opened:
        link.click()
    document = opened.value
    expect(document.get_by_role("heading", level=1)).to_have_text("Rosetta and Philae")
    quote = next(p.quote for p in stored(demo, answer).passages if p.citation == 1)
    expect(document.locator("main")).to_contain_text(str(quote).split(" … ")[0])


def test_a_question_that_no_document_answers_gets_no_answer(demo: Demo, visit: Visit) -> None:
    page = visit(JONAS)
    ask(page, "What is the wifi password for staff?")
    expect(answer_in(page)).to_contain_text("I could not find an answer")
    expect(answer_in(page)).to_contain_text("The nearest documents")
    assert stored(demo, answer_in(page)).abstained


def test_what_a_person_types_is_shown_and_never_run(visit: Visit) -> None:
    page = visit(JONAS)
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    say(page, attack)
    message = page.get_by_test_id("message-list").locator("article").last
    expect(message).to_contain_text(attack)
    expect(message.locator("img, script")).to_have_count(0)
    assert page.title() != "owned"


def test_the_theme_is_switched_and_remembered(visit: Visit) -> None:
    page = visit(JONAS, color_scheme="light")
    body = page.locator("body")
    before = body.evaluate("node => getComputedStyle(node).backgroundColor")
    page.get_by_test_id("theme-toggle").click()
    expect(body).not_to_have_css("background-color", before)
    dark = body.evaluate("node => getComputedStyle(node).backgroundColor")
    page.reload()
    expect(page.get_by_test_id("theme-toggle")).to_have_attribute("aria-label", re.compile("light"))
    expect(body).to_have_css("background-color", dark)


def test_another_person_is_one_click_away(visit: Visit) -> None:
    page = visit(JONAS)
    page.get_by_test_id("person-menu").click()
    page.get_by_test_id(f"person-{MEI}").click()
    expect(page.get_by_label("You act as Mei Tanaka")).to_be_visible()
    say(page, "I am somebody else now")
    message = page.get_by_test_id("message-list").locator("article").last
    expect(message).to_contain_text("Mei Tanaka")
