"""``assay init``: something to start from."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "write a commented measurement file and a small item file to start from"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", nargs="?", default=".", help="where to write them (default: here)")
    common(parser, lab=False)


def run(args: argparse.Namespace) -> int:
    """Write; files that are there already are left as they are."""
    from assay.api.start import init
    from assay.vocabulary.words import say

    written = init(args.folder, language(args))
    if args.json:
        json_out({"written": [str(path) for path in written]})
        return 0
    for path in written:
        print(say("commands", "init.written", language(args), path=path))
    print(say("commands", "init.next", language(args), path=written[0]))
    return 0
