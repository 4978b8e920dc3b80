"""The court's work: one folder for each noun of the court."""
