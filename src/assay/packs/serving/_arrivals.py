"""When requests are issued: the settings of a measurement file, the schedule made of them, and what it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final, Literal

from assay.packs.serving._tables import filled
from assay.uncertainty.schedules.arrivals import Schedule, constant, first, gamma, mmpp, poisson, replay, varying
from assay.uncertainty.schedules.hidden_states import states_fit
from assay.uncertainty.schedules.offered import Fit, gaps_fit, offered
from assay.uncertainty.schedules.profile import HOURS, Profile, days, profile, ramp, steps
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json, Record

Kind = Literal["constant", "poisson", "gamma", "mmpp", "profile", "replay", "closed"]

WHERE: Final = "[procedure]"

_NEEDS: Final[dict[Kind, tuple[str, ...]]] = {
    "constant": ("rate",), "poisson": ("rate",), "gamma": ("rate", "cv"), "mmpp": ("states",),
    "profile": ("profile",), "replay": (), "closed": (),
}  # fmt: skip
_MAY: Final[dict[Kind, tuple[str, ...]]] = {"profile": ("cv",)}

_COURSES: Final = {
    "day": ("trough", "peak", "hours", "period_s"),
    "week": ("trough", "peak", "hours", "period_s", "weekend"),
    "holiday": ("trough", "peak", "hours", "period_s", "weekend", "holidays", "holiday"),
    "steps": ("steps", "period_s"),
    "ramp": ("trough", "peak", "period_s"),
}
_PERIODIC: Final = ("day", "week", "holiday")
_MOST_TIMES: Final = 10_000  # a course is repeated no oftener
_NS: Final = 1e9


class State(Record, kw_only=True):
    """A state of a process whose rate changes by chance.

    Attributes:
        rate: requests per second in it.
        mean_s: mean time that it lasts, in seconds.
    """

    rate: float
    mean_s: float


class Course(Record, kw_only=True):
    """A rate over time.

    Attributes:
        kind: ``day``, ``week`` (five working days and a weekend), ``holiday`` (a week with holidays), ``steps`` or
            ``ramp``.
        trough: lowest rate of a working day, or the first of a ramp, in requests per second; without it, 0.
        peak: highest rate of a working day, or the last of a ramp, in requests per second.
        hours: rates at the 24 full hours of a working day, in place of trough and peak.
        steps: rates that follow each other, each for an equal part of the period.
        period_s: seconds that the course takes: a day in 120 s keeps its rates. Without it, a day has 86,400 s.
        weekend: rate of a day of the weekend, by that of a working day.
        holidays: which days of the week are holidays, from 0 for the first.
        holiday: rate of a holiday, by that of a working day.
    """

    kind: Literal["day", "week", "holiday", "steps", "ramp"]
    trough: float | None = None
    peak: float | None = None
    hours: tuple[float, ...] | None = None
    steps: tuple[float, ...] | None = None
    period_s: float | None = None
    weekend: float | None = None
    holidays: tuple[int, ...] | None = None
    holiday: float | None = None


@dataclass(frozen=True)
class Arrivals:
    """The settings that make a schedule, as they stand in a measurement file.

    Attributes:
        arrivals: ``constant``, ``poisson``, ``gamma``, ``mmpp``, ``profile``, ``replay`` or ``closed``.
        rate: requests per second, for constant, poisson and gamma.
        cv: standard deviation of the gaps by their mean, for gamma and, if it is not 1, for a profile.
        states: tables of the states for mmpp (fields of ``State``), which follow each other in turn.
        profile: table of a rate over time (fields of ``Course``).
    """

    arrivals: Kind = "poisson"
    rate: float | None = None
    cv: float | None = None
    states: tuple[dict[str, Json], ...] = ()
    profile: dict[str, Json] | None = None

    def check(self) -> None:
        """Refuse settings that make no sense, before anything is made.

        Raises:
            BadInput: ``arrivals.kind``, ``arrivals.needs``, ``arrivals.unused``, ``arrivals.unused_in``, or a table
                or number that cannot be.
        """
        if self.arrivals not in _NEEDS:
            raise BadInput("arrivals.kind", where=WHERE, got=repr(self.arrivals), known=", ".join(_NEEDS))
        needs = _NEEDS[self.arrivals]
        may = (*needs, *_MAY.get(self.arrivals, ()))
        given = {"rate": self.rate, "cv": self.cv, "states": self.states or None, "profile": self.profile}
        for key, value in given.items():
            if key in needs and value is None:
                raise BadInput("arrivals.needs", where=WHERE, kind=self.arrivals, key=key)
            if key not in may and value is not None:
                raise BadInput("arrivals.unused", where=WHERE, kind=self.arrivals, key=key)
        if self.profile is not None:
            _course(self.profile)
        self._states()

    def schedule(self, n: int, seed: int, at_s: Sequence[float] = ()) -> Schedule:
        """The schedule of a run.

        Of a rate over time, the first ``n`` arrivals are taken. A day or week is repeated as often as that needs;
        steps and ramps go on at their last rate. Nothing is scaled to fit.

        Args:
            n: number of requests, 2 or more.
            seed: of the generator, 0 or more; not used by constant and replay.
            at_s: for a replay, the times of the trace in seconds, n of them.
        Raises:
            BadInput: as for ``check``; ``arrivals.closed``; ``arrivals.no_times``; ``arrivals.few``; a number of
                requests, rate or time out of range.
        """
        self.check()
        if seed < 0:
            raise BadInput("setting.value", where=WHERE, key="seed", got=seed, expected="a whole number of 0 or more")
        rate, cv = self.rate or 0.0, 1.0 if self.cv is None else self.cv
        if self.arrivals == "constant":
            return constant(rate, n)
        if self.arrivals == "poisson":
            return poisson(rate, n, seed)
        if self.arrivals == "gamma":
            return gamma(rate, cv, n, seed)
        if self.arrivals == "mmpp":
            return mmpp(self._states(), n, seed)
        if self.arrivals == "profile":
            return first(varying(self._rate(n), seed, cv), n)
        if self.arrivals == "closed":
            raise BadInput("arrivals.closed", where=WHERE)
        if len(at_s) != n:
            raise BadInput("arrivals.no_times", where=WHERE, n=n, found=len(at_s))
        return replay(at_s)

    def statement(self, schedule: Schedule) -> dict[str, Json]:
        """What a schedule of these settings offers, as JSON with finite numbers.

        Args:
            schedule: made by ``schedule``.
        Returns:
            kind, seed, digest, n; ``rate_asked`` (null for a replay) and realised ``rate`` in requests per second;
            ``cv`` of the gaps; ``dispersion``: for windows of which twenty or more fit, index of dispersion for
            counts; ``largest_gap_s``; ``fit``: for random schedules, distance and p of a test of the gaps against
            the process that was asked for, otherwise null.
        """
        said = offered(schedule)
        fit = self._fit(schedule)
        return {
            "kind": schedule.kind, "seed": schedule.seed, "digest": schedule.digest, "n": said.n,
            "rate_asked": self._asked(schedule), "rate": said.rate, "cv": said.cv,
            "dispersion": [{"window_s": window, "index": index} for window, index in said.dispersion],
            "largest_gap_s": said.largest_gap_s,
            "fit": None if fit is None else {"distance": fit.distance, "p": fit.p},
        }  # fmt: skip

    def _fit(self, schedule: Schedule) -> Fit | None:
        if schedule.kind == "mmpp":
            return states_fit(schedule, self._states())
        if schedule.kind not in ("poisson", "gamma", "profile"):
            return None
        rate = self._rate(len(schedule.at_ns)) if schedule.kind == "profile" else self.rate or 0.0
        return gaps_fit(schedule, rate, 1.0 if self.cv is None else self.cv)

    def _asked(self, schedule: Schedule) -> float | None:
        if schedule.kind == "mmpp":
            states = self._states()
            return sum(rate * mean for rate, mean in states) / sum(mean for _, mean in states)
        if schedule.kind == "profile":
            last = schedule.at_ns[-1:] / _NS
            return float(self._rate(len(schedule.at_ns)).cumulative(last)[0] / last[0])
        return self.rate

    def _states(self) -> list[tuple[float, float]]:
        found = [filled(State, table, f"{WHERE} states, {place}") for place, table in enumerate(self.states, 1)]
        return [(state.rate, state.mean_s) for state in found]

    def _rate(self, n: int) -> Profile:
        """The course, repeated or prolonged until so many requests have surely come."""
        kind, course = _course(self.profile or {})
        cv = 1.0 if self.cv is None else self.cv
        enough = n + 8 * cv * sqrt(n) + 8 * cv**2 + 8
        if enough <= course.expected:
            return course
        if kind in _PERIODIC:
            return _repeated(course, ceil(enough / course.expected), n)
        last = float(course.rate[-1])
        if last <= 0:
            raise _few(course, n)
        on = course.duration_s + (enough - course.expected) / last
        return profile([*zip(course.at_s.tolist(), course.rate.tolist(), strict=True), (on, last)])


def _repeated(course: Profile, times: int, n: int) -> Profile:
    if times > _MOST_TIMES:
        raise _few(course, n)
    knots = list(zip(course.at_s.tolist(), course.rate.tolist(), strict=True))
    return profile([(at_s + course.duration_s * k, rate) for k in range(times) for at_s, rate in knots])


def _few(course: Profile, n: int) -> BadInput:
    expected, period_s = round(course.expected), f"{course.duration_s:g}"
    return BadInput("arrivals.few", where=WHERE, n=n, expected=expected, period_s=period_s)


def _course(table: dict[str, Json]) -> tuple[str, Profile]:
    """Kind and rate over one period."""
    where = f"{WHERE} profile"
    asked = filled(Course, table, where)
    may = _COURSES[asked.kind]
    for key in table:
        if key != "kind" and key not in may:
            raise BadInput("arrivals.unused_in", where=where, kind=asked.kind, key=key, known=", ".join(may))
    _check(asked, where)
    if asked.kind == "steps":
        rates, period_s = asked.steps or (), _needed(asked, "period_s", where)
        return asked.kind, steps([(period_s / len(rates), rate) for rate in rates])
    if asked.kind == "ramp":
        last = _needed(asked, "peak", where)
        return asked.kind, ramp(asked.trough or 0.0, last, _needed(asked, "period_s", where))
    weekend = 0.6 if asked.weekend is None else asked.weekend
    factors = [1.0] if asked.kind == "day" else [1.0] * 5 + [weekend] * 2
    off = ((2,) if asked.holidays is None else asked.holidays) if asked.kind == "holiday" else ()
    made = days(1.0, factors, _hours(asked, where), off, 0.4 if asked.holiday is None else asked.holiday)
    return asked.kind, made if asked.period_s is None else made.compressed(asked.period_s)


def _hours(asked: Course, where: str) -> tuple[float, ...]:
    """Rates at the full hours of a working day: those given, or the usual shape between trough and peak."""
    if asked.hours is not None:
        return asked.hours
    low, high = min(HOURS), max(HOURS)
    trough, peak = asked.trough or 0.0, _needed(asked, "peak", where)
    return tuple(trough + (peak - trough) * (hour - low) / (high - low) for hour in HOURS)


def _needed(asked: Course, key: str, where: str) -> float:
    value: float | None = getattr(asked, key)
    if value is None:
        raise BadInput("arrivals.needs", where=where, kind=asked.kind, key=key)
    return value


def _check(asked: Course, where: str) -> None:
    """Refuse numbers that cannot be, and hours beside trough and peak."""
    if asked.hours is not None and (asked.trough is not None or asked.peak is not None):
        raise BadInput("arrivals.unused_in", where=where, kind="hours", key="trough/peak", known="period_s")
    for key in ("trough", "peak", "weekend", "holiday"):
        value = getattr(asked, key)
        if value is not None and value < 0:
            raise BadInput("number.negative", where=where, key=key, got=value)
    if asked.period_s is not None and asked.period_s <= 0:
        raise BadInput("number.above_zero", where=where, key="period_s", got=asked.period_s)
    if asked.kind == "steps" and not asked.steps:
        raise BadInput("arrivals.needs", where=where, kind="steps", key="steps")
    if asked.kind != "ramp" and asked.peak is not None and (asked.trough or 0.0) > asked.peak:
        expected = f"{asked.trough:g} (the trough) or more"
        raise BadInput("setting.value", where=where, key="peak", got=asked.peak, expected=expected)
    if any(not 0 <= day < 7 for day in asked.holidays or ()):
        expected = "days of the week, 0 to 6"
        raise BadInput("setting.value", where=where, key="holidays", got=list(asked.holidays or ()), expected=expected)
