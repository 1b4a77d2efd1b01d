"""``assay arena``: systems compared by a judge, or by people."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "compare the stored responses of runs by a judge or by people: strengths, ranks, groups; itself signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help="names of two finished runs or more on the same items")
    parser.add_argument("--judge", metavar="FILE", help="TOML file with the judge (part judging.comparative)")
    parser.add_argument("--ratings", metavar="FILE", help="instead of a judge: ratings by people, as CSV or JSONL with "
                        "item, candidates, value and perhaps rater, shown; or a session of assay rate")  # fmt: skip
    parser.add_argument("--rubric", metavar="NAME", help="rubric about pairs or lists (default: that of the judge's "
                        "file or of the session, else judging.preference)")  # fmt: skip
    parser.add_argument("--items", type=int, metavar="N", help="compare on a random sample of so many trials")
    parser.add_argument("--pairs", default="all", choices=("all", "adaptive"),
                        help="all pairs, or the most telling next until all is settled (default: all)")  # fmt: skip
    parser.add_argument("--resolution", type=float, metavar="D",
                        help="with adaptive: smallest difference of strengths of interest, such as 0.4")  # fmt: skip
    parser.add_argument("--budget", type=int, metavar="N", help="with adaptive: most comparisons (pairs, both orders)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of equal choices (default: 0)")
    parser.add_argument("--uncalibrated", action="store_true", help="use a judge without a certificate; said first")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="limit of the judge's run, as in [procedure], such as max_requests=500")  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory that compares")
    parser.add_argument("--html", metavar="FILE", help="write a page as well")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; the exit code is 0 whoever is preferred."""
    from assay.api.arena.arena import Asked, arena, render
    from assay.api.runs import settings
    from assay.cli._progress import Progress
    from assay.vocabulary.words import say

    finite(args, "arena", "resolution")
    asked = Asked(
        judge=args.judge, ratings=args.ratings, rubric=args.rubric, items=args.items, pairs=args.pairs,
        resolution=args.resolution, budget=args.budget, seed=args.seed, uncalibrated=args.uncalibrated,
        limits=settings(args.set), laboratory=args.name,
    )  # fmt: skip
    spoken = language(args)
    progress = Progress(spoken, args.quiet)
    try:
        made = arena(args.runs, args.lab, asked, progress)
    finally:
        progress.end()
    page = render(made.arena, spoken, Path(args.html), made.sha256) if args.html else None
    if args.json:
        reports = [str(one.path) for one in made.measured]
        json_out({"comparison": made.arena, "path": str(made.path), "sha256": made.sha256, "reports": reports})
        return 0
    import shutil

    from assay.reports.arena_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made.arena, spoken, width, colour(sys.stdout)))
    print(say("arena", "written", spoken, path=made.path, sha256=made.sha256[:12]))
    if page is not None:
        print(say("commands", "page.at", spoken, path=page))
    return 0
