"""The fresh process in which one piece of work is measured."""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from typing import Any


def main() -> None:
    """Call the function that is named, and print what it took."""
    module, _, name = sys.argv[1].partition(":")
    work: Any = getattr(import_module(module), name)
    arguments = json.loads(sys.argv[2])
    before, started = _cpu(), time.perf_counter()
    value = work(*arguments)
    seconds, cpu = time.perf_counter() - started, _cpu() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mib": peak, "value": value}))


def _cpu() -> float:
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


if __name__ == "__main__":
    main()
