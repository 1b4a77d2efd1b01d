"""``assay compare``: finished runs against one another, item by item."""

import argparse
import sys
from pathlib import Path
from typing import Final

from assay.cli._show import colour, common, json_out, language

SUMMARY = "compare finished runs item by item: differences, ranks, what cannot be told apart"

_CODES: Final = "exit code 0 yes, 1 no, 3 cannot tell"
_EXIT: Final = {"": 0, "yes": 0, "no": 1, "cannot_tell": 3}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="+",
                        help="two runs or more: names, their beginnings, last, or signed reports")  # fmt: skip
    parser.add_argument("--measurand", metavar="NAME", help="what to compare (default: the first that all runs have)")
    parser.add_argument("--level", type=float, help="probability with which all intervals hold together")
    parser.add_argument("--margin", type=float, metavar="DIFFERENCE", help=f"ask whether all differ by less; {_CODES}")
    parser.add_argument("--require-better", action="store_true", help=f"ask if all are better than the first; {_CODES}")
    parser.add_argument("--html", metavar="FILE", help="write a page with the forest plot as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; the exit code is 0 unless something was asked."""
    from assay.api.compare import Asked, compare, render

    asked = Asked(measurand=args.measurand, level=args.level, margin=args.margin, better=args.require_better)
    made = compare(args.runs, args.lab, asked)
    page = render(made, language(args), Path(args.html)) if args.html else None
    if args.json:
        json_out(made)
        return _EXIT[made.answer]
    import shutil

    from assay.reports.forest import terminal
    from assay.vocabulary.words import say

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, language(args), width, colour(sys.stdout)), end="")
    if page is not None:
        print(say("commands", "page.at", language(args), path=page))
    return _EXIT[made.answer]
