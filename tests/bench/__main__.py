"""Run the benchmarks: all of them, or those named; `python -m bench [--small] [timelines ...]`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

BENCHES = ("start", "timelines", "export", "conform", "wire", "polling")


def main() -> None:
    """Run one after the other: two at a time would measure each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHES)} [default: all]")
    flags, others = parser.parse_known_args()
    unknown = set(flags.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    for name in flags.names or BENCHES:
        print(f"\n## {name}\n", flush=True)
        import_module(f"bench.bench_{name}").main(others)


if __name__ == "__main__":
    sys.exit(main())
