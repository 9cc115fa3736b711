"""A folder of Google Drive as a source."""
