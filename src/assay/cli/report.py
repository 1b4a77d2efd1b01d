"""``assay report``: estimate and report a finished run from the store."""

import argparse
import math
from pathlib import Path

from assay.cli import _campaign
from assay.cli._show import common, issued_out, json_out, language, passed_over

SUMMARY = "issue the report of a finished run from its observations, and render it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="last",
                        help="run, its beginning, or: last; or a campaign: its id or file")  # fmt: skip
    parser.add_argument("--format", choices=("html", "markdown", "json"), default="html",
                        help="default: html; markdown of campaigns only")  # fmt: skip
    parser.add_argument("--output", metavar="FILE", help="where to write it (default: beside the signed JSON)")
    parser.add_argument("--level", type=float, help="state the intervals at another coverage probability")
    parser.add_argument("--estimand", choices=("population", "fixed"), help="state the results for another estimand")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Report."""
    from assay.api.runs import Stated, render, report
    from assay.vocabulary.errors import BadInput
    from assay.vocabulary.words import say

    if _campaign.reported(args.run_name, args):
        return 0
    if args.format == "markdown":
        raise BadInput("report.form", form=args.format)
    if args.level is not None and not math.isfinite(args.level):
        raise BadInput("number.not_finite", where="report", key="level")
    stated = Stated(level=args.level, estimand=args.estimand) if args.level is not None or args.estimand else None
    measured = report(args.run_name, args.lab, stated)
    output = Path(args.output) if args.output else None
    path = render(measured, args.format, language(args), output)
    if args.json:
        json_out({**measured.to_json(), "rendered": str(path)})
    else:
        issued_out(measured, args, args.lab)
        if path != measured.path:
            print(say("commands", "page.at", language(args), path=path))
    passed_over(args.run_name, args)
    return 0
