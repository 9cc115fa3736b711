"""Makes rated answers and cases over a small handbook, as collecting and diagnosing would."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from db.interactions import InteractionRecord, PassageRecord
from finetune.cases import Case, Cause, GivenCorrection, GoldPassage, RatedAnswer
from knowledge.answers import UNKNOWN, FoundPassage
from knowledge.base import Knowledge

PAGES = {
    "leave.md": "# Leave\n\n## Holidays\n\nEverybody has 28 days of holiday a year. "
    "Ask your lead two weeks before you go.\n",
    "illness.md": "# Illness\n\n## Notes\n\nCall the front desk before nine when you are ill. "
    "A note is needed from the fourth day.\n",
    "keys.md": "# Keys\n\n## The night door\n\nThe night door opens with the green card. "
    "Lost cards are reported to the guard at once.\n",
    "parking.md": "# Parking\n\n## Bicycles\n\nBicycles stand in the yard behind the canteen. "
    "A locker for helmets is beside the gate.\n",
    "money.md": "# Expenses\n\n## Trips\n\nHotels are paid up to 120 euros a night. "
    "Send receipts to the finance desk within a month.\n",
    "laptops.md": "# Laptops\n\n## Repair\n\nBroken laptops go to the service window on floor two. "
    "A spare one is lent for the time of the repair.\n",
    "network.md": "# Network\n\n## Guests\n\nGuests use the network called Visitors. "
    "Its password changes every Monday and hangs at the front desk.\n",
    "lunch.md": "# Canteen\n\n## Lunch\n\nLunch is served from half past eleven until two. "
    "Soup is free for everybody on Fridays.\n",
    "printers.md": "# Printers\n\n## Toner\n\nToner is kept in the cupboard next to the lift. "
    "Empty cartridges go into the blue box.\n",
}
WORDS_OF = {path: text.splitlines()[-1] for path, text in PAGES.items()}
THINGS = """
a standing desk
a second monitor
the visitor badge
the parental leave form
a company car
the fire drill plan
a language course
the quarterly budget
a locker key
the press kit
the travel insurance
a gym membership
the pension statement
a security review
the onboarding checklist
a coffee machine
the archive room
the holiday party
a code signing certificate
the meeting room screen
a blood donation day
the newsletter
a parcel
the retirement party
a mentor
the database backup
a photographer
the recycling bins
the emergency number
a noise complaint
the customer survey
a piano
the roof terrace
the invoice template
a translation
the shredder
a marathon team
the heating
a patent
the intern programme
the office dog
a salary advance
the logo files
a jury duty notice
the vending machine
a whiteboard
the sick child days
a podcast studio
the street map
a broken window
""".strip().splitlines()
"""Fifty things to ask about that have little to do with each other."""
MORNING = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, eq=False)
class Making:
    """Cases whose passages are those that the handbook's retriever finds."""

    knowledge: Knowledge

    def case(
        self,
        question: str,
        cause: Cause | None = "not_retrieved",
        *,
        number: int = 0,
        gold: str | None = None,
        right: str | None = None,
        corrections: Sequence[GivenCorrection] = (),
        votes: Mapping[str, int] | None = None,
        answer: str | None = None,
        cited: str | None = None,
        asker: str = "U0ASKER",
        standalone: str = "",
        shown: str = "printers.md",
    ) -> Case:
        """`gold`, `cited` and `shown`, whose neighbours are shown as well, are paths of pages;
        without an answer the bot has abstained."""
        found = self.passages(WORDS_OF[shown])
        asked_at = MORNING + dt.timedelta(minutes=number)
        record = InteractionRecord(
            question=question,
            answer=UNKNOWN if answer is None else answer,
            abstained=answer is None,
            confidence=0.5,
            generator="quotes",
            surface="slack",
            timings_ms={},
            passages=tuple(as_record(passage, cited) for passage in found),
            asker=asker,
            standalone=standalone,
            id=f"interaction-{number}",
            asked_at=asked_at,
        )
        signals = frozenset({"up" if cause is None else "down"})
        answered = RatedAnswer(
            record, signals, dict(votes or {}), tuple(corrections), asked_at, private=False
        )
        golds = () if gold is None else (self.gold(gold),)
        by = corrections[0].author if corrections else None
        return Case(answered, cause, None, right, by, golds)

    def gold(self, path: str) -> GoldPassage:
        """The passage of the page at `path`, which has one only."""
        found = self.passages(WORDS_OF[path])
        passage = next(one for one in found if one.path == path)
        return GoldPassage(
            passage.passage_id, path, passage.title, passage.heading, passage.text, 0.9
        )

    @cache  # noqa: B019 - lives as long as the tests do
    def passages(self, words: str) -> tuple[FoundPassage, ...]:
        return self.knowledge.retriever.find(words, 6).passages

    def corrected(self, question: str, number: int, author: str = "U0EXPERT") -> Case:
        """With an approved correction that the page about holidays supports."""
        return self.case(
            question,
            number=number,
            gold="leave.md",
            right="Everybody has 28 days of holiday a year.",
            corrections=[correction(author, number=number)],
            votes={author: -1},
            answer="The night door opens with the green card. [1]",
            cited="keys.md",
            shown="keys.md",
        )

    def liked(self, question: str, number: int, *people: str) -> Case:
        return self.case(
            question,
            None,
            number=number,
            gold="lunch.md",
            votes=dict.fromkeys(people, 1),
            answer=f"Soup is free for everybody on Fridays, and number {number} too. [1]",
            cited="lunch.md",
            shown="lunch.md",
        )

    def disliked(self, question: str, number: int, *people: str) -> Case:
        return self.case(
            question,
            "misread",
            number=number,
            votes=dict.fromkeys(people, -1),
            answer=f"Toner is kept in cupboard {number}. [1]",
            cited="printers.md",
        )


def correction(
    author: str = "U0EXPERT",
    right: str | None = "Everybody has 28 days of holiday a year.",
    document: str | None = None,
    *,
    approved: bool = True,
    number: int = 0,
    fault: str = "wrong_answer",
) -> GivenCorrection:
    written_at = MORNING + dt.timedelta(minutes=number)
    return GivenCorrection(
        zlib.crc32(repr((author, right, document, number)).encode()),
        author,
        fault,
        right,
        document,
        approved,
        written_at,
    )


def as_record(passage: FoundPassage, cited: str | None) -> PassageRecord:
    return PassageRecord(
        passage_id=passage.passage_id,
        path=passage.path,
        title=passage.title,
        uri=passage.uri,
        heading=passage.heading,
        text=passage.text,
        score=passage.score,
        dense_score=passage.dense_score,
        text_score=passage.text_score,
        citation=1 if passage.path == cited else None,
    )


def about(thing: str) -> str:
    return f"Whom do I ask about {thing}?"
