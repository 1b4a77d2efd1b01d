"""``python -m assay.testing.difficulty`` makes the table of difficulties of the bank again, and prints it by factor.

Takes a minute or two. What comes out is the same to the last digit with the same generators, models and numerical
libraries; with others it differs in the last of its six digits.
"""

import argparse
from pathlib import Path
from typing import Final

import msgspec

from assay.testing.difficulty.answered import asked
from assay.testing.difficulty.factors import monotone
from assay.uncertainty.ability.tabled import table
from assay.vocabulary.difficulty import Difficulties

_PLACE: Final = Path(__file__).parents[2] / "packs" / "bank" / "difficulty" / "reference.toml"


def toml(made: Difficulties) -> str:
    """A table as TOML, one line for each cell and subject."""
    lines = ["# Made by: python -m assay.testing.difficulty"]
    rows: list[str] = []
    for field, value in msgspec.to_builtins(made).items():
        if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            rows += ["", f"{field} = [", *(f"  {_written(row)}," for row in value), "]"]
        elif value is not None:
            lines.append(f"{field} = {_written(value)}")
    return "\n".join([*lines, *rows, ""])


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + "}"
    return msgspec.json.encode(value).decode()  # text, numbers and lists are written alike


def main(arguments: list[str] | None = None) -> None:
    """Make the table, print it, and write it where it is wanted."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.difficulty", description=__doc__)
    parser.add_argument("--date", required=True, help="date of issue that the table states, such as 2026-11-21")
    parser.add_argument("--write", action="store_true", help=f"write it to {_PLACE.name} in the pack bank")
    given = parser.parse_args(arguments)
    made = table(asked(), "bank.reference", given.date)
    for line in monotone(made):
        print(line)
    if given.write:
        _PLACE.write_text(toml(made), encoding="utf-8")


if __name__ == "__main__":
    main()
