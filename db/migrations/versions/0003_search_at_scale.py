"""PostgreSQL keeps what every search reads beside the row, and the length of each passage."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # MAIN: in the row itself, where EXTENDED and EXTERNAL values of this length are moved out of
    # it, and each would cost another look-up; the texts are moved out instead.
    op.execute("ALTER TABLE passage ALTER COLUMN vector SET STORAGE MAIN")
    op.execute("ALTER TABLE passage ALTER COLUMN fts SET STORAGE MAIN")
    op.execute(
        "ALTER TABLE passage ADD COLUMN fts_length integer GENERATED ALWAYS AS ("
        "cardinality(array_remove(string_to_array(heading_terms || ' ' || body_terms, ' '), ''))"
        ") STORED"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE passage DROP COLUMN fts_length")
    op.execute("ALTER TABLE passage ALTER COLUMN fts SET STORAGE EXTENDED")
    op.execute("ALTER TABLE passage ALTER COLUMN vector SET STORAGE EXTERNAL")
