"""The first tables, and the full text index over passages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


FTS_SQLITE = (
    "CREATE VIRTUAL TABLE passage_fts USING fts5(heading_terms, body_terms, "
    "content='passage', content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
    "CREATE VIRTUAL TABLE passage_fts_vocab USING fts5vocab(passage_fts, row)",
    "CREATE TRIGGER passage_fts_insert AFTER INSERT ON passage BEGIN "
    "INSERT INTO passage_fts(rowid, heading_terms, body_terms) "
    "VALUES (new.id, new.heading_terms, new.body_terms); END",
    "CREATE TRIGGER passage_fts_delete AFTER DELETE ON passage BEGIN "
    "INSERT INTO passage_fts(passage_fts, rowid, heading_terms, body_terms) "
    "VALUES ('delete', old.id, old.heading_terms, old.body_terms); END",
)
FTS_POSTGRES = (
    "ALTER TABLE passage ADD COLUMN fts tsvector GENERATED ALWAYS AS ("
    # The terms are ready: no parser of the server's, which depends on its locale, may split them.
    "array_to_tsvector(array_remove("
    "string_to_array(heading_terms || ' ' || body_terms, ' '), ''))) STORED",
    "CREATE INDEX passage_fts ON passage USING gin (fts)",
)


def is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    if is_postgres():
        op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("surface", sa.String(length=16), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("received_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_inbox_event_id")),
        sa.UniqueConstraint("team", "channel", "ts", name=op.f("uq_inbox_team_channel_ts")),
    )
    op.create_index(
        op.f("ix_inbox_status_lease_until"), "inbox", ["status", "lease_until"], unique=False
    )
    op.create_table(
        "index_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("started_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_version")),
    )
    op.create_index(
        "uq_index_version_live",
        "index_version",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_table(
        "job_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("scheduled_for", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_claim")),
        sa.UniqueConstraint("job", "scheduled_for", name=op.f("uq_job_claim_job_scheduled_for")),
    )
    op.create_index(
        "uq_job_claim_running",
        "job_claim",
        ["job"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("embedding_model", sa.String(), nullable=False),
        sa.Column("generator", sa.String(), nullable=False),
        sa.Column("prompt_version", sa.String(length=16), nullable=False),
        sa.Column("retriever_adapter", sa.String(), nullable=True),
        sa.Column("generator_adapter", sa.String(), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("promoted_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_index(
        "uq_release_live",
        "release",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_in"], ["index_version.id"], name=op.f("fk_document_added_in_index_version")
        ),
        sa.ForeignKeyConstraint(
            ["removed_in"], ["index_version.id"], name=op.f("fk_document_removed_in_index_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_document_added_in"), "document", ["added_in"], unique=False)
    op.create_index(op.f("ix_document_removed_in"), "document", ["removed_in"], unique=False)
    op.create_index(op.f("ix_document_source_path"), "document", ["source", "path"], unique=False)
    op.create_table(
        "interaction",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("surface", sa.String(length=16), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("thread_ts", sa.String(length=32), nullable=True),
        sa.Column("question_ts", sa.String(length=32), nullable=True),
        sa.Column("answer_ts", sa.String(length=32), nullable=True),
        sa.Column("asker", sa.String(length=32), nullable=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("generator", sa.String(length=32), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("index_version", sa.Integer(), nullable=True),
        sa.Column("timings_ms", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inbox.id"],
            name=op.f("fk_interaction_inbox_id_inbox"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_interaction_release_id_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_interaction_inbox_id")),
    )
    op.create_index(op.f("ix_interaction_asked_at"), "interaction", ["asked_at"], unique=False)
    op.create_index(
        op.f("ix_interaction_team_channel_thread_ts"),
        "interaction",
        ["team", "channel", "thread_ts"],
        unique=False,
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("right_answer", sa.String(), nullable=True),
        sa.Column("right_document", sa.String(), nullable=True),
        sa.Column("written_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name=op.f("fk_correction_interaction_id_interaction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(
        op.f("ix_correction_interaction_id"), "correction", ["interaction_id"], unique=False
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("vector", db.types.Vector(), nullable=False),
        sa.Column("heading_terms", sa.String(), nullable=False),
        sa.Column("body_terms", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_passage_document_id_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_passage_document_id"), "passage", ["document_id"], unique=False)
    op.create_index(op.f("ix_passage_text_hash"), "passage", ["text_hash"], unique=False)
    op.create_table(
        "rating",
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("rater", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("rated_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("value IN (-1, 1)", name=op.f("ck_rating_value")),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name=op.f("fk_rating_interaction_id_interaction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interaction_id", "rater", name=op.f("pk_rating")),
    )
    op.create_table(
        "rating_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("rater", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("rated_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name=op.f("fk_rating_history_interaction_id_interaction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_history")),
    )
    op.create_index(
        op.f("ix_rating_history_interaction_id_rater"),
        "rating_history",
        ["interaction_id", "rater"],
        unique=False,
    )
    op.create_table(
        "retrieved_passage",
        sa.Column("interaction_id", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("dense_score", sa.Double(), nullable=False),
        sa.Column("text_score", sa.Double(), nullable=False),
        sa.Column("citation", sa.Integer(), nullable=True),
        sa.Column("quote", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name=op.f("fk_retrieved_passage_interaction_id_interaction"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
            name=op.f("fk_retrieved_passage_passage_id_passage"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("interaction_id", "rank", name=op.f("pk_retrieved_passage")),
    )
    op.create_index(
        op.f("ix_retrieved_passage_passage_id"), "retrieved_passage", ["passage_id"], unique=False
    )
    for statement in FTS_POSTGRES if is_postgres() else FTS_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if not is_postgres():
        op.execute("DROP TABLE passage_fts_vocab")
        op.execute("DROP TABLE passage_fts")
    op.drop_index(op.f("ix_retrieved_passage_passage_id"), table_name="retrieved_passage")
    op.drop_table("retrieved_passage")
    op.drop_index(op.f("ix_rating_history_interaction_id_rater"), table_name="rating_history")
    op.drop_table("rating_history")
    op.drop_table("rating")
    op.drop_index(op.f("ix_passage_text_hash"), table_name="passage")
    op.drop_index(op.f("ix_passage_document_id"), table_name="passage")
    op.drop_table("passage")
    op.drop_index(op.f("ix_correction_interaction_id"), table_name="correction")
    op.drop_table("correction")
    op.drop_index(op.f("ix_interaction_team_channel_thread_ts"), table_name="interaction")
    op.drop_index(op.f("ix_interaction_asked_at"), table_name="interaction")
    op.drop_table("interaction")
    op.drop_index(op.f("ix_document_source_path"), table_name="document")
    op.drop_index(op.f("ix_document_removed_in"), table_name="document")
    op.drop_index(op.f("ix_document_added_in"), table_name="document")
    op.drop_table("document")
    op.drop_index(
        "uq_release_live",
        table_name="release",
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.drop_table("release")
    op.drop_index(
        "uq_job_claim_running",
        table_name="job_claim",
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.drop_table("job_claim")
    op.drop_index(
        "uq_index_version_live",
        table_name="index_version",
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.drop_table("index_version")
    op.drop_index(op.f("ix_inbox_status_lease_until"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
