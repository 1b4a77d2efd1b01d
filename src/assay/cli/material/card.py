"""``assay material card``: what a material is, for people and for machines."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "write the card of a material: Markdown, a page, and Croissant JSON-LD, with what a check found"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("target", help="a table of items, or a folder or TOML file with a [material]")
    parser.add_argument("--output", metavar="FOLDER", help="where to write (default: the material's own folder)")
    parser.add_argument("--replace", action="store_true", help="replace card files that are there")
    parser.add_argument("--with-items", action="store_true", help="put the items into the Croissant description, which "
                        "publishes them")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Write the card; what is to be mended stands in it and changes no exit code."""
    from assay.api.materials.card import card
    from assay.vocabulary.words import say

    spoken = language(args)
    made, written = card(args.target, args.output, args.lab, spoken, args.replace, args.with_items)
    if args.json:
        json_out({"card": made, "written": [str(path) for path in written]})
        return 0
    for path in written:
        print(say("workshop", "card.written", spoken, path=path))
    if made.check.to_mend:
        print(say("workshop", "to_mend", spoken, n=made.check.to_mend))
    return 0
