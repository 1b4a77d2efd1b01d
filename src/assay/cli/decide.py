"""``assay decide``: other requirements, the same observations."""

import argparse

from assay.cli._show import common, measured_out

SUMMARY = "decide on a finished run against the [[requirement]] tables of a file"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", help="run, its beginning, or: last")
    parser.add_argument("file", help="TOML file with [[requirement]] tables")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Decide."""
    from assay.api.runs import decide

    return measured_out(decide(args.run_name, args.file, args.lab), args)
