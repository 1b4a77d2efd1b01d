"""What a part must be able to do. Parts match by shape; nothing is inherited."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations, Reading, Response, Trial
from assay.vocabulary.procedure import Limits, Plan, Variant
from assay.vocabulary.record import Json
from assay.vocabulary.result import Result


@runtime_checkable
class MaterialPart(Protocol):
    """Brings reference material."""

    def load(self, folder: Path) -> Material:
        """Read the items; relative paths are meant from ``folder``. Raises ``BadInput`` naming place and reason."""
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
