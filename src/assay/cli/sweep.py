"""``assay sweep``: a server at several loads, its knee, or the highest rate that meets its limits."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

if TYPE_CHECKING:
    from assay.api.sweep.expected import Expected

SUMMARY = "measure a server at several loads: the knee, or the highest rate that meets its limits; itself signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="measurement file (TOML) with the procedure serving.load")
    loads = parser.add_mutually_exclusive_group(required=True)
    loads.add_argument("--rates", type=_numbers, default=(), metavar="R,R,…", help="requests a second, such as 1,2,4,8")
    loads.add_argument("--concurrency", type=_counts, default=(), metavar="N,N,…",
                       help="requests in progress at any time (a closed loop), such as 1,2,4,8")  # fmt: skip
    loads.add_argument("--search", type=_range, metavar="LOW..HIGH",
                       help="search the highest rate that meets the limits of the file between these two")  # fmt: skip
    parser.add_argument("--share", type=float, metavar="P",
                        help="with --search: share of the requests that must meet all limits (0.95)")  # fmt: skip
    parser.add_argument("--level", type=float, metavar="P",
                        help="with --search: confidence that both ends are right (default: the file's)")  # fmt: skip
    parser.add_argument("--runs", type=int, metavar="N",
                        help="with --search: most runs at one rate (default: 4)")  # fmt: skip
    parser.add_argument("--most-rates", type=int, metavar="N",
                        help="with --search: most rates that are tried (default: 12)")  # fmt: skip
    parser.add_argument("--within", type=float, metavar="SHARE",
                        help="with --search: relative distance of both ends that is near enough (default: 0.05)",
                        )  # fmt: skip
    parser.add_argument("--mlperf", action="store_true",
                        help="state MLPerf's rule for the least number of queries beside each point as well; it takes "
                        "requests for independent")  # fmt: skip
    parser.add_argument("--again", action="store_true",
                        help="measure again at loads where the client's own times were refused")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="tell which runs would be made, and how long they take")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    parser.add_argument("--name", default="", help="name of the laboratory")
    parser.add_argument("--html", metavar="FILE", help="write a page with the pictures as well")
    parser.add_argument("--markdown", metavar="FILE", help="write it in Markdown as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Sweep; the exit code is 3 for a search that is not resolved, or if no point says anything."""
    from assay.api.sweep.sweep import Asked, Step, preview, render, sweep
    from assay.cli._expected import Steps, dry_run, only_to_tell
    from assay.vocabulary.words import say

    finite(args, "sweep", "share", "level", "within")
    spoken = language(args)
    asked = Asked(rates=args.rates, concurrency=args.concurrency, search=args.search, share=args.share,
                  level=args.level, runs=args.runs, most_rates=args.most_rates, within=args.within,
                  mlperf=args.mlperf, again=args.again, name=args.name)  # fmt: skip
    if args.dry_run:
        only_to_tell(args, "sweep")
        return dry_run(preview(args.file, asked, args.lab), str, args)
    steps = Steps(spoken, args.quiet)

    def told(step: "Expected | Step") -> None:
        if not isinstance(step, Step):
            steps.expected(step)
            return
        code = f"step.{step.axis}" if args.search else f"step.of.{step.axis}"
        at = f"{step.setting:.4g}"
        steps.begin(say("sweep", code, spoken, number=step.number, of=step.of, at=at), step)

    try:
        made = sweep(args.file, asked, args.lab, told, steps.progress)
    finally:
        steps.end()
    args.code = made.exit_code
    written = [render(made.sweep, spoken, Path(file), made.sha256) for file in (args.html, args.markdown) if file]
    if args.json:
        json_out({"sweep": made.sweep, "path": str(made.path), "sha256": made.sha256})
        return made.exit_code
    import shutil

    from assay.reports.sweep_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made.sweep, spoken, width, colour(sys.stdout)))
    print(say("sweep", "written", spoken, path=made.path))
    for file in written:
        print(say("commands", "page.at", spoken, path=file))
    return made.exit_code


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 1,2,4,8") from None


def _counts(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers such as 1,2,4,8") from None


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(one) for one in text.split(".."))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no range such as 2..40") from None
    return low, high
