"""``assay material ledger``: which items went to whom, and when."""

import argparse
from typing import TYPE_CHECKING

from assay.cli._show import common, json_out, language, table_out

if TYPE_CHECKING:
    from assay.api.materials.exposed import Ledger

SUMMARY = "which items went to whom, when; whether that record is whole"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--item", metavar="ID", help="exposures of this item, by its id or the digest of its content")
    parser.add_argument("--subject", metavar="NAME", help="only what went to this subject or judge")
    parser.add_argument("--limit", type=int, metavar="N", help="items that were given in more than N runs")
    parser.add_argument("--verify", action="store_true", help="check the chain; exit code 5 if it is broken")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Show the ledger; 5 if it was to be verified and is broken."""
    from assay.api.materials.exposed import Wanted, ledger

    wanted = Wanted(item=args.item, subject=args.subject, limit=args.limit, verify=args.verify)
    found = ledger(args.lab, wanted)
    args.code = 5 if found.broken else 0
    if args.json:
        json_out(found)
    else:
        _show(found, args)
    return int(args.code)


def _show(found: "Ledger", args: argparse.Namespace) -> None:
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    spoken = language(args)

    def words(code: str, **values: object) -> str:
        return say("materials", f"ledger.{code}", spoken, **values)

    certain = {True: words("yes"), False: words("perhaps")}
    if args.item is not None or args.limit is not None:
        head = [words(name) for name in ("item", "content", "subject", "runs", "first", "last", "certain")]
        rows = [[one.item, one.content[:12], one.subject, str(len(one.runs)), one.first[:19], one.last[:19],
                 certain[one.certain]] for one in found.items]  # fmt: skip
    else:
        head = [words(name) for name in ("run", "role", "subject", "endpoint", "items", "first", "last", "certain")]
        rows = [[one.run, say("materials", f"role.{one.role}", spoken), one.subject, one.endpoint, str(one.items),
                 one.first[:19], one.last[:19], certain[one.certain]] for one in found.runs]  # fmt: skip
    if rows:
        table_out(rows, head)
    else:
        print(words("none"))
    print(words("head", n=found.head.n, digest=found.head.digest[:12]))
    for one in found.broken or ():
        print(f"✗ {harmless(words(one.kind, n=one.n, detail=one.detail))}")
    if found.broken == ():
        print(words("whole"))
