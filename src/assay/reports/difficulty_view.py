"""A table of difficulties for people: its cells from easy to hard, what was left out, and who answered."""

from assay.reports.text import harmless
from assay.vocabulary.difficulty import Difficulties
from assay.vocabulary.words import say

_WIDEST = 60


def terminal(made: Difficulties, language: str) -> str:
    """The lines of a terminal.

    Args:
        made: the table.
        language: ``en`` or ``zh``.
    """
    lines = [say("materials", "difficulty.head", language, name=harmless(made.name), n=len(made.respondents),
                 cells=len(made.cells), sd=f"{made.subject_sd:.2f}")]  # fmt: skip
    if made.link is not None:
        va, _, vb = made.link.covariance
        lines.append(say("materials", "difficulty.link", language, scale=f"{made.link.scale:.2f}",
                         u_scale=f"{va**0.5:.2f}", shift=f"{made.link.shift:.2f}", u_shift=f"{vb**0.5:.2f}",
                         n=made.link.shared))  # fmt: skip
    width = min(_WIDEST, max([len(cell.name) for cell in made.cells], default=10))
    lines.append(f"  {'':<{width}}  {say('materials', 'difficulty.columns', language)}")
    for cell in sorted(made.cells, key=lambda one: one.difficulty):
        lines.append(f"  {harmless(cell.name)[:width]:<{width}}  {cell.difficulty:>7.2f}  {cell.u_difficulty:>5.2f}  "
                     f"{cell.slope:>6.2f}  {cell.u_item:>6.2f}")  # fmt: skip
    for left in made.uncalibrated:
        why = say("materials", f"difficulty.why.{left.why}", language)
        lines.append(f"  {harmless(left.name)[:width]:<{width}}  {why} ({left.right}/{left.answers})")
    return "\n".join(lines)
