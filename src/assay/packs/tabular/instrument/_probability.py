"""What the instruments of this pack do alike: the probability in a response, and the class of an item.

The readings that are no numbers, and their notes:

    subject_failed      empty           there is no output
    instrument_failed   no_probability  the output is no number from 0 to 1
    refused             refusal         the subject declined, as its interface says
"""

from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def probability(response: Response) -> float | Reading:
    """The probability of the positive class, or the reading when there is none."""
    if response.status != "ok":
        return Reading(status=response.status, note=response.note or "refusal")
    output = response.output
    if output is None or (isinstance(output, str) and not output.strip()):
        return Reading(status="subject_failed", note="empty")
    if type(output) not in (int, float) or not 0 <= output <= 1:
        return Reading(status="instrument_failed", note="no_probability")
    return float(output)


def is_class(item: Item) -> bool:
    """Whether the reference names a class: the number 1 or 0."""
    return type(item.reference) in (int, float) and item.reference in (0, 1)


def unfit(item: Item) -> str:
    """Why an item can never be read, or an empty string."""
    return "" if is_class(item) else "its reference is neither 1 (the positive class) nor 0"
