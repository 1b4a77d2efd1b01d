"""``assay export``: a signed report, or its observations, in the forms of others."""

import argparse
import sys

from assay.cli._show import common, json_out, language, passed_over
from assay.reports.export import names

SUMMARY = "write a report, or its observations, for other tools: JUnit, OSCAL, DCC, in-toto, Parquet and more"

TABLES = ("arrow", "csv", "jsonl", "parquet")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("source", metavar="RUN|REPORT", nargs="?", default="last",
                        help="run, its beginning, or: last (its latest report); or a file of one")  # fmt: skip
    parser.add_argument("--to", required=True, metavar="FORMAT",
                        help=f"of the report: {', '.join(names())}; of observations: {', '.join(TABLES)}")  # fmt: skip
    parser.add_argument("--output", metavar="FILE", help="where to: a file, or - for stdout; for mlflow its address "
                        "(default: named after the report; for github $GITHUB_STEP_SUMMARY)")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_argument("--gate", action="store_true", help="exit code by the decisions: 1 does not conform, "
                        "3 inconclusive")  # fmt: skip
    parser.add_argument("--with-outputs", action="store_true", help="tables: add what the subject answered, and when")
    parser.add_argument("--with-items", action="store_true", help="croissant: put in the items themselves")
    parser.add_argument("--allow-untrusted", action="store_true",
                        help="take a report whose key is not trusted here; what is written says so")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Export."""
    from assay.api.exchange.export import Wanted, export
    from assay.vocabulary.errors import BadInput
    from assay.vocabulary.words import say

    stdout = args.output == "-"
    if stdout and args.json:
        raise BadInput("setting.value", where="export", key="--output", got="'-'", expected="a file, with --json")
    wanted = Wanted(args.with_outputs, args.with_items, args.allow_untrusted, args.force, language(args))
    made = export(args.source, args.to, sys.stdout.buffer if stdout else args.output, args.lab, wanted)
    args.code = made.exit_code if args.gate else 0
    if args.json:
        json_out({"format": args.to, "place": made.place, "added": made.added, "report": made.report.id,
                  "run": made.report.run, "results": made.results, "decisions": made.decisions,
                  "decided": made.exit_code, "exit_code": args.code})  # fmt: skip
    elif not stdout:
        code = "added" if made.added else "recorded" if args.to == "mlflow" else "written"
        print(say("export", code, language(args), path=made.place, place=made.place))
    passed_over(args.source, args)
    return int(args.code)
