"""Parts that take the trials of a restart all at once: a schedule of requests cannot be carried out one by one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from assay.vocabulary.material import Item
from assay.vocabulary.observation import Observations, Reading, Response, Trial
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Bench, Estimator, Instrument, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note, Result


class Destination(NamedTuple):
    """Where a subject takes its requests.

    Attributes:
        url: the whole address of a request.
        headers: of every request, secrets included: never to be kept.
        ca_file: PEM file of the authorities to trust instead of the system's; empty for those.
    """

    url: str
    headers: Mapping[str, str]
    ca_file: str = ""


@runtime_checkable
class Streams(Subject, Protocol):
    """A subject that streams its answers over HTTP, so that somebody else may send the requests and take the times."""

    def destination(self) -> Destination:
        """Where requests go. Raises ``BadInput`` for an address that a load client cannot use."""
        ...

    def streamed(self, stimulus: Json, seed: int) -> bytes:
        """Body of a request for a streamed answer. Raises ``Permanent`` for what is no stimulus."""
        ...


class Stage(NamedTuple):
    """What a bench is doing in a restart, for whoever waits for it.

    Attributes:
        code: its name; words are ``progress.stage.<code>`` in ``words/<language>/commands.toml``.
        seconds: about how long it takes; None where that is not known.
        so_far: how many of the trials were sent, and how many of these answered; None where that is not known.
    """

    code: str
    seconds: float | None = None
    so_far: Callable[[], tuple[int, int]] | None = None


@runtime_checkable
class Offers(Bench, Protocol):
    """A bench that carries out all trials of one repeat together: what a subject notices is the whole schedule."""

    async def offer(
        self, trials: Sequence[Trial], stimuli: Sequence[Json], subject: Subject,
        tell: Callable[[Stage], None] = lambda stage: None,
    ) -> list[Response]:
        """Carry out one restart; a response for each trial, in their order, failures included.

        Args:
            trials: all of one repeat.
            stimuli: what is put in each.
            subject: what is measured.
            tell: told, from any thread, what is done now.
        """
        ...

    def answer(self, response: Response) -> Response:
        """The response as an instrument sees it that reads one answer: without the times."""
        ...

    def remarks(self, restarts: Iterable[Sequence[Response]]) -> tuple[Note, ...]:
        """What a report is to say of the restarts, made from the responses of each alone, so that it can be made again.

        The code of each begins with the name of the bench's pack and a dot.
        """
        ...


@runtime_checkable
class ReadsWhole(Instrument, Protocol):
    """An instrument that reads the responses of a restart together, since a reading depends on the others."""

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> Sequence[Reading]:
        """A reading for each response, in their order, whatever their status. Never raises for what a subject did."""
        ...

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with what the restarts found out about this instrument (its error, by calibration) as settings.

        Args:
            estimator: the estimator of its channel.
            firsts: the first response of each restart, which has what belongs to all of them.
        """
        ...


@runtime_checkable
class ReadsBeside(ReadsWhole, Protocol):
    """An instrument of whole restarts that also takes what another instrument reads of each answer by itself."""

    @property
    def reader(self) -> Instrument | None:
        """The other one; None where it is not needed."""
        ...

    def read_beside(
        self, items: Sequence[Item], responses: Sequence[Response], readings: Sequence[Reading]
    ) -> Sequence[Reading]:
        """As ``read_whole``, with the other's reading of each response."""
        ...


class Growth(NamedTuple):
    """How the number of requests in progress grew in a run after its start; all in requests.

    Attributes:
        gained: requests in progress at its end beyond those at its beginning.
        gained_u: standard uncertainty of that, were the subject just able to answer what is asked.
        short: answers that lack to the load that was planned; None where no rate was.
        short_u: standard uncertainty of that.
    """

    gained: float
    gained_u: float
    short: float | None
    short_u: float


class Loaded(NamedTuple):
    """What one restart put on a subject.

    Attributes:
        rate: requests a second that its schedule really had; None where requests waited for answers (a closed loop).
        schedule: digest of the schedule; empty where there was none.
        concurrency: greatest number of requests in progress.
        unsteady: code of the reason why there was no steady part; empty if there was one.
        overloaded: there was none because more was asked than could be answered.
        refused: codes of the reasons why its times may not be relied upon; empty if they may.
        growth: of the requests in progress; None where no steady part was sought.
    """

    rate: float | None
    schedule: str
    concurrency: int
    unsteady: str
    overloaded: bool
    refused: tuple[str, ...]
    growth: Growth | None = None


class Lasting(NamedTuple):
    """About how long a restart takes; what the subject takes to answer after the last request is not counted.

    Attributes:
        schedule_s: seconds of its schedule and of its trial; None where requests wait for answers (a closed loop).
        beside_s: seconds of what is done before and after, such as calibrating.
    """

    schedule_s: float | None
    beside_s: float


@runtime_checkable
class Loads(Offers, Protocol):
    """A bench that puts a load on a subject, and can say of a restart what that load was."""

    def lasting(self, trials: Sequence[Trial], stimuli: Sequence[Json]) -> Lasting:
        """About how long a restart takes, before it is made.

        Args:
            trials: all of one repeat.
            stimuli: what is put in each.
        """
        ...

    def loaded(self, responses: Sequence[Response]) -> Loaded | None:
        """What a restart put on the subject; None where its responses do not say.

        Args:
            responses: all of one restart, in the order of the schedule.
        """
        ...


@runtime_checkable
class Forewarns(Estimator, Protocol):
    """An estimator that can tell beforehand what a plan is too small to say."""

    def forewarned(self, planned: int) -> Note | None:
        """What a result will lack; None where nothing that the plan decides.

        Args:
            planned: how many readings there are to be, of all repeats.
        """
        ...


@runtime_checkable
class Dependent(Estimator, Protocol):
    """An estimator of readings that depend on those before them.

    Two of its results are compared by the intervals of each, not item by item: that an item was slow says less of the
    item than of the requests before it.
    """

    def influence(
        self, observations: Observations, result: Result
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """Which rows the result rests on, and a number for each whose means over stretches of a run move the result.

        Args:
            observations: the rows of the channel.
            result: what was made of them.
        Returns:
            Both of shape (rows,): true for the rows that count, and their numbers.
        """
        ...
