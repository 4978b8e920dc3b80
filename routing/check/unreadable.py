"""What the checker says when a file cannot be read at all."""


class UnreadableError(Exception):
    """A file that is not what it should be; the message is Chinese and names the file."""
