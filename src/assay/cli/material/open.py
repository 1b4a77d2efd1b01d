"""``assay material open``: open sealed items after the test, with proofs."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "open sealed items after the test, each with the proof that it is what was sealed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="the encrypted items, NAME.sealed; NAME.key and NAME.seal.json lie beside them")
    parser.add_argument("--item", action="append", default=[], metavar="ID",
                        help="open only this one, by id or leaf; may be repeated (default: all)")  # fmt: skip
    parser.add_argument("--output", metavar="FILE", help="the opening (default: NAME.opening.json)")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Open."""
    from assay.api.materials.sealing import open_sealed

    found = open_sealed(args.file, args.lab, args.item, args.output)
    if args.json:
        json_out({"opening": str(found.path), "root": found.made.root, "n": len(found.made.items),
                  "n_items": found.made.n_items, "early": found.made.early})  # fmt: skip
        return 0
    from assay.vocabulary.words import say

    spoken, made = language(args), found.made
    print(say("materials", "opened", spoken, n=len(made.items), total=made.n_items, path=found.path))
    if made.early:
        print(say("materials", "opened.early", spoken, runs=", ".join(made.early)))
    return 0
