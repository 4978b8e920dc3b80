"""`python -m bench.routing`: the same as `python -m bench routing`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
