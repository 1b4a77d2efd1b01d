"""Which of the options was chosen."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.general.instrument._choice import LETTERS, chosen
from assay.packs.general.instrument._text import failed, lost, said, scored
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class Choice:
    r"""1 if the chosen option is the reference's letter, 0 if it is another; no number if none can be told.

    The options are lettered A, B, C and so on. What counts, in this order: the whole answer is a letter ("B",
    "(b)", "**B**"); ``{"answer": "B"}``; ``\boxed{B}`` or ``<answer>B</answer>``; the last explicit statement
    ("the answer is B", "Answer: B", "B is correct", "答案是B", "选B"); a letter alone on the first or last line;
    a letter with an option's text ("B) Paris"); capital letters that stand alone and are neither negated ("not
    A", "A is wrong", "排除A") nor an article, if they are all the same; the text of one option and no other.
    A statement that is negated is none. Of an output that was cut off only explicit statements count. Of very
    long outputs the beginning and the end are read.

    Notes: ``no_option`` (no option is named), ``several_options`` (more than one is), ``no_such_option`` (a
    letter beyond the last option), ``no_choices`` (the item has none), ``cut_off``, ``empty``,
    ``only_reasoning``, ``not_text``, ``refusal`` (no option, and the answer begins like a refusal).
    """

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        count = len(item.choices)
        if not 2 <= count <= len(LETTERS):
            return f"it has {count} choices; expected 2 to {len(LETTERS)}" if count else "it has no choices"
        if not (isinstance(item.reference, str) and len(item.reference) == 1 and item.reference in LETTERS[:count]):
            return f"the target {item.reference!r} is not a letter from A to {LETTERS[count - 1]}"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Find the letter and compare it."""
        text = said(response)
        if not isinstance(text, str):
            return text
        if not item.choices:
            return failed("no_choices")
        letter, note = chosen(text, item.choices[: len(LETTERS)], response.finish == "length")
        if letter:
            return scored(letter == item.reference, response)
        return failed(note) if note != "no_option" else lost(text, response, note)
