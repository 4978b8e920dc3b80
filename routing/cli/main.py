"""`python -m routing solve|check|warm`."""

import sys
import time
from collections.abc import Callable, Sequence

from routing import kernel, vrptw
from routing.check import cli as checking

from . import solving

_USAGE_ZH = """用法：
  python -m routing solve FILE [--seconds N] [--seed S] [--format solomon|json] [--processes K] [--json] [--trace]
  python -m routing check FILE SOLUTION [--json]
  python -m routing warm
"""


def warm() -> int:
    """Compile what is compiled, so that no plan waits for it."""
    began = time.monotonic()
    kernel.warm_up()
    vrptw.warm_up()
    sys.stdout.write(f"路线规划内核已就绪（{time.monotonic() - began:.1f} 秒）\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 1 when a solution does not hold, 2 when the request cannot be met."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    commands: dict[str, Callable[[list[str]], int]] = {
        "solve": solving.main,
        "check": checking.main,
        "warm": lambda _: warm(),
    }
    command = commands.get(given[0]) if given else None
    if command is None:
        sys.stderr.write(_USAGE_ZH)
        return 2
    return command(given[1:])
