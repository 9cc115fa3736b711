"""Adapters as files: kept whole, never changed, and checked before anything of them is loaded."""
