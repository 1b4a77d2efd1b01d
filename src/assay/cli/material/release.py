"""``assay material release``: freeze the items of a material and certify them."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "freeze the items of a material, with a signed certificate of what is known of them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="TOML file with a table [material], such as a measurement file")
    parser.add_argument("--output", metavar="FOLDER", help="the release (default: the material's name with -release)")
    parser.add_argument("--basis", choices=("construction", "census", "panel"),
                        help="what the references of a primary material rest on (the bank: construction)")  # fmt: skip
    parser.add_argument("--against", metavar="CERTIFICATE", help="the material that these references were assigned by")
    parser.add_argument("--audit", metavar="TABLE", help="CSV or JSONL of items checked again: item, and wrong (0 or "
                        "1) or reference; a random sample")  # fmt: skip
    parser.add_argument("--runs", nargs="+", default=[], metavar="RUN", help="readings that tell if shards are alike")
    parser.add_argument("--shards", default="10", metavar="N", help="shards, or tag:PREFIX (default: 10)")
    parser.add_argument("--anchors", nargs=2, metavar=("EARLIER", "LATER"), help="runs of one subject on an earlier "
                        "release and on this one")  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="leave out items that were given in more than N runs")
    parser.add_argument("--name", default="", help="name of the laboratory that certifies")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Release."""
    from assay.api.materials.release import Asked, release

    anchors = None if args.anchors is None else (args.anchors[0], args.anchors[1])
    asked = Asked(output=args.output, basis=args.basis, against=args.against, audit=args.audit, runs=tuple(args.runs),
                  shards=args.shards, anchors=anchors, limit=args.limit, laboratory=args.name)  # fmt: skip
    made = release(args.file, args.lab, asked)
    if args.json:
        json_out({"certificate": made.made, "sha256": made.sha256, "folder": str(made.folder)})
        return 0
    import shutil

    from assay.reports.material_view import terminal
    from assay.vocabulary.words import say

    print(terminal(made.made, language(args), min(shutil.get_terminal_size((100, 24)).columns, 110)))
    print(say("materials", "released", language(args), folder=made.folder, name=args.output or made.folder.name))
    return 0
