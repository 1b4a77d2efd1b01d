"""``assay material``: reference materials, from a first item to a certified release; one file a subcommand."""

import argparse
import importlib
from typing import Final

SUBCOMMANDS: Final[tuple[str, ...]] = (
    "new", "check", "card", "release", "ledger", "seal", "open", "contamination", "difficulty",
)  # fmt: skip

SUMMARY = "reference materials: begin, check, describe, release, seal; who saw which item; how hard items are"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
    for name in SUBCOMMANDS:
        module = importlib.import_module(f"{__name__}.{name}")
        command = commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.arguments(command)
        command.set_defaults(run_subcommand=module.run)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand."""
    return int(args.run_subcommand(args))
