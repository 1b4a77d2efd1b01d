"""``assay validate``: the software validated by itself."""

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._show import colour, common, json_out, language

if TYPE_CHECKING:
    from assay.api.validate import Progress

SUMMARY = "validate this software: published numbers, coverage of every interval; the certificate is signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--quick", action="store_true", help="400 simulations of each design: no certificate")
    parser.add_argument("--simulations", type=int, metavar="N", help="of each design (default: 5000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all simulations (default: 1)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="published, or a method such as mean or wilson; may be repeated")  # fmt: skip
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: as many as processors)")
    parser.add_argument("--name", default="", help="name of the laboratory that validates")
    parser.add_argument("--html", metavar="FILE", help="write a page as well")
    parser.add_argument("--markdown", metavar="FILE", help="write the tables in Markdown as well")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Validate; 1 if a number or a coverage fails what the documentation claims."""
    from assay.api.validate import QUICK, Asked, render, validate
    from assay.vocabulary.words import say

    spoken = language(args)
    simulations = args.simulations if args.simulations is not None else QUICK if args.quick else None
    asked = Asked(seed=args.seed, only=tuple(args.only), workers=args.workers, name=args.name,
                  **({} if simulations is None else {"simulations": simulations}))  # fmt: skip
    told = _Told(spoken, quiet=args.json)
    try:
        found = validate(args.lab, asked, told)
    finally:
        told.end()
    made = found.certificate
    args.code = 0 if made.passed else 1
    pages = [render(made, spoken, Path(file).with_suffix(suffix) if not Path(file).suffix else Path(file), found.sha256)
             for file, suffix in ((args.html, ".html"), (args.markdown, ".md")) if file]  # fmt: skip
    if args.json:
        json_out({"certificate": made, "report": str(found.path)})
        return int(args.code)
    import shutil

    from assay.reports.validation_view import terminal

    width = min(shutil.get_terminal_size((140, 24)).columns, 170)
    print(terminal(made, spoken, width, colour(sys.stdout)))
    print(say("validation", "written", spoken, path=found.path))
    for page in pages:
        print(say("validation", "page.at", spoken, path=page))
    return int(args.code)


class _Told:
    """Progress on standard error: one line that moves on a terminal, a line every twenty seconds elsewhere."""

    def __init__(self, spoken: str, quiet: bool) -> None:
        self._spoken, self._quiet = spoken, quiet
        self._moving = sys.stderr.isatty()
        self._began_s = time.monotonic()
        self._told_s = self._began_s
        self._shown = False

    def __call__(self, state: "Progress") -> None:
        from assay.vocabulary.words import say

        now_s = time.monotonic()
        if self._quiet or now_s - self._told_s < (0.2 if self._moving else 20.0):
            return
        self._told_s = now_s
        rate = (state.done - state.reused) / max(now_s - self._began_s, 1e-9)
        minutes, seconds = divmod(round((state.planned - state.done) / max(rate, 1e-9)), 60)
        line = say("validation", "progress", self._spoken, done=state.done, planned=state.planned,
                   percent=f"{100 * state.done / state.planned:.0f}", left=f"{minutes}:{seconds:02}",
                   study=state.study)  # fmt: skip
        with suppress(OSError):  # nobody reads it: no reason to stop
            sys.stderr.write(f"\r\x1b[2K{line}" if self._moving else line + "\n")
            sys.stderr.flush()
        self._shown = self._moving

    def end(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._shown:
            with suppress(OSError):
                sys.stderr.write("\n")
            self._shown = False
