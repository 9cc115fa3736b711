"""A branch of a git repository as a source."""
