"""Run the migrations on the connection that `db.schema` opened."""

from __future__ import annotations

from alembic import context

from db.schema import COMPARE

context.configure(connection=context.config.attributes["connection"], **COMPARE)
context.run_migrations()
