"""Service tasks, recipients, attempts, legal effect: the aggregate everything hangs on."""
