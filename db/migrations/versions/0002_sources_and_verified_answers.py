"""Sources with their audience, documents with an address of their own, verified answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.add_column("document", sa.Column("uri", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "passage", sa.Column("source_id", sa.Integer(), nullable=False, server_default="0")
    )
    # What was indexed so far came from one folder that everybody might read.
    op.execute(
        "INSERT INTO source (name, audience) "
        "SELECT source, CAST('[\"public\"]' AS JSON) FROM document GROUP BY source"
        if op.get_bind().dialect.name == "postgresql"
        else "INSERT INTO source (name, audience) "
        "SELECT source, '[\"public\"]' FROM document GROUP BY source"
    )
    op.execute(
        "UPDATE passage SET source_id = (SELECT source.id FROM source "
        "JOIN document ON document.source = source.name WHERE document.id = passage.document_id)"
    )
    op.create_index(op.f("ix_passage_source_id"), "passage", ["source_id"], unique=False)
    op.create_table(
        "verified_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(), nullable=False, server_default=""),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=64), nullable=False),
        sa.Column("approved_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.id"],
            name=op.f("fk_verified_answer_correction_id_correction"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_answer")),
        sa.UniqueConstraint("correction_id", name=op.f("uq_verified_answer_correction_id")),
    )


def downgrade() -> None:
    op.drop_table("verified_answer")
    op.drop_index(op.f("ix_passage_source_id"), table_name="passage")
    op.drop_column("passage", "source_id")
    op.drop_column("document", "uri")
    op.drop_table("source")
