"""A space of Confluence as a source."""
