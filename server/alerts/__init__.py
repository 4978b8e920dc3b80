"""Security alerts: somebody looked at too much, or was refused too often."""
