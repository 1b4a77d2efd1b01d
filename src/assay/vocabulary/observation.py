"""From trial to observation: what was put, what came back, what was read."""

from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.vocabulary.material import Item
from assay.vocabulary.procedure import Variant
from assay.vocabulary.record import Json, Record
from assay.vocabulary.status import STATUSES, Status


class Trial(NamedTuple):
    """One planned asking. ``item_index`` and ``variant_index`` count from 0, ``repeat`` from 1."""

    item_index: int
    variant_index: int
    repeat: int
    seed: int
    item: Item
    variant: Variant


class Response(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a subject gave back.

    Attributes:
        status: ``ok``, ``refused``, ``subject_failed`` or ``not_run``.
        output: text or any JSON; None if there is none.
        note: reason of a status that is not ``ok``, or a remark.
        finish: why the output ended (``stop``, ``length``), as the subject says; empty if it does not.
        usage: counted units, such as ``input_tokens`` and ``output_tokens``.
        served: what the subject says it is (model, ``system_fingerprint``).
        latency_s: seconds from asking to the whole answer, of the last attempt.
        attempts: how often it was asked until this came back.
        at_s: when it arrived, seconds since 1970 UTC.
    """

    status: Status
    output: Json = None
    note: str = ""
    finish: str = ""
    usage: dict[str, int] = {}
    served: dict[str, str] = {}
    latency_s: float | None = None
    attempts: int = 1
    at_s: float | None = None

    def content(self) -> list[Json]:
        """What the response says, without when and how it came: this is what its digest covers."""
        return [self.status, self.output, self.note, self.finish, self.usage, self.served]


class Reading(Record, kw_only=True, gc=False):
    """A number read from a response, or the reason why there is none.

    Attributes:
        value: the number; None unless ``status`` is ``ok``.
        status: what became of the reading.
        note: a remark, or the reason of a status that is not ``ok``.
    """

    value: float | None = None
    status: Status = "ok"
    note: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.value is None) == (self.status == "ok"):
            raise ValueError(f"a reading is a number or a reason: value {self.value}, status {self.status!r}")


class Observation(Record, kw_only=True):
    """One row of the account: one item × repeat × variant × channel."""

    run: str
    measurand: str
    item: str
    group: str | None
    variant: str
    repeat: int
    status: Status
    value: float | None
    note: str
    response: str | None
    reading: str | None


class Observations(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one channel as columns; all arrays have shape (rows,), in the order of the plan.

    Attributes:
        item: place of the item in the material, int32.
        variant: place of the variant in the plan, int16.
        repeat: counts from 1, int16.
        status: place in ``STATUSES``, int8.
        value: the readings, float64; meaningful only where ``status`` is 0 (``ok``).
    """

    item: npt.NDArray[np.int32]
    variant: npt.NDArray[np.int16]
    repeat: npt.NDArray[np.int16]
    status: npt.NDArray[np.int8]
    value: npt.NDArray[np.float64]

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """True for the rows that hold a number."""
        return np.equal(self.status, 0)

    def counts(self) -> dict[str, int]:
        """How many rows have each status; statuses that do not occur are left out."""
        numbers = np.bincount(self.status, minlength=len(STATUSES))
        return {name: int(n) for name, n in zip(STATUSES, numbers, strict=True) if n}
