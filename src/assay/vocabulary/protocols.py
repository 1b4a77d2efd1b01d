"""What a part must be able to do. Parts match by shape; nothing is inherited."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from assay.vocabulary.certificate import JudgeCertificate, Scope
from assay.vocabulary.imported import Told
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations, Reading, Response, Trial
from assay.vocabulary.procedure import Channel, Limits, PartUse, Plan, Variant
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import Conditions
from assay.vocabulary.result import Note, Result


@runtime_checkable
class MaterialPart(Protocol):
    """Brings reference material."""

    def load(self, folder: Path) -> Material:
        """Read the items; relative paths are meant from ``folder``. Raises ``BadInput`` naming place and reason."""
        ...


@runtime_checkable
class Generator(Protocol):
    """A seeded procedure that makes items without limit; its fields are the factors of difficulty."""

    @property
    def dimension(self) -> str:
        """What the items are about, such as ``reasoning``."""
        ...

    @property
    def skill(self) -> str:
        """The sub-skill that they need."""
        ...

    @property
    def instrument(self) -> str:
        """The part that reads the answers, with its default settings."""
        ...

    def make(self, rng: Random, language: str) -> Item:
        """One item, without an id; the same for the same state of ``rng``."""
        ...


@runtime_checkable
class Answers(Generator, Protocol):
    """A generator whose references are no answers themselves (tests, constraints), and that can answer its items."""

    def answer(self, rng: Random, language: str) -> Json:
        """An output that is right for the item that ``make`` gives from the same state of ``rng``."""
        ...


@runtime_checkable
class Grouped(Generator, Protocol):
    """A generator whose items belong together, such as an original and its disturbed twin."""

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The items that belong together; the last one is that of ``make``."""
        ...


@runtime_checkable
class Finite(Generator, Protocol):
    """A generator of so few items that all of them can be asked: its population is known, and so is a true score."""

    def size(self, language: str) -> int:
        """Items that there are, all of them different."""
        ...

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0 to ``size`` less one, without an id."""
        ...


@runtime_checkable
class Subject(Protocol):
    """The thing measured."""

    def identity(self) -> dict[str, Json]:
        """Everything about this subject that may change its answers; no secrets, nothing about speed."""
        ...

    async def open(self, limits: Limits) -> None:
        """Prepare (connections, models). Raises ``SubjectUnusable`` if nothing can ever come of it."""
        ...

    async def respond(self, stimulus: Json, seed: int) -> Response:
        """Answer once. Raises ``Transient`` if asking again may help, ``Fatal`` if asking at all cannot."""
        ...

    async def close(self) -> None:
        """Let go of everything that ``open`` took."""
        ...


@runtime_checkable
class Bench(Protocol):
    """The rig that brings item and subject together."""

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the subject is given for this item in this variant."""
        ...

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Carry out one trial."""
        ...


class Brought(NamedTuple):
    """What the rig of another tool brings to a measurement.

    Attributes:
        bench: the rig, ready to be opened.
        use: its name and settings, with all that makes its task what it is (versions, digests).
        material: the items of its task.
        channels: one for each score that it is known to give.
        repeats: how often it means each item to be put.
        notes: what every report must say of it.
        complete: whether it is known to give no other scores.
    """

    bench: "Foreign"
    use: PartUse
    material: Material
    channels: tuple[Channel, ...]
    repeats: int
    notes: tuple[Note, ...]
    complete: bool = False


@runtime_checkable
class Foreign(Bench, Protocol):
    """The rig of another tool, which has items and scores of its own."""

    @property
    def tool(self) -> str:
        """Name of the tool, as the room ``exchange`` knows it."""
        ...

    @property
    def trial_timeout_s(self) -> float:
        """Seconds allowed to one trial, in which the subject may be asked many times."""
        ...

    def bring(self, folder: Path, told: Callable[[bytes], Told]) -> Brought:
        """Find the task; relative paths are meant from ``folder``, and ``told`` reads a row of the tool's log.

        Raises ``BadInput`` for a task that is not there or cannot be loaded, or a tool that is not installed.
        """
        ...

    async def open(self, limits: Limits) -> None:
        """Set up; the subject is open already."""
        ...

    async def close(self) -> None:
        """Take down; the subject is still open."""
        ...


@runtime_checkable
class Instrument(Protocol):
    """Turns a response into a number."""

    @property
    def version(self) -> int:
        """Raised when the same response may be read differently."""
        ...

    @property
    def needs_reference(self) -> bool:
        """Whether an item without a reference value cannot be read."""
        ...

    def check(self, item: Item) -> str:
        """Why this item can never be read by this instrument, or an empty string."""
        ...

    async def read(self, item: Item, response: Response) -> Reading:
        """Read one response whose status is ``ok`` or ``refused``. Never raises for what a subject wrote."""
        ...


class Question(NamedTuple):
    """One thing that an instrument asks a judge.

    Attributes:
        judge: place among the instrument's ``subjects()``.
        stimulus: what the judge is given.
        draw: tells questions apart that have the same words and want answers of their own; part of the seed.
    """

    judge: int
    stimulus: Json
    draw: int = 0


@runtime_checkable
class Asks(Instrument, Protocol):
    """An instrument that asks: it turns a response into questions, and the answers into a reading."""

    @property
    def certificate(self) -> str:
        """Digest of the certificate that it is used with; empty if none."""
        ...

    @property
    def uncalibrated(self) -> bool:
        """Whether it may be used without a certificate."""
        ...

    @property
    def relative(self) -> str:
        """Why a judge may be the subject's near relative; empty if it may not."""
        ...

    @property
    def identities(self) -> tuple[str, ...]:
        """Digest of the identity of each judge, in the order of ``subjects()``."""
        ...

    def subjects(self) -> tuple[PartUse, ...]:
        """The models that judge."""
        ...

    def questions(self, item: Item, response: Response) -> tuple[Question, ...]:
        """What to ask which judge, in order; the same for the same item and response. None if nothing need be asked."""
        ...

    def verdict(self, item: Item, response: Response, answers: Sequence[Response]) -> Reading:
        """The answers, in the order of the questions, as a reading. Never raises for what a judge wrote."""
        ...

    def scope(self) -> Scope:
        """What a certificate must be for. Raises ``BadInput`` for settings that no judge can have."""
        ...

    def correction(self, certificate: JudgeCertificate, sha256: str) -> PartUse:
        """The estimator that corrects by this certificate, with its numbers and its digest as settings."""
        ...


