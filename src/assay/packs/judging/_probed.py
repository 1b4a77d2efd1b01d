"""What a report repeats of the orders that were planted when a judge was calibrated."""

from assay.vocabulary.result import Note

Flipped = tuple[float, float, float, int] | None
"""Share of planted orders that turned a verdict, its interval, and their number; None where none were planted."""


def probe_note(flipped: Flipped) -> Note:
    """The remark on them."""
    if flipped is None:
        return Note(code="judge_not_probed")
    value, low, high, n = flipped
    values = {"value": round(value, 3), "low": round(low, 3), "high": round(high, 3), "n": n}
    return Note(code="judge_probed", values=values)
