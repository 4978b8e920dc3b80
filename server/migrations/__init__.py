"""Dated migrations, each with its reason in words."""
