"""Contact points and the legal basis of each."""
