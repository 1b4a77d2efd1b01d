"""``assay pareto``: systems on two quantities of their reports."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "set systems on two quantities of their signed reports: who is on the Pareto front, and how surely"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "reports", metavar="REPORT", nargs="+",
        help="a signed report of each system; several of one are joined: quality.json+cost.json",
    )  # fmt: skip
    parser.add_argument("--x", metavar="MEASURAND", required=True,
                        help="across: a measurand; parameters or bytes; or NAME/parameters, NAME/bytes")  # fmt: skip
    parser.add_argument("--y", metavar="MEASURAND", required=True, help="upwards: the same")
    parser.add_argument("--card", metavar="FILE", help="TOML or JSON with the sizes of the models, [[model]]")
    parser.add_argument("--risk", type=float, default=0.05, metavar="P",
                        help="largest probability of a wrong statement (default: 0.05)")  # fmt: skip
    parser.add_argument("--allow-untrusted", action="store_true", help="take reports with keys that are not trusted")
    parser.add_argument("--html", metavar="FILE", help="write a page with the picture as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Set them; the exit code is 0 whoever is on the front."""
    from assay.api.tradeoff.pareto import Asked, pareto, render
    from assay.vocabulary.words import say

    finite(args, "pareto", "risk")
    spoken = language(args)
    made = pareto(args.reports, Asked(x=args.x, y=args.y, card=args.card, risk=args.risk,
                                      allow_untrusted=args.allow_untrusted), args.lab)  # fmt: skip
    page = render(made, spoken, Path(args.html)) if args.html else None
    if args.json:
        json_out(made)
        return 0
    import shutil

    from assay.reports.pareto_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, spoken, width, colour(sys.stdout)))
    if page is not None:
        print(say("commands", "page.at", spoken, path=page))
    return 0
