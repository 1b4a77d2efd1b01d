"""``assay runs``: what the laboratory holds."""

import argparse

from assay.cli._show import common, json_out, language, table_out

SUMMARY = "list the runs of a laboratory"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    common(parser)


def run(args: argparse.Namespace) -> int:
    """List."""
    from assay.api.runs import runs
    from assay.vocabulary.words import say

    found = runs(args.lab)
    if args.json:
        json_out(found)
        return 0
    words = [say("commands", f"runs.{name}", language(args)) for name in
             ("run", "begun", "state", "responses", "occasion", "reports", "title")]  # fmt: skip
    rows = [
        [r.name, r.begun, say("commands", f"state.{r.state}", language(args)),
         str(r.planned) if r.taken is None else f"{r.taken}/{r.planned}", str(r.occasion), str(r.reports), r.title]
        for r in found
    ]  # fmt: skip
    table_out(rows, words)
    return 0
