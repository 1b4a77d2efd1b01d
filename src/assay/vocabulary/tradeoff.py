"""Quality against cost: systems on a Pareto front, and policies that route requests between two systems."""

from typing import Literal

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note

Standing = Literal["front", "dominated", "cannot_tell"]
Verdict = Literal["better", "worse", "cannot_tell", "none"]
Kind = Literal["edge", "cloud", "tag", "threshold"]


class Stated(Record, kw_only=True):
    """A number with its interval; None for the interval where none can be stated."""

    value: float
    interval: tuple[float, float] | None = None


class Size(Record, kw_only=True):
    """How large a model is, as its card says.

    Attributes:
        subject: settings that tell the subject (``{model = "small"}``).
        source: where the sizes are known from.
        parameters: number of parameters; None if the card does not say.
        u_parameters: standard uncertainty of it; 0 where it was counted.
        bytes: size of the weights as they are run, in bytes; None if the card does not say.
        u_bytes: standard uncertainty of it.
    """

    subject: dict[str, Json]
    source: str
    parameters: float | None = None
    u_parameters: float = 0.0
    bytes: float | None = None
    u_bytes: float = 0.0


class ParetoPoint(Record, kw_only=True):
    """A system with both quantities.

    Attributes:
        title: of its first report.
        differs: settings of the subject that are not the same for all systems, as text.
        reports: digests of the envelopes it is from, hexadecimal.
        x: the quantity across.
        y: the quantity upwards.
        on_front: probability of being on the front.
        standing: what was shown at the risk that was taken.
        dominated_by: place of the system that most probably dominates it, from 0; None if none ever does.
        probability_dominated: by that one.
        size: its size, where an axis takes it.
    """

    title: str
    differs: dict[str, str]
    reports: tuple[str, ...]
    x: Stated
    y: Stated
    on_front: float
    standing: Standing
    dominated_by: int | None
    probability_dominated: float
    size: Size | None = None


class Pareto(Record, kw_only=True):
    """Systems on two quantities.

    Attributes:
        x: definition of the quantity across.
        y: definition of the quantity upwards.
        level: coverage probability of the intervals.
        risk: ``front`` and ``dominated`` are said where this is the largest probability of being wrong.
        draws: number of joint draws.
        seed: of the draws.
        points: the systems, in the order of the reports.
        shared: sources that results have in common; all else was drawn independently.
        notes: remarks on validity.
    """

    x: Measurand
    y: Measurand
    level: float
    risk: float
    draws: int
    seed: int
    points: tuple[ParetoPoint, ...]
    shared: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class Route(Record, kw_only=True):
    """A policy.

    Attributes:
        kind: what decides where a request goes.
        cloud: the run it sends requests on to; empty for the edge alone.
        told: the tag, or the reading with its threshold, as text; empty for others.
        share: of the requests that go to the cloud.
        quality: mean quality.
        cost: mean cost of a request.
        gain: quality above chance at the same mean cost; None where that says nothing.
        gain_if_lost: the value of ``gain`` with lost readings of quality as bad, and as good, for it as can be.
        to_cloud: quality less that of the cloud alone.
        saved: cost of the cloud alone less that of the policy.
        verdict: whether the gain was shown to be above or below 0.
    """

    kind: Kind
    cloud: str
    told: str
    share: float
    quality: Stated
    cost: Stated
    gain: Stated | None = None
    gain_if_lost: tuple[float, float] | None = None
    to_cloud: Stated | None = None
    saved: Stated | None = None
    verdict: Verdict = "none"


class Routing(Record, kw_only=True):
    """Policies on the same items.

    Attributes:
        quality: definition of the quality.
        cost: what is counted as the cost of a request, as a code or a measurand.
        unit: unit of the cost; empty if it has none.
        signal: the reading of the edge run that a threshold is on; empty if none.
        edge: the run on the edge.
        clouds: the runs in the cloud.
        level: coverage probability of each interval.
        seed: of the split and of the resampling.
        n_items: items that all policies were judged on.
        n_chosen_on: items that the threshold was chosen on; 0 if none was chosen.
        n_clusters: clusters of the items judged; None if every item stands alone.
        left_out: items that could not be judged, counted by reason.
        routes: the policies.
        notes: remarks on validity.
    """

    quality: Measurand
    cost: str
    unit: str
    signal: str
    edge: str
    clouds: tuple[str, ...]
    level: float
    seed: int
    n_items: int
    n_chosen_on: int
    n_clusters: int | None
    left_out: dict[str, int]
    routes: tuple[Route, ...]
    notes: tuple[Note, ...] = ()
