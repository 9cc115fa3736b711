"""The pages of a web site as a source."""
