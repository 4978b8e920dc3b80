"""The drill against servers of other people."""
