"""`python -m evidence …`: see :mod:`evidence.cli`."""

import sys

from evidence.cli import run

if __name__ == "__main__":
    sys.exit(run())
