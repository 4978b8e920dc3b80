"""Face of judges and clerks."""
