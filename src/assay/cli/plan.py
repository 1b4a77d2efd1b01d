"""``assay plan``: how many items, variants and repeats a measurement takes, and what they cost."""

import argparse
import sys
from pathlib import Path

from assay.cli._show import colour, common, json_out, language

SUMMARY = "how many items, variants and repeats reach a target, and what they cost; exit code 3 if none do"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="the measurement file")
    parser.add_argument("--target-u", type=float, metavar="U", help="reach this standard uncertainty")
    parser.add_argument("--detect", type=float, metavar="DIFFERENCE", help="show this true difference of two systems")
    parser.add_argument("--decide", action="store_true", help="decide on the [[requirement]] tables of the file")
    parser.add_argument("--power", type=float, default=0.8, help="probability of showing or deciding (default: 0.8)")
    parser.add_argument("--measurand", metavar="NAME", help="what to plan for (default: the first)")
    parser.add_argument("--pilot", action="append", default=[], metavar="RUN",
                        help="components from this finished run; with --detect, give it twice: one for each system")
    assumed = {
        "score": "true value (default: the pilot's; without one the middle of the scale)",
        "sd": "standard deviation of single readings (default: that of 0/1 readings)",
        "item-share": "share of their variance between items (default: 0.5)",
        "interaction-share": "share between items differently in each variant (default: 0.1)",
        "group-share": "share between clusters (default: 0.1 where the items have clusters)",
        "variant-sd": "standard deviation between variants (default: 0.02 of the scale)",
        "correlation": "of two systems over the items, for --detect (default: 0.5)",
        "input-tokens": "tokens of a prompt (default: the pilot's, else estimated from the prompts)",
        "output-tokens": "tokens of an answer (default: the pilot's, else max_tokens)",
        "latency-s": "seconds of a request (default: the pilot's)",
        "label-cost": "cost of one verdict by people, where a judge is corrected by a certificate",
    }  # fmt: skip
    for name, meaning in assumed.items():
        parser.add_argument(f"--{name}", type=float, metavar="X", help=meaning)
    parser.add_argument("--items", type=int, metavar="N", help="items that could be had (default: those of the file)")
    parser.add_argument("--connections", type=int, metavar="N",
                        help="requests under way at once (default: max_connections of the file, or 16)")
    parser.add_argument("--html", metavar="FILE", help="write a page with the plot as well")
    common(parser)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Plan; exit code 3 if nothing that there is reaches the target."""
    from assay.api.planning.plan import Assumed, Wanted, plan, render, to_json

    wanted = Wanted(
        target_u=args.target_u, detect=args.detect, decide=args.decide, power=args.power, measurand=args.measurand
    )
    assumed = Assumed(**{name: getattr(args, name) for name in Assumed._fields})
    made = plan(args.file, wanted, args.lab, args.pilot, assumed)
    page = render(made, language(args), Path(args.html)) if args.html else None
    if args.json:
        json_out(to_json(made))
        return 0 if made.reachable else 3
    import shutil

    from assay.reports.plan_view import terminal
    from assay.vocabulary.words import say

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made, language(args), width, colour(sys.stdout)), end="")
    if page is not None:
        print(say("commands", "page.at", language(args), path=page))
    return 0 if made.reachable else 3
