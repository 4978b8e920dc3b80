"""Engines: improvers behind one protocol (`base.Engine`), chosen by measurement."""
