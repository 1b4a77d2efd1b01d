"""What must be shown of the inference test bed: its tables, each judged. See docs/timing.md and the pages named there.

python benchmarks/serving.py                      # all: some hours on two quiet cores
python benchmarks/serving.py arrivals queues      # some
python benchmarks/serving.py --quick              # few runs: shows that everything works
"""

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

from assay.testing import arrivals, bottleneck_truth, bottlenecks, overload, queues, searches, timing


class Study(NamedTuple):
    """A table: its title, what prints it (1: not as it should be), and the arguments for a quick look."""

    title: str
    main: Callable[[list[str]], int | None]
    quick: tuple[str, ...]


STUDIES = {
    "arrivals": Study("Schedules against their law, and the client against its schedule", arrivals.main,
                      ("--seeds", "10", "--arrivals", "5000", "--rate", "500")),
    "timing": Study("The client's error, and whether its interval contains the truth", timing.main, ("--runs", "5")),
    "queues": Study("Intervals of quantiles in queues", queues.main, ("--simulations", "50")),
    "overload": Study("Overloads called one, by one restart and by several together", overload.main, ("--runs", "50")),
    "searches": Study("Searches for the highest rate of servers whose capacity is known", searches.main,
                      ("--runs", "1", "--arrivals", "poisson")),
    "bottlenecks": Study("Planted bottlenecks, by the client against real servers", bottlenecks.main, ("--virtual",)),
    "truth": Study("Bottlenecks of random servers in virtual time", bottleneck_truth.main, ("--servers", "20")),
}  # fmt: skip


def main() -> int:
    """Print the tables; 1 if one of them is not as it should be."""
    parser = argparse.ArgumentParser(description="Print what must be shown of the inference test bed.")
    parser.add_argument("table", nargs="*", help=f"of {', '.join(STUDIES)}; without any, all")
    parser.add_argument("--quick", action="store_true", help="few runs: shows that it works")
    args = parser.parse_args()
    unknown = [name for name in args.table if name not in STUDIES]
    if unknown:
        parser.error(f"no table {', '.join(unknown)}; there are: {', '.join(STUDIES)}")
    failed = []
    for name in args.table or STUDIES:
        study = STUDIES[name]
        print(f"\n## {study.title}\n", flush=True)
        if study.main(list(study.quick) if args.quick else []):
            failed.append(name)
    print(f"\nnot as it should be: {', '.join(failed)}" if failed else "\nall as it should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
