"""``assay material seal``: commit to items before the test, and keep them encrypted."""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "encrypt the items of a material, and sign a public commitment to them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="TOML file with a table [material], such as a measurement file")
    parser.add_argument("--output", metavar="NAME", help="the three files without their endings (default: the "
                        "material's name): NAME.sealed, NAME.key, NAME.seal.json")  # fmt: skip
    parser.add_argument("--name", default="", help="name of the laboratory that seals")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Seal."""
    from assay.api.materials.sealing import seal

    made = seal(args.file, args.lab, args.output, args.name)
    if args.json:
        json_out({"seal": made.made, "sealed": str(made.sealed), "key": str(made.key), "public": str(made.public)})
        return 0
    from assay.reports.phrases import Phrases
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    spoken = language(args)
    name = harmless(made.made.name)
    print(say("materials", "sealed", spoken, n=made.made.n_items, name=name, root=made.made.root))
    print(say("materials", "sealed.public", spoken, path=made.public))
    print(say("materials", "sealed.files", spoken, sealed=made.sealed, key=made.key))
    for note in made.made.notes:
        print(f"· {harmless(Phrases(spoken).note(note))}")
    return 0
