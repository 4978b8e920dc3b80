"""Faces that are served as pages: parties and judges."""
