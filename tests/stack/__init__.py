"""Helpers to run real servers and processes of the product in tests."""
