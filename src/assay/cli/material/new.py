"""``assay material new``: something to start from."""

import argparse
import shlex

from assay.cli._show import common, json_out, language

SUMMARY = "write a folder for items of your own, or a pack with a generator, to start from"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", help="where to write; made if it is not there")
    parser.add_argument("--generator", metavar="PACK.NAME", default="",
                        help="write a pack with a generator of this name, its test, and how to install it")  # fmt: skip
    common(parser, lab=False)


def run(args: argparse.Namespace) -> int:
    """Write; files that are there already are left as they are."""
    from assay.api.materials.workshop import new
    from assay.vocabulary.words import say

    written = new(args.folder, args.generator, language(args))
    if args.json:
        json_out({"written": [str(path) for path in written]})
        return 0
    for path in written:
        print(say("workshop", "new.written", language(args), path=path))
    code, values = ("new.generator", {"name": args.generator}) if args.generator else ("new.items", {})
    print(say("workshop", code, language(args), folder=shlex.quote(args.folder), **values))
    return 0
