"""What is signed."""

from typing import Final

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Procedure
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Decision, Note, Result
from assay.vocabulary.status import Status

PREDICATE_TYPE: Final = "urn:assay:report:1"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


class LaboratoryMark(Record, kw_only=True):
    """Who issues the report.

    Attributes:
        name: name of the laboratory, empty if it has none.
        key_id: SHA-256 of the raw Ed25519 public key, hexadecimal.
        public_key: the raw public key, base64; carrying it here proves nothing, trust is given elsewhere.
    """

    name: str
    key_id: str
    public_key: str


class Particulars(Record, kw_only=True):
    """What only people know of a measurement; empty where they did not say.

    Attributes:
        laboratory: name of the laboratory.
        location: where it is performed.
        customer: for whom.
        authorised_by: who authorises the report.
    """

    laboratory: str = ""
    location: str = ""
    customer: str = ""
    authorised_by: str = ""


class SubjectRecord(Record, kw_only=True):
    """The thing measured: its identity as used for keys, and the digest of that."""

    identity: dict[str, Json]
    digest: str


class MaterialRecord(Record, kw_only=True):
    """The reference material.

    Attributes:
        same_content: ids of items that ask the same and expect the same, grouped; empty if there are none.
        leaves: of a sealed material, the leaf of each item under the root that ``source`` names; empty for others.
    """

    name: str
    version: str
    licence: str
    source: str
    digest: str
    certificate: str | None
    n_items: int
    same_content: tuple[tuple[str, ...], ...] = ()
    leaves: tuple[str, ...] = ()


class InstrumentRecord(Record, kw_only=True):
    """An instrument as used for one measurand."""

    part: str
    version: int
    settings: dict[str, Json]
    measurand: str
    certificate: str | None = None


class LostReason(Record, kw_only=True):
    """How many readings of a measurand were lost, with which status and for which reason."""

    measurand: str
    status: Status
    reason: str
    n: int


class Example(Record, kw_only=True):
    """One trial shown to the reader; texts are cut to a stated length and are hostile until escaped."""

    measurand: str
    item: str
    variant: str
    repeat: int
    prompt: str
    output: str
    reference: str
    status: Status
    value: float | None
    note: str


class Judged(Record, kw_only=True):
    """What one judge was asked, and what that took.

    Attributes:
        judge: its name, for people.
        identity: digest of its identity.
        answers: number of its answers, failed ones included; the same question about a response counts once.
        failed: of them, those without an answer.
        attempts: number of requests, repeated ones included.
        usage: sums of counted units, such as ``input_tokens``.
        served: what it said it was, each with its number of answers.
        cost: by its own price table, else by that of the measurement; None if there was none.
        currency: of the cost; empty without one.
    """

    judge: str
    identity: str
    answers: int
    failed: int
    attempts: int
    usage: dict[str, int] = {}
    served: tuple[tuple[dict[str, str], int], ...] = ()
    cost: float | None = None
    currency: str = ""


class Conditions(Record, kw_only=True):
    """Under which conditions the responses were had.

    Attributes:
        begin: when the first response arrived, ISO 8601 UTC; empty if none did.
        end: when the last one did.
        responses: number of responses, failed ones included.
        attempts: number of requests, repeated ones included.
        served: what the subject said it was (model, ``system_fingerprint``), each with its number of responses.
        usage: sums of counted units, such as ``input_tokens``.
        cost: by the price table, None if there was none.
        latency_s: quantiles of the time to a whole answer, by name (``p50``, ``p95``), in seconds.
        judges: what each judge was asked; empty where nothing was read by asking.
    """

    begin: str
    end: str
    responses: int
    attempts: int
    served: tuple[tuple[dict[str, str], int], ...] = ()
    usage: dict[str, int] = {}
    cost: float | None = None
    latency_s: dict[str, float] = {}
    judges: tuple[Judged, ...] = ()


class ObservationsRecord(Record, kw_only=True):
    """What verification recomputes from.

    Attributes:
        digest: SHA-256 over all rows, times excluded.
        responses: SHA-256 over the digests of all responses, in the order of the plan.
        n: number of rows.
        verdicts: SHA-256 over the judges' answers, in the order of the plan; empty where nobody was asked.
    """

    digest: str
    responses: str
    n: int
    verdicts: str = ""


class Report(Record, kw_only=True):
    """A measurement report, in the manner of ISO/IEC 17025 7.8.

    Attributes:
        id: unique identification.
        title: title of the measurement.
        run: the run it reports.
        issued: date and time of issue, ISO 8601 UTC.
        software: versions and processor family, for recomputation.
        location: where it was performed, as the measurement file says.
        customer: for whom, as the measurement file says.
        authorised_by: who authorises the report, as the measurement file says.
        amends: id of the report that this one replaces; None if it replaces none.
    """

    format: int = 1
    id: str
    title: str
    run: str
    issued: str
    laboratory: LaboratoryMark
    subject: SubjectRecord
    material: MaterialRecord
    procedure: Procedure
    measurands: dict[str, Measurand]
    instruments: tuple[InstrumentRecord, ...]
    results: tuple[Result, ...]
    decisions: tuple[Decision, ...]
    lost: tuple[LostReason, ...]
    examples: tuple[Example, ...]
    conditions: Conditions
    observations: ObservationsRecord
    software: dict[str, str]
    notes: tuple[Note, ...] = ()
    location: str = ""
    customer: str = ""
    authorised_by: str = ""
    amends: str | None = None