@runtime_checkable
class Ranks(Instrument, Protocol):
    """An instrument that reads how several responses were ranked, besides a number."""

    def ranking(self, item: Item, response: Response) -> tuple[int, ...] | Reading:
        """Places in which they were shown, best first, nothing for a tie; or why there is no verdict."""
        ...


@runtime_checkable
class Jury(Asks, Protocol):
    """An instrument that asks several judges the same, and can tell their votes apart."""

    @property
    def graded(self) -> bool:
        """Whether votes are grades, not passes and failures."""
        ...

    @property
    def latent(self) -> bool:
        """Whether the votes are combined by a model of the whole run, and not reading by reading."""
        ...

    def votes(self, answers: Sequence[Response]) -> Sequence[float | Reading]:
        """The vote of each judge, from 0 to 1, or the reading that says why there is none."""
        ...

    def uncorrected(self) -> PartUse | None:
        """The estimator that its readings need without a certificate; None for the mean."""
        ...


class Task(Protocol):
    """What an estimator is told besides the rows."""

    @property
    def measurand(self) -> Measurand: ...
    @property
    def plan(self) -> Plan: ...


@runtime_checkable
class Estimator(Protocol):
    """The only place where rows become a number."""

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget."""
        ...

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """The observations with every lost reading as low, or as high, for the measurand as it can be.

        None if no such reading can be named; the lost readings are then not bounded, and nothing is decided.
        """
        ...


@runtime_checkable
class Corrects(Protocol):
    """An estimator that corrects the mean of a judge's readings by the judge's certificate, as a line of that mean."""

    def raw(self, value: float) -> float:
        """The mean of the judge's readings that belongs to a corrected value."""
        ...

    @property
    def slope(self) -> float:
        """Change of the corrected value by the mean of the readings."""
        ...

    def floor(self, value: float) -> float:
        """The standard uncertainty that the certificate leaves however much is read, at a corrected value."""
        ...

    @property
    def cases(self) -> int:
        """Number of calibration cases behind the certificate."""
        ...


@runtime_checkable
class Denominates(Estimator, Protocol):
    """An estimator whose settings know the unit of its results: a cost is in the currency of its price."""

    def unit(self) -> str:
        """The unit, in place of the measurand's own."""
        ...


@runtime_checkable
class DesignCheck(Protocol):
    """An estimator that can tell before anything is asked that a design gives it nothing to estimate from."""

    def check(self, task: Task, material: Material) -> None:
        """Raises ``BadInput`` naming what the design lacks."""
        ...


class RunRecord(Record, kw_only=True):
    """One run as the store keeps it.

    Attributes:
        name: the first 12 digits of a digest.
        base: digest of subject, material and procedure; runs that repeat a measurement share it.
        occasion: 1 for the first run of a measurement.
        title: title of the measurement when it was begun.
        planned: number of responses.
        manifest: JSON of all that is needed to go on from here.
        state: ``observing`` or ``complete``.
        created_s: when it was begun, seconds since 1970 UTC.
    """

    name: str
    base: str
    occasion: int
    title: str
    planned: int
    manifest: bytes
    state: str = "observing"
    created_s: float = 0.0


class ReadRow(NamedTuple):
    """A reading on its way into the store: place of its channel, its trial, key of its response, what was read."""

    channel: int
    trial: Trial
    key: bytes
    reading: Reading


class Store(Protocol):
    """What the line needs of a store; ``store/sqlite.py`` says what each does."""

    def keep_responses(self, responses: Iterable[tuple[bytes, Response]]) -> None: ...
    def has_responses(self, keys: Sequence[bytes]) -> set[bytes]: ...
    def responses(self, keys: Sequence[bytes]) -> list[Response | None]: ...
    def channel(self, run: str, reading: str) -> int | None: ...
    async def keep_readings(
        self, run: str, channels: Sequence[tuple[Channel, str]], rows: AsyncIterator[list[ReadRow]]
    ) -> list[int]: ...
    def observations(self, channel: int) -> Observations: ...
    def rows(self, channel: int) -> Iterator[tuple[int, int, int, int, float | None, str, bytes, bytes]]: ...
    def lost(self, channel: int) -> list[tuple[int, str, int]]: ...
    def conditions(self, channel: int) -> Conditions: ...
