"""Rosters, day plans, visits and who has them."""
