"""The memory: every question, answer, rating, passage and release, in SQLite or PostgreSQL."""
