"""``assay route``: policies between an edge and a cloud, on stored runs."""

import argparse
import sys
from pathlib import Path

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "judge policies that route requests between an edge and a cloud, on quality against cost, from stored runs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("edge", metavar="EDGE", help="name of the finished run on the edge")
    parser.add_argument("clouds", metavar="CLOUD", nargs="+", help="runs in the cloud on the same items")
    parser.add_argument("--quality", metavar="MEASURAND", help="of which more is better (default: the first all have)")
    parser.add_argument("--cost", metavar="COST", help="price, latency, tokens, or a measurand of which less is better "
                        "(default: price if all runs have a price table, else latency)")  # fmt: skip
    parser.add_argument("--signal", metavar="READING", help="send on by a threshold on this reading of the edge's "
                        "answer: length, output_tokens, latency, or a measurand")  # fmt: skip
    parser.add_argument("--below", type=float, metavar="X",
                        help="the threshold, fixed beforehand (default: chosen on half of the items)")  # fmt: skip
    parser.add_argument("--above", type=float, metavar="X", help="the same, for what lies above")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="send on the items with this tag")
    parser.add_argument("--level", type=float, default=0.95, metavar="P", help="of the intervals (default: 0.95)")
    parser.add_argument("--seed", type=int, default=0, help="of the split and the resampling (default: 0)")
    parser.add_argument("--html", metavar="FILE", help="write a page with the picture as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Judge; the exit code is 0 whichever policy is better."""
    from assay.api.tradeoff.route import Asked, render, route
    from assay.vocabulary.words import say

    finite(args, "route", "below", "above", "level")
    asked = Asked(quality=args.quality, cost=args.cost, signal=args.signal, below=args.below, above=args.above,
                  tags=tuple(args.tag), level=args.level, seed=args.seed)  # fmt: skip
    spoken = language(args)
    made = route(args.edge, args.clouds, args.lab, asked)
    page = render(made, spoken, Path(args.html)) if args.html else None
    if args.json:
        json_out(made)
        return 0
    import shutil

    from assay.reports.route_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, spoken, width, colour(sys.stdout)))
    if page is not None:
        print(say("commands", "page.at", spoken, path=page))
    return 0
