"""``assay keys``: the laboratory's key, and whom it trusts."""

import argparse
import sys
from pathlib import Path

from assay.cli._show import common, json_out, language, table_out

SUMMARY = "show the laboratory's key and the trusted ones; export the public key; trust another laboratory's"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "action", nargs="?", choices=("list", "export", "trust"), default="list", help="what to do (default: list)"
    )
    parser.add_argument("file", nargs="?", help="export: where to write (default: stdout); trust: the file to trust")
    parser.add_argument("--name", default="", help="export: name of the laboratory")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """List, export or trust."""
    from assay.api import keys
    from assay.vocabulary.words import say

    if args.action == "export":
        return _export(args)
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
        return 0
    own, others, head, name = (
        say("commands", f"keys.{word}", language(args)) for word in ("own", "kind.trusted", "key", "name")
    )
    table_out([[key.key_id, own if key.own else others, key.name] for key in found], [head, "", name])
    return 0


def _export(args: argparse.Namespace) -> int:
    from assay.api.keys import export
    from assay.vocabulary.words import say

    written = export(args.lab, args.name, args.file)
    if not args.file:
        sys.stdout.write(written.decode())  # it is JSON
    elif args.json:
        json_out({"written": str(Path(args.file).resolve())})
    else:
        print(say("commands", "init.written", language(args), path=args.file))
    return 0
