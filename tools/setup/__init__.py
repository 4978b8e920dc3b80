"""Making a fresh Debian or Ubuntu ready: virtual environment, packages, fonts, Node, the board's front end.

Standard library only. Every step is stamped by what it was made from, so that a second run skips it and a run
killed half-way does it again.
"""
