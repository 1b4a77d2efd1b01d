"""``assay material contamination``: signs that a subject may have seen the items."""

import argparse
from typing import TYPE_CHECKING, Final

from assay.cli._show import common, json_out, language, table_out

if TYPE_CHECKING:
    from assay.api.materials.drop import Drop
    from assay.api.materials.overlap import Overlap

SUMMARY = "signs that items leaked: found in a corpus, read higher than fresh ones, or continued by heart"

_MOST_SHOWN: Final = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", nargs="?", help="TOML file with a table [material], and [subject] for --probe")
    parser.add_argument("--corpus", nargs="+", metavar="PATH", help="files or folders to look for the items in: text, "
                        "JSON lines, or either packed (.gz)")  # fmt: skip
    parser.add_argument("--original", metavar="RUN", help="a run on items that the subject may have seen")
    parser.add_argument("--fresh", metavar="RUN", help="a run of the same subject on fresh items")
    parser.add_argument("--probe", action="store_true", help="show the subject the first half of known and fresh items")
    parser.add_argument("--fresh-seed", type=int, metavar="N", help="seed of the fresh items of --probe")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Look for the signs that were asked for; 1 if one was found, 3 if no item could be examined."""
    from assay.vocabulary.errors import BadInput

    runs = args.original is not None or args.fresh is not None
    if sum((args.corpus is not None, runs, args.probe)) != 1 or runs and None in (args.original, args.fresh):
        raise BadInput("contamination.what")
    if not runs and args.file is None:
        raise BadInput("setting.missing", where="contamination", key="file", expected="a TOML file with [material]")
    if args.corpus is not None:
        from assay.api.materials.overlap import overlap

        held = overlap(args.file, args.corpus)
        args.code = 1 if held.items else 3 if len(held.not_examined) == held.n_items else 0
        json_out(held) if args.json else _show_overlap(held, args)
        return int(args.code)
    return _drop(args) if runs else _probe(args)


def _drop(args: argparse.Namespace) -> int:
    from assay.api.materials.drop import drop

    found = drop(args.original, args.fresh, args.lab)
    args.code = int(found.sign == "shown")
    json_out(found) if args.json else _show_drop(found, args)
    return int(args.code)


def _probe(args: argparse.Namespace) -> int:
    from assay.api.materials.completion import probe
    from assay.cli._progress import Progress
    from assay.vocabulary.words import say

    progress = Progress(language(args), args.quiet)
    try:
        found = probe(args.file, args.lab, args.fresh_seed, progress)
    finally:
        progress.end()
    args.code = int(found.drop.sign == "shown")
    if args.json:
        json_out(found)
        return int(args.code)
    _show_drop(found.drop, args)
    if found.too_short:
        print(say("materials", "probe.short", language(args), n=found.too_short))
    return int(args.code)


def _show_overlap(held: "Overlap", args: argparse.Namespace) -> None:
    from assay.vocabulary.words import say

    spoken = language(args)
    print(say("materials", "overlap", spoken, n=held.n_items, tokens=held.tokens, files=held.files, exact=held.exact,
              partly=held.partly, unexamined=len(held.not_examined)))  # fmt: skip
    if held.items:
        head = [say("materials", f"overlap.{name}", spoken) for name in ("item", "whole", "found", "file")]
        table_out([[one.item, say("materials", "ledger.yes", spoken) if one.exact else "", f"{one.found}/{one.own}",
                    one.file] for one in held.items[:_MOST_SHOWN]], head)  # fmt: skip


def _show_drop(found: "Drop", args: argparse.Namespace) -> None:
    from assay.vocabulary.words import say

    spoken = language(args)
    ends = "" if found.interval is None else say("materials", "drop.interval", spoken, low=f"{found.interval[0]:.3f}",
                                                 high=f"{found.interval[1]:.3f}")  # fmt: skip
    print(say("materials", "drop", spoken, measurand=found.measurand, original=f"{found.original_value:.3f}",
              fresh=f"{found.fresh_value:.3f}", n_original=found.n_original, n_fresh=found.n_fresh,
              drop=f"{found.drop:.3f}", interval=ends,
              pairing=say("materials", f"drop.{found.pairing}", spoken)))  # fmt: skip
    print(say("materials", f"drop.{found.sign}", spoken))
