"""``assay keys``: the laboratory's key, and whom it trusts."""

import argparse
import sys
from pathlib import Path

from assay.cli._show import common, json_out, language, table_out

SUMMARY = "show the laboratory's key and the trusted ones; export the public key; trust another laboratory's"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", nargs="?", choices=("list", "export", "trust"), default="list")
    parser.add_argument("file", nargs="?", help="export: where to write (default: stdout); trust: the file to trust")
    parser.add_argument("--name", default="", help="export: name of the laboratory")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """List, export or trust."""
    from assay.api import keys
    from assay.vocabulary.words import say

    if args.action == "export":
        data = keys.export(args.lab, args.name)
        if args.file:
            Path(args.file).write_bytes(data)
        else:
            sys.stdout.write(data.decode())
        return 0
    if args.action == "trust":
        trusted = keys.trust(args.lab, args.file)
        if args.json:
            json_out(trusted)
        else:
            print(say("commands", "keys.trusted", language(args), name=trusted.name or "–", key_id=trusted.key_id))
        return 0
    found = keys.listed(args.lab)
    if args.json:
        json_out(found)
    else:
        table_out([[k.key_id, "own" if k.own else "trusted", k.name] for k in found], ["key", "", "name"])
    return 0
