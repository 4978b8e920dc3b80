"""`python -m bench [--quick] [NAME …]`: every measurement, one after the other, and one table at the end.

`--quick` measures less often and smaller: to see that it runs, not to record. NAME picks some: import, law,
routing, papers, batch, gate, audit, encryption, phone, stack, evidence, uploads. `python -m bench routing [OPTION …]`
alone is the long comparison with other engines (`--help`); among others, `routing` is its short part.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping

from bench import (
    bench_audit,
    bench_batch,
    bench_encryption,
    bench_evidence,
    bench_gate,
    bench_import,
    bench_law,
    bench_papers,
    bench_phone,
    bench_routing,
    bench_stack,
    bench_uploads,
)
from bench.figures import Figure, table
from bench.routing.cli import main as long_routing

Measure = Callable[[bool], list[Figure]]
MEASUREMENTS: Mapping[str, Measure] = {
    "import": bench_import.figures,
    "law": bench_law.figures,
    "routing": bench_routing.figures,
    "papers": bench_papers.figures,
    "batch": bench_batch.figures,
    "gate": bench_gate.figures,
    "audit": bench_audit.figures,
    "encryption": bench_encryption.figures,
    "phone": bench_phone.figures,
    "stack": bench_stack.figures,
    "evidence": bench_evidence.figures,
    "uploads": bench_uploads.figures,
}


def machine() -> str:
    """What it was measured on, and how busy that was: a figure means little without it."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load average {load}"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["routing"] and all(one.startswith("-") for one in arguments[1:2]):
        return long_routing(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    before = machine()
    found: list[Figure] = []
    for name in options.names or MEASUREMENTS:
        print(f"── {name}", flush=True)
        start = time.monotonic()
        found += MEASUREMENTS[name](options.quick)
        print(f"   {time.monotonic() - start:.0f} s", flush=True)
    print(f"\nbefore: {before}\nafter:  {machine()}\n\n{table(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
