"""``assay material check``: what must be mended before results rest on these items."""

import argparse
import sys

from assay.cli._show import colour, common, json_out, language

SUMMARY = "check items (copies, leaks, keys, cues, languages, licence) or a generator's contract; says what to mend"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("target", help="a table of items (.jsonl, .csv, .parquet), a folder or TOML file with a "
                        "[material], or the name of an installed generator, such as bank.seating")  # fmt: skip
    parser.add_argument("--against", metavar="FILE", action="append", default=[],
                        help="another table or folder whose questions must not be among these; repeatable")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Check; 1 if something must be mended, 0 if there are at most remarks."""
    from assay.api.materials.check import check

    made = check(args.target, args.lab, args.against)
    args.code = 1 if made.to_mend else 0
    if args.json:
        json_out({"check": made, "to_mend": made.to_mend})
        return int(args.code)
    import shutil

    from assay.reports.workshop_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, language(args), width, colour(sys.stdout)))
    return int(args.code)
