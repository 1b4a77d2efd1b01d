"""``assay show``: the latest report of a run, or a campaign, on the terminal."""

import argparse

from assay.cli import _campaign
from assay.cli._show import common, measured_out, passed_over

SUMMARY = "show the latest report of a run, or the statement of a campaign"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="last",
                        help="run, its beginning, or: last; or a campaign: its id or file")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Show; the exit code is 0 whatever was decided."""
    from assay.api.runs import show

    if _campaign.shown(args.run_name, args):
        return 0
    measured_out(show(args.run_name, args.lab), args)
    passed_over(args.run_name, args)
    return 0
