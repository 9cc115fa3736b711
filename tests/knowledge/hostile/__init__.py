"""Hostile files, made on the spot, and what is to become of each."""
