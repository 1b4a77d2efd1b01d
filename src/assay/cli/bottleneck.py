"""``assay bottleneck``: servers measured as they are and with one thing changed, and the stage that limits each."""

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.cli._show import colour, common, json_out, language

SUMMARY = "find the stage that limits a server under a load, by runs with one thing changed; the statement is signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+",
                        help="measurement files with the procedure serving.load, one for each system")  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory")
    parser.add_argument("--again", action="store_true", help="make runs again that were finished and gave no times")
    parser.add_argument("--html", metavar="FILE", help="write a page as well")
    parser.add_argument("--markdown", metavar="FILE", help="write it in Markdown as well")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; the exit code is 0 with an answer for each system, and 3 if one is undecided."""
    from assay.api.bottleneck.bottleneck import locate, render
    from assay.cli._progress import Progress
    from assay.vocabulary.words import say

    spoken, begun = language(args), set[str]()
    progress = Progress(spoken, args.quiet)

    def told(file: str | Path, change: str, state: Any) -> None:
        head = say("bottleneck", "progress", spoken, file=file, change=say("bottleneck", f"change.{change}", spoken))
        if head not in begun and not args.quiet:
            begun.add(head)
            progress.end()
            print(head, file=sys.stderr)
        progress(state)

    try:
        made = locate(args.files, args.lab, args.name, args.again, told)
    finally:
        progress.end()
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
