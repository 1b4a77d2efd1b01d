"""``assay show``: the latest report of a run, on the terminal."""

import argparse

from assay.cli._show import common, measured_out

SUMMARY = "show the latest report of a run"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="last", help="run, its beginning, or: last")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Show; the exit code is 0 whatever was decided."""
    from assay.api.runs import show

    measured_out(show(args.run_name, args.lab), args)
    return 0
