"""Shapes of what the board sends and receives, one module per noun."""
