"""What was searched for and shown besides an answer; names of language models are long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "interaction", sa.Column("standalone", sa.String(), nullable=False, server_default="")
    )
    op.add_column(
        "interaction", sa.Column("notice", sa.String(), nullable=False, server_default="")
    )
    # SQLite keeps to no length anyway.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("interaction", "generator", type_=sa.String())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE interaction SET generator = left(generator, 32)")
        op.alter_column("interaction", "generator", type_=sa.String(length=32))
    op.drop_column("interaction", "notice")
    op.drop_column("interaction", "standalone")
