"""``assay runs``: what the laboratory holds."""

import argparse
from typing import TYPE_CHECKING

from assay.cli._show import common, json_out, language, table_out

if TYPE_CHECKING:
    from assay.api.runs import RunLine

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
         _responses(r, language(args)), str(r.occasion), str(r.reports), r.title]
        for r in found
    ]  # fmt: skip
    table_out(rows, words)
    return 0


def _responses(one: "RunLine", spoken: str) -> str:
    """Responses of the plan; of a run that ended early those it took, and of one that may, the most."""
    from assay.vocabulary.words import say

    if one.taken is not None:
        return say("commands", "runs.taken", spoken, taken=one.taken, planned=one.planned)
    return say("commands", "runs.at_most", spoken, planned=one.planned) if one.may_end_early else str(one.planned)
