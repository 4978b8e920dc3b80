"""The command line of the library: solve a file, check a solution, compile beforehand."""

from .main import main

__all__ = ["main"]
