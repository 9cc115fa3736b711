"""Passages as an adapter of both sides reads them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Vector

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adapted_vector",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(length=64), nullable=False),
        sa.Column("vector", Vector(), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
            name="fk_adapted_vector_passage_id_passage",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("passage_id", "space", name="pk_adapted_vector"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # In the row itself, as those of the passages: every search reads them.
        op.execute("ALTER TABLE adapted_vector ALTER COLUMN vector SET STORAGE MAIN")


def downgrade() -> None:
    op.drop_table("adapted_vector")
