"""``assay measure``: the whole line."""

import argparse
import gc
import sys

from assay.cli import _campaign
from assay.cli._show import common, json_out, language, measured_out

SUMMARY = "measure a subject by a measurement file, and issue a signed report"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", nargs="?", help="measurement file (TOML); make one with: assay init")
    parser.add_argument("--again", action="store_true", help="make a new run of a measurement that was finished")
    parser.add_argument("--dry-run", action="store_true", help="show a few prompts, requests and cost; ask nothing")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    _campaign.arguments(parser)
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Measure."""
    if _campaign.wanted(args):
        return _campaign.run(args)
    if args.dry_run:
        return _dry_run(args)
    from assay.api.measure import measure
    from assay.cli._progress import Progress

    gc.set_threshold(100_000, 20, 20)  # many small records that all live long: looking for cycles among them is idle
    progress = Progress(language(args), args.quiet)
    try:
        measured = measure(args.file, args.lab, args.again, progress)
    finally:
        progress.end()
    if measured.reused and not args.quiet:
        from assay.vocabulary.words import say

        words = say("commands", "reused", language(args), n=measured.reused, planned=measured.planned)
        print(words, file=sys.stderr)
    return measured_out(measured, args, brief=True)


def _dry_run(args: argparse.Namespace) -> int:
    from assay.api.measure import preview
    from assay.reports.phrases import Phrases
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    seen = preview(args.file, args.lab)
    if args.json:
        json_out(seen)
        return 0
    for prompt in seen.prompts:
        print(say("commands", "dry.item", language(args), item=prompt["item"], variant=prompt["variant"]))
        text = prompt["stimulus"] if isinstance(prompt["stimulus"], str) else repr(prompt["stimulus"])
        print("\n".join(f"  │ {line}" for line in harmless(text, keep_lines=True).splitlines()))
    values = {"requests": seen.requests, "in_store": seen.in_store, "tokens": seen.input_tokens}
    total = "dry.at_most" if seen.may_end_early else "dry.total"
    print(say("commands", total, language(args), **values))
    if seen.cost is not None:
        print(say("commands", "dry.cost", language(args), cost=f"{seen.cost:.4g}"))
    for note in seen.notes:
        print(Phrases(language(args)).note(note))
    for one in seen.judges:
        counts = {"requests": one.requests, "in_store": one.in_store, "tokens": one.input_tokens}
        print(say("commands", "dry.judge", language(args), judge=harmless(one.judge), **counts))
        if one.cost is not None:
            money = {"cost": f"{one.cost:.4g}", "currency": harmless(one.currency)}
            print(say("commands", "dry.judge_cost", language(args), judge=harmless(one.judge), **money))
    return 0
