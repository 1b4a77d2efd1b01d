"""``assay bottleneck``: servers measured as they are and with one thing changed, and the stage that limits each."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._show import colour, common, json_out, language

if TYPE_CHECKING:
    from assay.api.sweep.expected import Expected

SUMMARY = "find the stage that limits a server under a load, by runs with one thing changed; the statement is signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+",
                        help="measurement files with the procedure serving.load, one for each system")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="tell which runs would be made, and how long they take")
    parser.add_argument("--name", default="", help="name of the laboratory")
    parser.add_argument("--again", action="store_true", help="make runs again that were finished and gave no times")
    parser.add_argument("--html", metavar="FILE", help="write a page as well")
    parser.add_argument("--markdown", metavar="FILE", help="write it in Markdown as well")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; the exit code is 0 with an answer for each system, and 3 if one is undecided."""
    from assay.api.bottleneck.bottleneck import Heard, Step, locate, preview, render
    from assay.cli._expected import Steps, dry_run, names, only_to_tell
    from assay.vocabulary.words import say

    spoken = language(args)
    if args.dry_run:
        only_to_tell(args, "bottleneck")
        return dry_run(preview(args.files, args.lab, args.again), names(spoken), args)
    steps = Steps(spoken, args.quiet)

    def told(step: "Expected | Step") -> None:
        if not isinstance(step, Step):
            steps.expected(step)
            return
        change = say("bottleneck", f"change.{step.change}", spoken)
        values = {"number": step.number, "of": step.of, "file": step.file, "change": change}
        steps.begin(say("bottleneck", "progress.anew" if step.anew else "progress", spoken, **values), step)

    try:
        made = locate(args.files, args.lab, args.name, args.again, Heard(told, steps.progress))
    finally:
        steps.end()
    args.code = made.exit_code
    written = [render(made.made, spoken, Path(file), made.sha256) for file in (args.html, args.markdown) if file]
    if args.json:
        json_out({"bottlenecks": made.made, "path": str(made.path), "sha256": made.sha256})
        return made.exit_code
    import shutil

    from assay.reports.bottleneck_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made.made, spoken, width, colour(sys.stdout)))
    print(say("bottleneck", "written", spoken, path=made.path))
    for file in written:
        print(say("commands", "page.at", spoken, path=file))
    return made.exit_code
