"""What every feature stands on: errors, http, database, clock, ids, crypto, events. Knows no feature."""
