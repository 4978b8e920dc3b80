"""Real processes are killed with the real signal; what was answered must still be there."""
