"""What commands share: the options that every one has, and how results are shown."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.api.measured import Measured


def common(parser: argparse.ArgumentParser, *, lab: bool = True) -> None:
    """``--json``, ``--lang`` and, for commands that work in one, ``--lab``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else there")
    parser.add_argument("--lang", choices=("en", "zh"), help="language of what is shown (default: $ASSAY_LANG, or en)")
    if lab:
        parser.add_argument("--lab", default=".assay", metavar="FOLDER", help="the laboratory (default: ./.assay)")


def language(args: argparse.Namespace) -> str:
    """The language asked for."""
    chosen = getattr(args, "lang", None) or os.environ.get("ASSAY_LANG", "en")
    return chosen if chosen in ("en", "zh") else "en"


def one_thread() -> None:
    """Let numpy multiply matrices on one core, unless told otherwise: for small ones more is far slower."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is first imported


def json_out(value: Any) -> None:
    """One JSON value on stdout."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def issued_out(measured: "Measured", args: argparse.Namespace, lab: str) -> None:
    """Say where the signed report is, and how to look at it again."""
    from assay.api.unfinished import lab_option
    from assay.vocabulary.words import say

    values = {"path": measured.path, "run": measured.run, "lab": lab_option(lab)}
    print(say("commands", "report.at", language(args), **values))


def passed_over(name: str, args: argparse.Namespace) -> None:
    """Say on standard error, of ``last``, which run begun since it is not finished, and how to go on with that."""
    from assay.api.runs import begun_since
    from assay.api.unfinished import refusal
    from assay.vocabulary.words import say

    since = begun_since(args.lab) if name == "last" else None
    if since is not None:
        reason = refusal(since).message(language(args))
        print(say("commands", "passed_over", language(args), reason=reason), file=sys.stderr)


def measured_out(
    measured: "Measured", args: argparse.Namespace, lab: str | None = None, *, brief: bool = False
) -> int:
    """Show results and decisions; the exit code says what was decided, also to a pipe that is no longer read."""
    args.code = measured.exit_code
    if args.json:
        json_out(measured.to_json())
        return measured.exit_code
    import shutil

    from assay.reports.terminal import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(measured.report, language(args), width, colour(sys.stdout), brief=brief))
    issued_out(measured, args, lab or args.lab)
    return measured.exit_code


def colour(stream: Any) -> bool:
    """Whether a stream is a terminal that shows colours and whose user wants them."""
    return bool(stream.isatty()) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def table_out(rows: list[list[str]], head: list[str]) -> None:
    """A plain table with aligned columns, wide characters counted as two."""
    from assay.reports.text import harmless, pad, width

    cells = [head, *[[harmless(cell) for cell in row] for row in rows]]
    widths = [max(width(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        print("  ".join(pad(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip())
