"""The six things that can have become of one reading."""

from typing import Final, Literal, get_args

Status = Literal["ok", "refused", "not_applicable", "subject_failed", "instrument_failed", "not_run"]

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""Every status, in the order in which accounts print them; a status's code in a column is its place here."""

LOST: Final[tuple[Status, ...]] = ("refused", "subject_failed", "instrument_failed", "not_run")
"""Readings that should have been had and were not; ``not_applicable`` is no loss, nothing was to be read."""
