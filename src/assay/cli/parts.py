"""``assay parts``: what there is to measure with."""

import argparse

from assay.cli._show import common, json_out, language, table_out

SUMMARY = "list the parts of all installed packs, or describe one with its settings"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", nargs="?", help="such as llm.endpoint")
    common(parser, lab=False)


def run(args: argparse.Namespace) -> int:
    """List or describe."""
    from assay.api.parts import described, listed
    from assay.vocabulary.words import say

    if args.name is None:
        found = listed(language(args))
        if args.json:
            json_out(found)
        else:
            head = [say("commands", f"parts.{word}", language(args)) for word in ("kind", "name")]
            table_out([[p.kind, p.name, p.summary] for p in found], [*head, ""])
        return 0
    part = described(args.name, language(args))
    if args.json:
        json_out(part)
        return 0
    for one in part:
        print(f"{one.name} ({one.kind})\n  {one.summary}\n  {one.path}")
        for setting in one.settings:
            default = "" if setting.default is None else f" = {setting.default}"
            print(f"    {setting.name}: {setting.type}{default}\n        {setting.meaning}")
    return 0
