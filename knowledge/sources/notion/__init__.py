"""Pages and databases of Notion as a source."""
