"""A database in which people have voted and a cycle has judged a release."""

from __future__ import annotations

from db import cycles, diagnoses, feedback, interactions, registry
from db.diagnoses import DiagnosisRecord
from db.engine import Database
from db.interactions import InteractionRecord

ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
VERDICT = {
    "figures": {
        "overall": {
            "metric": "mrr@10",
            "champion": 0.62,
            "candidate": 0.71,
            "low": -0.01,
            "high": 0.19,
            "confidence": 0.91,
        },
        "means": {"right_abstention": {"champion": 0.8, "candidate": 0.8}},
    }
}


def learnt_in(database: Database) -> None:
    """One vote up, one down, and a cycle that found why and judged a candidate."""
    numbers = [interactions.record(database, ASKED) for _ in range(2)]
    feedback.rate(database, numbers[0], "U1", 1)
    feedback.rate(database, numbers[1], "U1", -1)
    cycle = cycles.begin(
        database, strategy="staged", dry_run=False, requested_by="me", surface="cli"
    )
    diagnoses.save(database, cycle, [DiagnosisRecord(numbers[1], "misread", "generator", {})])
    live = registry.live_record(database)
    assert live is not None
    release = registry.add_candidate(database, live.parts, live.id)
    cycles.note_candidate(database, cycle, live.id, release)
    cycles.finish(database, cycle, "held", "", report={"verdict": VERDICT})
