"""The certificate of a load tool on a terminal."""

from collections.abc import Callable
from typing import Final

from assay.reports.text import harmless, pad, width
from assay.vocabulary.load_client import ClientValue, LoadClient
from assay.vocabulary.words import say

_STYLES: Final = {True: "32", False: "31"}
_COLUMNS: Final = ("quantity", "told", "true", "error", "allowed", "fits", "holds")


def terminal(made: LoadClient, language: str, colour: bool = False) -> str:
    """What was found, as a table and a few sentences.

    Args:
        made: the certificate.
        language: of the words.
        colour: whether the terminal shows colours.
    """

    def words(code: str, **values: object) -> str:
        return say("timing", code, language, **values)

    load = made.load
    head = [
        words("title", tool=harmless(made.tool)),
        words("load", streams=load.streams, rate=f"{load.chunks_per_s:,.0f}", seconds=f"{load.seconds:.1f}",
              ttft=f"{load.ttft_ms:g}", gap=f"{load.gap_ms:g}"),
        words("requests", compared=made.compared, seen=made.seen, unclean=made.unclean),
        words("machine", processors=made.processors, used=_share(made.used, words("unknown")),
              behind=f"{made.behind_p99_ms:.2f}"),
    ]  # fmt: skip
    rows = [[words(f"column.{name}") for name in _COLUMNS]]
    rows += [_row(one, words) for one in made.values]
    sizes = [max(width(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    lines = ["  ".join(pad(row[place], size, right=place > 0) for place, size in enumerate(sizes)) for row in rows]
    if colour:
        styles = [_STYLES[one.fits] for one in made.values]
        lines[1:] = [f"\x1b[{style}m{line}\x1b[0m" for style, line in zip(styles, lines[1:], strict=True)]
    notes = [words(f"note.{code}") for code in made.notes]
    return "\n".join([*head, "", *lines, "", words("passed" if made.passed else "not_passed"), *notes])


def _row(one: ClientValue, words: Callable[..., str]) -> list[str]:
    told = f"{one.told:.3f}"
    if one.low is not None and one.high is not None:
        told += f" [{one.low:.3f}, {one.high:.3f}]"
    holds = "–" if one.holds is None else words("yes" if one.holds else "no")
    return [words(f"{one.quantity}.{one.statistic}"), told, f"{one.true:.3f}", f"{one.error:+.3f}",
            f"±{one.tolerance / 3:.3f}", words("yes" if one.fits else "no"), holds]  # fmt: skip


def _share(value: float | None, unknown: str) -> str:
    return unknown if value is None else f"{100 * value:.0f} %"
