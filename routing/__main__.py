"""`python -m routing solve|check|warm`; see docs/routing.md."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
