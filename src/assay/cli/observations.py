"""``assay observations``: the rows behind a result."""

import argparse
import sys
from pathlib import Path

from assay.cli._show import common, json_out

SUMMARY = "write the observations of a run as CSV, JSON lines or Parquet"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="last", help="run, its beginning, or: last")
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), help="default: by the ending of FILE, or csv")
    parser.add_argument("--output", metavar="FILE", help="write here instead of to stdout")
    parser.add_argument("--with-outputs", action="store_true", help="add what the subject answered, and when")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Write."""
    from assay.api.runs import write_observations

    path = Path(args.output) if args.output else None
    if args.json and path is None:
        write_observations(args.run_name, args.lab, sys.stdout, "json", args.with_outputs)
        return 0
    write_observations(args.run_name, args.lab, path or sys.stdout, args.format, args.with_outputs)
    if args.json and path is not None:
        json_out({"written": str(path.resolve())})
    return 0
