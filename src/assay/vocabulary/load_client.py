"""What comes out of calibrating somebody else's load tool: its error, on the very requests it made. Signed."""

from typing import Final

from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark

LOAD_CLIENT_TYPE: Final = "urn:assay:load-client:1"


class ClientValue(Record, kw_only=True):
    """One statistic as the tool told it, beside the truth; milliseconds.

    Attributes:
        quantity: ``ttft``, ``itl``, ``e2e``.
        statistic: ``mean``, ``p50``, ``p90``, ``p99``.
        told: what the tool says.
        low: lower end of the interval that the tool states; None if it states none.
        high: upper end.
        true: the same statistic of what the server did.
        error: told − true.
        bracket: half the width within which the truth is known.
        tolerance: the error that could be borne.
        fits: |error| + bracket is within a third of the tolerance.
        holds: the tool's interval, widened by the bracket, contains the truth; None if it states none.
    """

    quantity: str
    statistic: str
    told: float
    low: float | None = None
    high: float | None = None
    true: float
    error: float
    bracket: float
    tolerance: float
    fits: bool
    holds: bool | None = None


class ClientLoad(Record, kw_only=True):
    """The load that the tool made, as the server saw it.

    Attributes:
        ttft_ms: what the server was set to.
        gap_ms: the same, between texts.
        ttft_cv: coefficient of variation of the first.
        gap_cv: of the second.
        seed: of these draws.
        chunk_bytes: least size of an event.
        role_first: an event that only names the role came first.
        streams: the most at a time.
        chunks_per_s: events with text in a second, from the first arrival to the last text.
        seconds: so long.
    """

    ttft_ms: float
    gap_ms: float
    ttft_cv: float
    gap_cv: float
    seed: int
    chunk_bytes: int
    role_first: bool
    streams: int
    chunks_per_s: float
    seconds: float


class LoadClient(Record, kw_only=True):
    """The certificate of a load tool at one load on one machine.

    Attributes:
        id: made from what is certified.
        issued: ISO 8601 UTC.
        laboratory: who signs.
        software: versions of ours.
        tool: its name, as the user gave it.
        command: what was run, with its placeholders.
        result: SHA-256 of the file that the tool's values were read from, hexadecimal.
        load: the load that it made.
        seen: requests that the server answered.
        told: requests that the tool says it counted; None if it does not say.
        compared: requests that the truth was made of: all, or the last ``told`` of them.
        unclean: requests left out because the tool did not take a text at once: the moment is not known.
        behind_p99_ms: how late the server was in the slowest hundredth of texts; part of the truth.
        processors: that could be used.
        used: share of all processors' time that was used, by whomever; None if not told.
        steal: share that the hypervisor took; None if not told.
        values: beside the truth.
        passed: every value fits.
        notes: codes of remarks: ``more_seen`` (the first requests were left out), ``fewer_seen``, ``steal``,
            ``busy``, ``behind``.
    """

    id: str
    issued: str
    laboratory: LaboratoryMark
    software: dict[str, str]
    tool: str
    command: tuple[str, ...]
    result: str
    load: ClientLoad
    seen: int
    told: int | None
    compared: int
    unclean: int
    behind_p99_ms: float
    processors: int
    used: float | None
    steal: float | None
    values: tuple[ClientValue, ...]
    passed: bool
    notes: tuple[str, ...] = ()


def value_fits(error: float, bracket: float, tolerance: float) -> bool:
    """The rule: an error, with the width of the truth, within a third of the tolerance."""
    return abs(error) + bracket <= tolerance / 3


def interval_holds(value: ClientValue) -> bool | None:
    """Whether the tool's own interval contains the truth; None if it states none."""
    if value.low is None or value.high is None:
        return None
    return value.low - value.bracket <= value.true <= value.high + value.bracket


def sound(made: LoadClient) -> bool:
    """Whether errors, verdicts and the outcome follow from the numbers beside them."""
    return made.passed == (bool(made.values) and all(one.fits for one in made.values)) and all(
        one.error == one.told - one.true
        and one.fits == value_fits(one.error, one.bracket, one.tolerance)
        and one.holds == interval_holds(one)
        for one in made.values
    )
