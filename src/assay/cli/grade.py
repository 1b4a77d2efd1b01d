"""``assay grade``: signed reports of one subject graded by a rule."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "grade the signed reports of one subject by a rule, with the probability of each grade; itself signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("reports", metavar="REPORT", nargs="+", help="signed reports: results, performance, cost")
    parser.add_argument(
        "--rule", metavar="FILE|NAME", required=True,
        help="a TOML file, or low-latency, high-concurrency, swinging-traffic, long-context",
    )  # fmt: skip
    parser.add_argument("--risk", type=float, metavar="P",
                        help="largest probability of a wrong grade (default: that of the rule)")  # fmt: skip
    parser.add_argument("--may-differ", action="append", default=[], metavar="KEY",
                        help="a setting of the subject that may differ between the reports")  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory that grades")
    parser.add_argument("--allow-untrusted", action="store_true", help="take reports with keys that are not trusted")
    parser.add_argument("--html", metavar="FILE", help="write a page as well")
    parser.add_argument("--markdown", metavar="FILE", help="write it in Markdown as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Grade; the exit code is 0 with a grade, and 3 if none is probable enough."""
    from assay.api.grading.grade import Asked, grade, render
    from assay.vocabulary.words import say

    finite(args, "grade", "risk")
    asked = Asked(rule=args.rule, risk=args.risk, may_differ=tuple(args.may_differ), name=args.name,
                  allow_untrusted=args.allow_untrusted)  # fmt: skip
    spoken = language(args)
    made = grade(args.reports, asked, args.lab)
    args.code = made.exit_code
    written = [render(made.grading, spoken, Path(file), made.sha256) for file in (args.html, args.markdown) if file]
    if args.json:
        json_out({"grading": made.grading, "path": str(made.path), "sha256": made.sha256})
        return made.exit_code
    import shutil

    from assay.reports.grading_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made.grading, spoken, width, colour(sys.stdout)))
    print(say("grading", "written", spoken, path=made.path))
    for file in written:
        print(say("commands", "page.at", spoken, path=file))
    return made.exit_code
