"""``assay demo``: a real measurement without a network."""

import argparse
from pathlib import Path

from assay.cli._show import common, json_out, language, measured_out, one_thread

SUMMARY = "measure a small learned model, whose true score is known by census, and show the report"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", nargs="?", default="assay-demo", help="where to work (default: ./assay-demo)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other items and answers (default: 1)")
    common(parser, lab=False)


def run(args: argparse.Namespace) -> int:
    """Measure and compare with the certified value."""
    one_thread()
    from assay.api.demo import demo
    from assay.cli._progress import Progress
    from assay.vocabulary.words import say

    progress = Progress(language(args), args.json)
    try:
        shown = demo(args.folder, language(args), progress, args.seed)
    finally:
        progress.end()
    if args.json:
        certified = {"certified": shown.certified, "contained": shown.contained}
        json_out({**shown.measured.to_json(), "page": str(shown.page), **certified})
        return shown.measured.exit_code
    code = measured_out(shown.measured, args, str(Path(args.folder) / ".assay"))
    print(say("commands", "page.at", language(args), path=shown.page))
    key = "demo.contained" if shown.contained else "demo.missed"
    print(say("commands", key, language(args), value=f"{shown.certified:.4f}"))
    return code
