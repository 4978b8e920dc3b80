"""Proofs of service and service reports: gathers what papers/ prints."""
