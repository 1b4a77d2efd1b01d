"""``assay import``: the logs of other tools become runs."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._show import common, json_out, language

if TYPE_CHECKING:
    from assay.api.exchange.imports import Imported

SUMMARY = "take the logs of other tools into the laboratory, each as a run; nothing is asked"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="log, or a folder that is looked through for logs: "
                        "Inspect AI, lm-evaluation-harness, EvalScope, OpenCompass, HELM, promptfoo, DeepEval, "
                        "ModelBench, Every Eval Ever, CSV, JSON lines")  # fmt: skip
    parser.add_argument("--scores-only", action="store_true", help="leave the outputs where they are: much faster, but "
                        "they can then not be read again with another instrument")  # fmt: skip
    parser.add_argument("--score", default="", metavar="NAME", help="the score to take (default: the tool's first)")
    parser.add_argument("--measurand", default="", metavar="PART", help="what the score is a reading of (default: "
                        "exchange.score where all lie from 0 to 1, else exchange.value)")  # fmt: skip
    parser.add_argument("--column", action="append", default=[], metavar="NAME=COLUMN", help="CSV, JSON lines: the "
                        "column that holds item, score, output, repeat, group, weight, input, reference, status, note, "
                        "subject, finish, input_tokens, output_tokens, latency_s or at, where it is called otherwise; "
                        "may be repeated")  # fmt: skip
    parser.add_argument("--tool", default="", metavar="NAME", help="whose log it is, where that is not recognised, "
                        "such as inspect_ai or plain")  # fmt: skip
    parser.add_argument("--ids", choices=("own", "position"), default="own", help="call items as the data call them, "
                        "or as the tool numbers them (default: own)")  # fmt: skip
    parser.add_argument("--skip-broken", action="store_true", help="leave out what cannot be read; every report then "
                        "says how much that was (default: import nothing)")  # fmt: skip
    parser.add_argument("--again", action="store_true", help="import what is here already as another run")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Import; the exit code is 2 where a log was left out that takes something which is not installed."""
    from assay.api.exchange.imports import Taking, import_logs
    from assay.api.unfinished import lab_option
    from assay.reports.text import harmless
    from assay.vocabulary.errors import BadInput
    from assay.vocabulary.words import say

    columns = {}
    for pair in args.column:
        name, equals, column = pair.partition("=")
        if not equals or not name or not column:
            raise BadInput("setting.value", where="import", key="--column", got=repr(pair), expected="NAME=COLUMN")
        columns[name] = column
    taking = Taking(
        tool=args.tool, outputs=not args.scores_only, score=args.score, measurand=args.measurand,
        skip_broken=args.skip_broken, ids=args.ids, columns=columns, again=args.again,
    )  # fmt: skip
    left: list[dict[str, str]] = []

    def left_out(path: Path, error: BadInput) -> None:
        left.append({"path": str(path), "message": error.message(language(args))})

    done = import_logs(args.paths, args.lab, taking, left_out)
    args.code = BadInput.exit_code if left else 0
    for each in left:
        print(harmless(say("imports", "left_out", language(args), **each)), file=sys.stderr)
    if args.json:
        json_out({"imported": done, "left_out": left, "exit_code": args.code})
        return int(args.code)
    for one in done:
        _show(one, language(args), lab_option(args.lab))
    return int(args.code)


def _show(done: "Imported", spoken: str, lab: str) -> None:
    """One log in words: what was read, what was not, and how it compares with what the tool printed."""
    from assay.reports.phrases import Phrases
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    def told(code: str, **values: object) -> None:
        print(harmless(say("imports", code, spoken, **values)))

    phrases = Phrases(spoken)
    told("head", task=done.task, subject=done.subject, run=done.run)
    if done.known:
        told(done.notes[0].code, path=", ".join(done.paths))
        return
    counts = ", ".join(f"{phrases.term('status', status)} {n}" for status, n in sorted(done.counts.items()))
    told("rows", items=done.items, repeats=done.repeats, rows=sum(done.counts.values()), counts=counts)
    others = [name for name in done.scores if name != done.score]
    told("score" if not others else "scores", score=done.score or "–", others=", ".join(others[:20]))
    for note in done.notes:
        print("  · " + harmless(phrases.note(note)))
    for one in done.means:
        if one.score != done.score:
            values = {"printed": f"{one.printed:.6g}",
                      "recomputed": "–" if one.recomputed is None else f"{one.recomputed:.6g}"}  # fmt: skip
            told("mean.agrees" if one.agrees else "mean.differs", score=one.score, metric=one.metric, **values)
    for place in done.broken:
        told("broken", place=place)
    told("next", run=done.run, lab=lab)
