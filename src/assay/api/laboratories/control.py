"""A control chart of a check standard from the signed reports of its measurements."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite, sqrt
from pathlib import Path
from typing import Final, Literal

import msgspec

from assay.api.keys import trusted
from assay.api.laboratories.gathered import Gathered, differing, gathered, methods, once, owns, same
from assay.api.runs import opened
from assay.reports.envelope import read_signed
from assay.store.laboratory import Laboratory, writing
from assay.uncertainty.charts import control as charts
from assay.uncertainty.laboratories.reference_material import p_of_trend
from assay.vocabulary.control import Control, ControlPoint, ControlSignal, DriftLine, LimitsFrom
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record
from assay.vocabulary.result import Component, Note

_ENOUGH: Final = 10
"""From so many points on, limits are made from moving ranges unless something else is asked for."""
_GOOD: Final = 20
_DAY_S: Final = 86_400.0


class Asked(Record, kw_only=True):
    """How a check standard is to be watched.

    Attributes:
        measurand: what to watch; by default the first one of the first report that all have.
        limits: where limits come from: ``moving_range``, ``u`` (the stated uncertainties, each point by its own), or
            ``auto``: moving ranges from ten points on.
        centre: a known value of the check standard; with ``sigma``.
        sigma: its known standard deviation, above 0.
        baseline: number of first points that centre and limits are made from; by default all.
        weight: λ of the moving average, above 0 and at most 1.
        days: time that the drift's row of the budget is for; by default the mean time between two checks.
        allow_untrusted: take reports whose key is not trusted as well; they are marked.
    """

    measurand: str | None = None
    limits: Literal["auto", "moving_range", "u"] = "auto"
    centre: float | None = None
    sigma: float | None = None
    baseline: int | None = None
    weight: float = charts.LAMBDA
    days: float | None = None
    allow_untrusted: bool = False


def control(reports: Sequence[str | Path], lab: str | Path = ".assay", asked: Asked | None = None) -> Control:
    """The control chart of a check standard.

    Args:
        reports: signed reports of the same measurement on different occasions, in any order; or the name of one run of
            the laboratory, for all finished runs of its measurement.
        lab: folder of the laboratory, for its trusted keys and its runs.
        asked: how to watch.
    Raises:
        VerificationFailed: a report was changed, or its key is not trusted.
        BadInput: fewer than two points, different materials or measurands, no limits.
    """
    wanted = asked or Asked()
    _check(wanted)
    entries = gathered(_files(reports, lab), trusted(Laboratory(Path(lab)).keys), wanted.measurand,
                       wanted.allow_untrusted)  # fmt: skip
    if len(entries) < 2:
        raise BadInput("number.few", where="control", n=len(entries), least=2)
    once(entries)
    for entry in entries[1:]:
        same(entries[0], entry)
    return _charted(sorted(entries, key=_order), wanted)


def render(made: Control, language: str, path: Path) -> Path:
    """Write a chart as a page, and return where."""
    from assay.reports.control_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language), encoding="utf-8")
    return path.resolve()


def _check(asked: Asked) -> None:
    if (asked.centre is None) != (asked.sigma is None) or (asked.centre is not None and asked.limits != "auto"):
        raise BadInput("control.given")
    if asked.days is not None and not (asked.days > 0 and isfinite(asked.days)):
        raise BadInput("number.above_zero", where="control", key="days", got=repr(asked.days))


def _files(reports: Sequence[str | Path], lab: str | Path) -> list[tuple[str, bytes]]:
    """The reports themselves, or the latest report of every finished run of a measurement."""
    if len(reports) == 1 and not Path(reports[0]).exists() and not str(reports[0]).endswith(".json"):
        if not Laboratory(Path(lab)).has_store():
            raise BadInput("control.one_run", name=str(reports[0]))
        with opened(lab) as store:
            runs = [run for run in store.runs(store.run(str(reports[0])).base) if run.state == "complete"]
            issued = [(run.name, store.reports(run.name)) for run in runs]
            return [(name, envelopes[-1][1]) for name, envelopes in issued if envelopes]
    return [(str(path), read_signed(path)) for path in reports]


def _time(entry: Gathered) -> str:
    """When the measurement was begun; when its report was issued if that is not known."""
    return entry.report.conditions.begin or entry.report.issued


def _order(entry: Gathered) -> tuple[str, str, int]:
    """Times are kept to the second; occasions of one measurement are numbered."""
    return _time(entry), entry.report.issued, entry.report.procedure.plan.occasion


def _charted(entries: Sequence[Gathered], asked: Asked) -> Control:
    own = [part.u for part in owns(entries)]
    chart, limits = _chart([entry.value for entry in entries], own, asked)
    average = charts.ewma(chart, asked.weight)
    first = entries[0]
    points = tuple(
        ControlPoint(
            report=entry.report.id, run=entry.report.run, time=_time(entry), value=entry.value, u=entry.u,
            u_own=own[i], sigma=float(chart.sigma[i]), lower=float(chart.lower[i]), upper=float(chart.upper[i]),
            ewma=float(average.values[i]), ewma_lower=float(average.lower[i]), ewma_upper=float(average.upper[i]),
            trusted=entry.trusted,
        )
        for i, entry in enumerate(entries)
    )  # fmt: skip
    found = charts.signals(chart, average)
    line = _drift(entries, own, asked)
    return Control(
        title=first.report.title, measurand=first.measurand, material=first.report.material.name,
        material_digest=first.report.material.digest, limits_from=limits, centre=chart.centre,
        baseline=chart.baseline, ewma_weight=asked.weight, ewma_width=charts.EWMA_WIDTH, points=points,
        signals=tuple(
            ControlSignal(rule=one.rule, place=one.place, side=one.side, action=one.rule in charts.ACTION)
            for one in found
        ),
        drift=line, notes=tuple(_notes(entries, limits, chart.baseline, line)),
    )  # fmt: skip


def _chart(values: list[float], own: list[float], asked: Asked) -> tuple[charts.Chart, LimitsFrom]:
    if asked.centre is not None and asked.sigma is not None:
        return charts.given(values, asked.centre, asked.sigma), "given"
    n = len(values) if asked.baseline is None else asked.baseline
    varied = len(set(values[:n])) > 1
    if asked.limits == "moving_range" or (asked.limits == "auto" and n >= _ENOUGH and varied):
        return charts.individuals(values, asked.baseline), "moving_range"
    return charts.by_uncertainty(values, own, asked.baseline), "u"


def _drift(entries: Sequence[Gathered], own: Sequence[float], asked: Asked) -> DriftLine | None:
    """The trend, with its row of the next budget; None where no trend can be seen."""
    try:
        moments = [datetime.fromisoformat(_time(entry)).timestamp() / _DAY_S for entry in entries]
    except ValueError:  # whoever wrote the report did not write a time
        return None
    span = max(moments) - min(moments)
    if len(entries) < 3 or span == 0:
        return None
    times = [at - moments[0] for at in moments]
    line = charts.trend(times, [entry.value for entry in entries])
    p = p_of_trend(line)
    if line.u == 0:  # all points on one line: no scatter was seen, which is not to say that there is none
        moved = [at - line.time for at in times]
        squares = sum(step**2 for step in moved)
        line = line._replace(u=sqrt(sum((step * u) ** 2 for step, u in zip(moved, own, strict=True))) / squares)
        p = p_of_trend(line)
    days = asked.days if asked.days is not None else span / (len(entries) - 1)
    added = charts.drift(line, days)
    last = entries[-1]
    row = Component(
        source=f"drift:{last.report.subject.digest[:16]}:{last.result.measurand}", label="drift", kind="A", u=added.u,
        dof=added.dof, share=added.u**2 / (added.u**2 + last.u**2),
    )  # fmt: skip
    return DriftLine(slope=line.slope, u=line.u, dof=line.dof, p=p, days=days, change=added.change, row=row)


def _notes(
    entries: Sequence[Gathered], limits: LimitsFrom, baseline: int, line: DriftLine | None
) -> list[Note]:
    reports = [entry.report for entry in entries]
    found = []
    if limits == "moving_range" and baseline < _GOOD:
        found.append(Note(code="few_points", values={"n": baseline}))
    if keys := differing(reports):
        found.append(Note(code="subjects_differ", values={"names": ", ".join(keys)}))
    if methods(reports) > 1:
        found.append(Note(code="procedures_differ"))
    if len({report.laboratory.key_id for report in reports}) > 1:
        found.append(Note(code="several_laboratories"))
    if line is None:
        found.append(Note(code="no_drift"))
    if not all(entry.trusted for entry in entries):
        found.append(Note(code="untrusted"))
    return found


def to_json(made: Control) -> dict[str, object]:
    """What ``--json`` prints."""
    return {**msgspec.to_builtins(made), "in_control": made.in_control}
