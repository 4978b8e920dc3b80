"""The demonstration court: invented people, a real day's load. Never in production."""
