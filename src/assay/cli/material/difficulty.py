"""``assay material difficulty``: how hard generators are, from one's own runs."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "calibrate how hard generators are, from finished runs of ten subjects or more on their items"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="finished run on items of a bank")
    parser.add_argument("--table", default="own", metavar="NAME", help="what the table is called (default: own)")
    parser.add_argument("--onto", default="bank.reference", metavar="TABLE",
                        help="table to whose scale it is brought (default: bank.reference)")  # fmt: skip
    parser.add_argument("--own-scale", action="store_true", help="leave it on the scale of these subjects")
    parser.add_argument("--output", metavar="FILE", help="write the signed table here (default: into the laboratory)")
    parser.add_argument("--replace", action="store_true", help="replace the file of --output if it is there")
    parser.add_argument("--name", default="", help="name of the laboratory that calibrates")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Calibrate."""
    from assay.api.materials.difficulty import Wanted, calibrate_cells

    wanted = Wanted(
        name=args.table, onto=None if args.own_scale else args.onto, output=args.output, replace=args.replace,
        laboratory=args.name,
    )
    made = calibrate_cells(args.runs, args.lab, wanted)
    if args.json:
        json_out({"table": made.made, "path": str(made.path), "sha256": made.sha256})
        return 0
    from assay.reports.difficulty_view import terminal
    from assay.vocabulary.words import say

    print(terminal(made.made, language(args)))
    print(say("materials", "difficulty.written", language(args), path=made.path, sha256=made.sha256[:12]))
    return 0
