"""Measures Assay beside its peers and prints the tables. See README.md.

python benchmarks/run.py [--quick] [--only NAME]... [--without-peers] [--json FILE]
"""

import argparse
import getpass
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tables import bank, choice, estimators, imports, start, store, throughput, timing
from tables.table import Setup, Table
from tools import assay, bare, evalscope, inspect_ai, lm_eval, promptfoo

TABLES = {"bank": bank, "choice": choice, "estimators": estimators, "start": start, "store": store, "imports": imports,
          "throughput": throughput, "timing": timing}  # fmt: skip
TOOLS = [module.TOOL for module in (bare, assay, evalscope, promptfoo, lm_eval, inspect_ai)]
CORES = 2


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Assay beside its peers.")
    parser.add_argument("--quick", action="store_true", help="few items: shows that it works, judges no target")
    parser.add_argument("--only", action="append", choices=list(TABLES), help="this table only; may be repeated")
    parser.add_argument("--without-peers", action="store_true", help="Assay and the bare loop only; installs nothing")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all numbers there as well")
    default = Path(tempfile.gettempdir()) / f"assay-bench-{getpass.getuser()}"
    parser.add_argument("--env-dir", type=Path, default=default, help="where peers are (default: %(default)s)")
    return parser.parse_args()


def machine() -> dict[str, str | int]:
    """Where these numbers were taken."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S%z"),
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def main() -> int:
    args = parse()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    facts = machine()
    print(", ".join(f"{name}: {value}" for name, value in facts.items()))
    tools = [tool for tool in TOOLS if not (args.without_peers and tool.is_peer)]
    setup = Setup(tools, args.env_dir.resolve(), args.quick)
    tables: list[Table] = []
    for name in args.only or TABLES:
        table = TABLES[name].measure(setup)
        table.show()
        tables.append(table)
        if args.json:
            content = {"machine": facts, "quick": args.quick, "tables": [vars(table) for table in tables]}
            args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return int(any(met is False for table in tables for _, _, met in table.targets))


if __name__ == "__main__":
    sys.exit(main())
