"""What a control chart says of a check standard that is measured again and again."""

from typing import Literal

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Record
from assay.vocabulary.result import Component, Note

Rule = Literal["beyond_3s", "two_of_three", "four_of_five", "eight_one_side", "six_trend", "ewma"]
LimitsFrom = Literal["moving_range", "u", "given"]


class ControlPoint(Record, kw_only=True):
    """One measurement of the check standard.

    Attributes:
        report: id of its report.
        run: its run.
        time: when it was begun (else issued), ISO 8601 UTC.
        value: in the measurand's unit.
        u: standard uncertainty, of all sources.
        u_own: of the sources that not all points have in common.
        sigma: standard deviation that the point is judged by.
        lower: lower limit.
        upper: upper limit.
        ewma: the moving average; ``ewma_lower`` and ``ewma_upper`` are its limits.
        trusted: whether the key that signed is trusted.
    """

    report: str
    run: str
    time: str
    value: float
    u: float
    u_own: float
    sigma: float
    lower: float
    upper: float
    ewma: float
    ewma_lower: float
    ewma_upper: float
    trusted: bool


class ControlSignal(Record, kw_only=True):
    """A rule that was broken.

    Attributes:
        rule: which.
        place: number of the point, from 0.
        side: 1 above the centre (or rising), -1 below (or falling).
        action: whether it calls for action, or only warns.
    """

    rule: Rule
    place: int
    side: int
    action: bool


class DriftLine(Record, kw_only=True):
    """A linear trend, with what it adds to the next budget.

    Attributes:
        slope: change a day, in the measurand's unit.
        u: its standard uncertainty, from the scatter about the line.
        dof: degrees of freedom.
        p: two-sided p value of no drift at all.
        days: time that the row of the budget is for.
        change: what the line foretells for that time.
        row: the row of the next budget, for a drift that is not corrected; ``share`` is that of a budget of the last
            point's u and this row.
    """

    slope: float
    u: float
    dof: float
    p: float
    days: float
    change: float
    row: Component


class Control(Record, kw_only=True):
    """A control chart.

    Attributes:
        title: of the first report.
        measurand: what is watched.
        material: name of the material.
        material_digest: its digest.
        limits_from: where centre and limits are from: ``moving_range``, ``u`` (stated uncertainties) or ``given``.
        centre: in the measurand's unit.
        baseline: number of first points that centre and limits were made from; 0 if they were given.
        ewma_weight: λ.
        ewma_width: limits of the moving average in its standard deviations.
        points: in order of time.
        signals: rules broken.
        drift: None for fewer than three points, or points of one time.
        notes: remarks.
    """

    title: str
    measurand: Measurand
    material: str
    material_digest: str
    limits_from: LimitsFrom
    centre: float
    baseline: int
    ewma_weight: float
    ewma_width: float
    points: tuple[ControlPoint, ...]
    signals: tuple[ControlSignal, ...]
    drift: DriftLine | None
    notes: tuple[Note, ...] = ()

    @property
    def in_control(self) -> bool:
        """Whether no rule that calls for action was broken."""
        return not any(signal.action for signal in self.signals)
