"""The loop: cycles, diagnoses, the holdout and its scores, people who opted out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("surface", sa.String(length=16), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("collected_until", UtcDateTime(), nullable=True),
        sa.Column("champion_id", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False, server_default=""),
        *(
            sa.ForeignKeyConstraint(
                [column], ["release.id"], name=f"fk_cycle_{column}_release", ondelete="SET NULL"
            )
            for column in ("champion_id", "candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cycle"),
    )
    op.create_table(
        "diagnosis",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("remedy", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        cascading("diagnosis", "cycle_id", "cycle"),
        cascading("diagnosis", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("cycle_id", "interaction_id", name="pk_diagnosis"),
    )
    op.create_index("ix_diagnosis_interaction_id", "diagnosis", ["interaction_id"])
    op.create_table(
        "holdout_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("answerable", sa.Boolean(), nullable=False),
        sa.Column("slice", sa.String(length=16), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("interaction_id", sa.String(length=32), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        cascading("holdout_question", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("id", name="pk_holdout_question"),
        sa.UniqueConstraint("digest", name="uq_holdout_question_digest"),
    )
    op.create_index("ix_holdout_question_interaction_id", "holdout_question", ["interaction_id"])
    op.create_table(
        "judged_question",
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("arm", sa.String(length=16), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        cascading("judged_question", "cycle_id", "cycle"),
        cascading("judged_question", "question_id", "holdout_question"),
        sa.PrimaryKeyConstraint("cycle_id", "question_id", "arm", name="pk_judged_question"),
    )
    op.create_table(
        "opt_out",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_opt_out"),
    )
    op.add_column("interaction", sa.Column("private", sa.Boolean(), nullable=True))
    op.add_column("correction", sa.Column("decided_by", sa.String(length=64), nullable=True))
    op.add_column("correction", sa.Column("decided_at", UtcDateTime(), nullable=True))
    op.add_column("correction", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.add_column("release", sa.Column("index_version", sa.Integer(), nullable=True))
    op.add_column("release", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("release", sa.Column("note", sa.String(), nullable=False, server_default=""))


def cascading(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete="CASCADE"
    )


def downgrade() -> None:
    for column in ("note", "parent_id", "index_version"):
        op.drop_column("release", column)
    for column in ("reason", "decided_at", "decided_by"):
        op.drop_column("correction", column)
    op.drop_column("interaction", "private")
    for table in ("opt_out", "judged_question", "holdout_question", "diagnosis", "cycle"):
        op.drop_table(table)
