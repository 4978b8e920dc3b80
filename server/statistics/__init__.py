"""Measures, each with its definition."""
