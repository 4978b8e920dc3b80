"""How good and how fast the planning is, against other engines on the same machine; see `cli`."""
