"""``assay control``: a check standard measured again and again."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "control chart of a check standard measured again and again: signals, and drift for the next budget"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "reports", metavar="REPORT", nargs="+",
        help="signed reports of one measurement on different occasions; or one run (or: last), for all of its runs",
    )  # fmt: skip
    parser.add_argument("--measurand", metavar="NAME", help="what to watch (default: the first that all reports have)")
    parser.add_argument(
        "--limits", choices=("auto", "moving_range", "u"), default="auto",
        help="where limits come from: moving ranges, or each point's stated uncertainty "
        "(default: auto, moving ranges from ten points on)",
    )  # fmt: skip
    parser.add_argument("--centre", type=float, metavar="VALUE", help="known value of the check standard; with --sigma")
    parser.add_argument("--sigma", type=float, metavar="S", help="its known standard deviation")
    parser.add_argument("--baseline", type=int, metavar="N", help="make centre and limits from the first N points")
    parser.add_argument("--weight", type=float, default=0.2, metavar="LAMBDA", help="of the average (default: 0.2)")
    parser.add_argument("--days", type=float, help="state the drift for so long (default: mean time between checks)")
    parser.add_argument("--allow-untrusted", action="store_true", help="take reports with keys that are not trusted")
    parser.add_argument("--html", metavar="FILE", help="write a page with the chart as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Chart; 0 in control, 1 if a rule that calls for action was broken."""
    from assay.api.laboratories.control import Asked, control, render, to_json
    from assay.vocabulary.words import say

    finite(args, "control", "centre", "sigma", "weight", "days")
    asked = Asked(
        measurand=args.measurand, limits=args.limits, centre=args.centre, sigma=args.sigma, baseline=args.baseline,
        weight=args.weight, days=args.days, allow_untrusted=args.allow_untrusted,
    )  # fmt: skip
    made = control(args.reports, args.lab, asked)
    page = render(made, language(args), Path(args.html)) if args.html else None
    code = 0 if made.in_control else 1
    if args.json:
        json_out(to_json(made))
        return code
    import shutil

    from assay.reports.control_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, language(args), width, colour(sys.stdout)), end="")
    if page is not None:
        print(say("commands", "page.at", language(args), path=page))
    return code
