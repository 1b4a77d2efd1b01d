"""``assay rate``: people as instruments."""

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli._show import common, json_out, language, table_out

if TYPE_CHECKING:
    from assay.vocabulary.rating import RatingPlan, RatingSummary

SUMMARY = "let people rate responses, blinded, in a page on this machine; agreement; ratings in and out"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "sources", metavar="SOURCE", nargs="*",
        help="with --rubric: a run (two for a pairwise choice, more for a ranking; default: last), or a CSV or JSONL "
        "file of texts; without: a session of rating (default: the last one)",
    )  # fmt: skip
    parser.add_argument("--rubric", metavar="FILE", help="what to decide: a TOML file, or judging.correctness, "
                        "judging.helpfulness, judging.preference")  # fmt: skip
    parser.add_argument("--items", type=int, metavar="N", help="rate a random sample of N responses (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="which random sample (default: 0)")
    parser.add_argument("--port", type=int, default=0, help="port of the page on 127.0.0.1 (default: any free one)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--summary", action="store_true", help="no page: show how far it is, and the agreement")
    what.add_argument("--import", dest="take_in", metavar="FILE", help="no page: take over ratings from CSV, JSONL or "
                      "a Label Studio export (JSON or JSON-MIN), all of them or none")  # fmt: skip
    what.add_argument("--export", metavar="FILE", help="no page: write the ratings as CSV or JSONL, or the cases as "
                      "Label Studio tasks (.json, with the labelling interface beside them as .xml)")  # fmt: skip
    parser.add_argument("--format", choices=("csv", "jsonl", "label-studio"), help="of FILE (default: by its ending)")
    parser.add_argument("--column", action="append", default=[], metavar="NAME=COLUMN", help="--import: the column of "
                        "FILE that holds case, item, variant, repeat, rater, value, note, at or rubric, where it is "
                        "called otherwise")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Serve, or what was asked for instead."""
    from assay.api.rating.rate import Wanted, begin
    from assay.api.rating.ratings import summary

    wanted = Wanted(sources=tuple(args.sources), rubric=args.rubric, items=args.items, seed=args.seed)
    plan = begin(wanted, args.lab)
    if args.export:
        return _export(plan, args)
    if args.take_in:
        return _take_in(plan, args)
    if not args.summary:
        _serve(plan, args)
    found = summary(plan, args.lab)
    if args.json:
        json_out(found)
    else:
        _show(found, language(args))
    return 0


def _serve(plan: "RatingPlan", args: argparse.Namespace) -> None:
    from assay.api.rating.rate import desk
    from assay.vocabulary.words import say
    from assay.web.rating import serve

    spoken = language(args)
    stream = sys.stderr if args.json else sys.stdout
    sample = plan.sample
    code = "serve.session" if sample.drawn < sample.population else "serve.session_all"
    source = ", ".join(sample.source)

    def ready(url: str) -> None:
        print(say("rating", code, spoken, session=plan.name, cases=sample.drawn, population=sample.population,
                  source=source), file=stream)  # fmt: skip
        print(say("rating", "serve.at", spoken, url=url), file=stream, flush=True)

    with desk(plan, args.lab) as place:
        serve(place, spoken, args.port, ready)
    print(file=stream)


def _export(plan: "RatingPlan", args: argparse.Namespace) -> int:
    from assay.api.rating.ratings import export
    from assay.vocabulary.words import say

    written = export(plan, args.export, args.lab, args.format, language(args))
    if args.json:
        json_out({"session": plan.name, "written": [str(path) for path in written]})
        return 0
    for path in written:
        print(say("rating", "export.done", language(args), path=path))
    return 0


def _take_in(plan: "RatingPlan", args: argparse.Namespace) -> int:
    from assay.api.rating.ratings import take_in
    from assay.vocabulary.errors import BadInput
    from assay.vocabulary.words import say

    columns = {}
    for pair in args.column:
        name, equals, column = pair.partition("=")
        if not equals or not name or not column:
            raise BadInput("setting.value", where="rate", key="--column", got=repr(pair), expected="NAME=COLUMN")
        columns[name] = column
    done = take_in(plan, args.take_in, args.lab, args.format, columns)
    if args.json:
        json_out({"session": plan.name, "added": done.added, "known": done.known})
        return 0
    print(say("rating", "import.done", language(args), added=done.added, known=done.known))
    return 0


def _show(found: "RatingSummary", spoken: str) -> None:
    """The summary in words."""
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    def t(code: str, **values: object) -> str:
        return say("rating", code, spoken, **values)

    print(harmless(t("summary.head", rubric=found.rubric, session=found.session, cases=found.cases,
                     source=", ".join(found.sample.source))))  # fmt: skip
    print(t("summary.path", path=found.path))
    if found.raters:
        print()
        table_out(
            [[one.name, str(one.rated), str(one.skipped), str(one.changed),
              "  ".join(f"{value}: {n}" for value, n in one.values.items())] for one in found.raters],
            [t(f"summary.{name}") for name in ("rater", "rated", "skipped", "changed", "values")],
        )  # fmt: skip
    if found.same is not None:
        print()
        print(t("summary.shared", n=found.shared, share=f"{found.same:.0%}"))
    if found.agreement:
        print()
        level = f"{found.level:.0%}"
        table_out(
            [[t(f"coefficient.{one.name}"), f"{one.value:.3f}",
              f"[{one.interval[0]:.3f}, {one.interval[1]:.3f}]" if one.interval else t("summary.none"), str(one.units)]
             for one in found.agreement],
            [t("summary.coefficient"), t("summary.value"), t("summary.interval", level=level), t("summary.units")],
        )  # fmt: skip
    if found.notes:
        print()
    for note in found.notes:
        values = dict(note.values)
        if "name" in values:
            reason = say("errors", str(values["code"]), spoken, **values["values"])
            values = {"name": t(f"coefficient.{values['name']}"), "reason": reason}
        print(harmless(t(f"note.{note.code}", **values)))
