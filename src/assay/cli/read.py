"""``assay read``: the same responses, read with another instrument."""

import argparse

from assay.cli._show import common, measured_out

SUMMARY = "read the stored responses of a run with another instrument; nothing is asked again"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", help="run, its beginning, or: last")
    parser.add_argument("--with", dest="instrument", required=True, metavar="PART", help="such as general.includes")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="setting of it, as in TOML")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Read."""
    from assay.api.runs import read, settings

    return measured_out(read(args.run_name, {"part": args.instrument, **settings(args.set)}, args.lab), args)
