"""The one error of parsing."""


class ParseError(Exception):
    """A document that cannot be read; its message is the reason, as `Skipped.reason` words it."""
