"""Custody on a real database."""
