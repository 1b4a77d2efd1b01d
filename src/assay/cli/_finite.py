"""Numbers of a command line that must be numbers."""

import argparse
from math import isfinite


def finite(args: argparse.Namespace, command: str, *names: str) -> None:
    """Refuse ``nan`` and ``inf``, which are no numbers to compute with. Raises ``BadInput`` (``number.not_finite``)."""
    from assay.vocabulary.errors import BadInput

    for name in names:
        value = getattr(args, name)
        if value is not None and not isfinite(value):
            raise BadInput("number.not_finite", where=command, key="--" + name.replace("_", "-"))
