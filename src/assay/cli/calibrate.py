"""``assay calibrate``: a judge against cases of known verdict."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "calibrate a judge on rated answers, and issue a signed certificate of how often it errs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("judge", metavar="JUDGE", help="TOML file with the judge, its rubric and its language")
    parser.add_argument(
        "--against", required=True, metavar="RATINGS",
        help="CSV or JSONL file with prompt, response, verdict and perhaps reference, item, rater, kind, language, "
        "system; or a session of assay rate",
    )  # fmt: skip
    parser.add_argument("--repeats", type=int, default=2, help="how often each case is put (default: 2)")
    parser.add_argument("--days", type=int, default=180, help="for how many days the certificate holds (default: 180)")
    parser.add_argument("--range", nargs=2, type=float, default=(0.0, 1.0), metavar=("LOW", "HIGH"),
                        help="range of true rates for which it is to hold (default: 0 1)")  # fmt: skip
    parser.add_argument("--no-probe", action="store_true", help="do not put failing cases again with a planted order")
    parser.add_argument("--column", action="append", default=[], metavar="NAME=COLUMN",
                        help="name of a column where it is another, such as verdict=label")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="limit of the run, as in [procedure], such as max_requests=500")  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory that calibrates")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Calibrate; the exit code is 0 however often the judge errs."""
    from assay.api.judging.calibrate import Asked, calibrate
    from assay.api.runs import settings
    from assay.cli._progress import Progress
    from assay.vocabulary.words import say

    columns = {key: str(value) for key, value in settings(args.column).items()}
    asked = Asked(
        repeats=args.repeats, days=args.days, probe=not args.no_probe, prevalence=tuple(args.range), columns=columns,
        laboratory=args.name, limits=settings(args.set),
    )  # fmt: skip
    progress = Progress(language(args), args.quiet)
    try:
        made = calibrate(args.judge, args.against, args.lab, asked, progress)
    finally:
        progress.end()
    if args.json:
        reports = [str(one.path) for one in made.measured]
        json_out({"certificate": made.certificate, "sha256": made.sha256, "path": str(made.path), "reports": reports})
        return 0
    import shutil

    from assay.reports.certificate_view import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    print(terminal(made.certificate, language(args), width))
    print(say("certificate", "written", language(args), path=made.path, sha256=made.sha256[:12]))
    return 0
