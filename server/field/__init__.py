"""What happens at the door: events, positions, evidence, outcomes, review."""
