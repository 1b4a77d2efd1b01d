"""``assay interlab``: laboratories compared by their signed reports."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "compare laboratories by their signed reports: consensus, E_n and z scores; itself signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("reports", metavar="REPORT", nargs="+", help="signed reports of two laboratories or more")
    parser.add_argument("--measurand", metavar="NAME", help="what to compare (default: the first that all have)")
    parser.add_argument("--assigned", type=float, metavar="VALUE", help="compare with this value, not with a consensus")
    parser.add_argument("--u", type=float, metavar="U", help="standard uncertainty of the assigned value")
    parser.add_argument("--sigma-pt", type=float, metavar="S", help="standard deviation for proficiency: adds z and z′")
    parser.add_argument(
        "--consensus", metavar="METHOD",
        help="algorithm_a, weighted_mean, mandel_paule or dersimonian_laird "
        "(default: weighted_mean if the laboratories are consistent, else mandel_paule)",
    )  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory that compares")
    parser.add_argument("--allow-untrusted", action="store_true", help="take reports with keys that are not trusted")
    parser.add_argument("--check", metavar="FILE", help="verify this comparison against the reports; makes none")
    parser.add_argument("--html", metavar="FILE", help="write a page with the plots as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; the exit code is 0 whatever the scores say."""
    from assay.api.laboratories.interlab import Asked, check, interlab, render
    from assay.vocabulary.words import say

    spoken = language(args)
    if args.check:
        made = check(args.check, args.reports, args.lab)
        if args.json:
            json_out({"comparison": made, "passed": True})
        else:
            print(say("interlab", "checked", spoken))
        return 0
    finite(args, "interlab", "assigned", "u", "sigma_pt")
    asked = Asked(measurand=args.measurand, assigned=args.assigned, u=args.u, sigma_pt=args.sigma_pt,
                  consensus=args.consensus, allow_untrusted=args.allow_untrusted, name=args.name)  # fmt: skip
    found = interlab(args.reports, args.lab, asked)
    page = render(found.comparison, spoken, Path(args.html), found.sha256) if args.html else None
    if args.json:
        json_out({"comparison": found.comparison, "report": str(found.path)})
        return 0
    import shutil

    from assay.reports.interlab_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(found.comparison, spoken, width, colour(sys.stdout)))
    print(say("interlab", "written", spoken, path=found.path))
    if page is not None:
        print(say("commands", "page.at", spoken, path=page))
    return 0
