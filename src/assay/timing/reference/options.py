"""What a process of the reference server is told, and the columns of what it writes down."""

from typing import Final, NamedTuple

from assay.timing.reference.script import Script

FIELDS: Final = 5
"""Columns of the log: request; event (−1: its arrival); just before; just after; due. The last three in nanoseconds."""


class Serve(NamedTuple):
    """Options of one server process.

    Attributes:
        script: what is answered, unless a request asks otherwise.
        host: address to bind.
        port: port; 0 for any.
        number: which process, of how many.
        of: how many processes share the port.
        processor: to be tied to; None for any.
    """

    script: Script
    host: str = "127.0.0.1"
    port: int = 0
    number: int = 0
    of: int = 1
    processor: int | None = None
