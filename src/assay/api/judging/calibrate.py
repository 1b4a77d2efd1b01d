"""Calibrate a judge: the same line, with the judge as the subject and cases of known verdict as the material."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from assay.api._certificates import keep, today
from assay.api.arena.judging import judging
from assay.api.judging import numbers as numbers
from assay.api.judging.judges import identity_digest, judge_prices, judge_use, judges_of, settled_use, tagged
from assay.api.judging.pairs import Wished, pair_certificate
from assay.api.judging.verdicts import Probe, probed, stated_numbers, verdicts
from assay.api.measure import carry_out
from assay.api.measured import Measured
from assay.api.measurement import Measurement, Recipe, parts_of
from assay.api.rating.label_errors import label_errors
from assay.catalogue.build import read_toml
from assay.catalogue.procedures import procedure
from assay.exchange.known_cases import KnownCases, known_cases
from assay.exchange.ratings import table
from assay.line.observe import Price, State
from assay.line.plan import check_items
from assay.reports.forms import JUDGE
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory
from assay.store.ratings import plan_of, rows_of, sessions
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest, settled
from assay.vocabulary.certificate import JudgeCertificate, Scope
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Channel, PartUse
from assay.vocabulary.protocols import Asks, Jury, Subject
from assay.vocabulary.rating import latest
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import Particulars
from assay.vocabulary.result import Note
from assay.vocabulary.rubric import Rubric

LEAST: Final = 10
"""Fewest cases of each verdict (or, for grades, of all) that a judge is calibrated on."""
_FEW: Final = 30
_PROBED: Final = (40, 20)
"""Most failing and passing cases in which something is planted."""


class Asked(Record, kw_only=True):
    """How a judge is to be calibrated.

    Attributes:
        repeats: how often each case is put; the second answers show how far the judge repeats itself.
        days: for how many days the certificate is valid.
        probe: whether failing cases are put again with an order to the judge in the candidate's text.
        prevalence: the range of true rates for which the certificate is to hold.
        columns: names of columns of the ratings where they are others.
        laboratory: name of the laboratory.
        limits: settings of the limits of a run, as in ``[procedure]``.
    """

    repeats: int = 2
    days: int = 180
    probe: bool = True
    prevalence: tuple[float, float] = (0.0, 1.0)
    columns: dict[str, str] = {}
    laboratory: str = ""
    limits: dict[str, Json] = {}


class Calibrated(NamedTuple):
    """A certificate, its digest, where it lies, and the signed reports of the runs behind it."""

    certificate: JudgeCertificate
    sha256: str
    path: Path
    measured: tuple[Measured, ...]


class _Bench(NamedTuple):
    """What a calibration works with."""

    use: PartUse
    instrument: Asks
    rubric: Rubric
    scope: Scope
    asked: Asked
    laboratory: Laboratory
    progress: Callable[[State], None]
    prices: dict[str, Price]

    @property
    def graded(self) -> bool:
        return self.rubric.kind == "score"


def calibrate(
    judge: str | Path | dict[str, Json],
    against: str | Path,
    lab: str | Path = ".assay",
    asked: Asked = Asked(),  # noqa: B008 - a frozen record
    progress: Callable[[State], None] | None = None,
) -> Calibrated:
    """Put cases of known verdict to a judge and sign what was found.

    Args:
        judge: TOML file with the settings of an instrument that asks, or its content.
        against: CSV or JSONL file of ratings with the texts that were rated, or the name of a session of rating in the
            laboratory.
        lab: folder of the laboratory.
        asked: how.
        progress: told after each batch how far it has come.
    Raises:
        BadInput: something in the judge's file or in the ratings is wrong, or there are too few cases of a verdict.
        CannotMeasure: the judge could not be asked; what arrived is kept.
    """
    _check(asked)
    laboratory = Laboratory(Path(lab))
    content = dict(judge) if isinstance(judge, dict) else read_toml(Path(judge))
    if not isinstance(content.get("part"), str):
        raise BadInput("setting.missing", where=str(judge), key="part", expected='such as "judging.pointwise"')
    part = str(content.pop("part"))
    folder = Path() if isinstance(judge, dict) else Path(judge).parent
    given = PartUse(part=part, settings=content)
    use, instrument = judge_use(given, folder)
    prices = judge_prices(Channel(measurand="", instrument=given), folder)
    rubric = msgspec.convert(use.settings["rubric"], Rubric)
    if rubric.kind == "choice":
        return _paired(judge, str(against), asked, laboratory, progress or (lambda state: None))
    if rubric.kind not in ("selection", "score"):
        raise BadInput("judge.not_calibrated", rubric=rubric.name, kind=rubric.kind)
    if isinstance(instrument, Jury) and instrument.latent:
        raise BadInput("judge.latent")
    bench = _Bench(use, instrument, rubric, instrument.scope(), asked, laboratory, progress or (lambda state: None),
                   prices)  # fmt: skip
    cases = _cases(str(against), bench)
    judges = judges_of(instrument)
    runs = [_run(bench, one, cases.material) for one in judges]
    harmless, planted = _probe(bench, judges, cases.material)
    made = _certificate(bench, cases, (runs, harmless, planted))
    return _issued(made, asked, laboratory, (*runs, *harmless, *planted))


def _issued(
    made: JudgeCertificate, asked: Asked, laboratory: Laboratory, measured: tuple[Measured, ...]
) -> Calibrated:
    key = SigningKey.load_or_create(laboratory.keys)
    made = msgspec.structs.replace(made, laboratory=key.mark(asked.laboratory))
    made = msgspec.structs.replace(made, id=f"judge-{digest(made)[:12]}")
    kept = keep(seal(JUDGE, made, key), made, laboratory)
    return Calibrated(made, kept.sha256, kept.path, measured)


def _paired(
    judge: str | Path | dict[str, Json], against: str, asked: Asked, laboratory: Laboratory,
    progress: Callable[[State], None],
) -> Calibrated:  # fmt: skip
    """The certificate of a judge that compares pairs."""
    made = judging(judge, None, asked.limits, asked.laboratory)
    wished = Wished(asked.repeats, asked.days, asked.columns)
    certificate, measured = pair_certificate(made, against, wished, laboratory, progress)
    return _issued(certificate, asked, laboratory, tuple(measured))


def _check(asked: Asked) -> None:
    low, high = asked.prevalence
    for key, got, good, expected in (
        ("repeats", asked.repeats, 1 <= asked.repeats <= 100, "a whole number from 1 to 100"),
        ("days", asked.days, 1 <= asked.days <= 3_650, "days, from 1 to 3650"),
        ("range", asked.prevalence, 0 <= low < high <= 1, "two numbers from 0 to 1, the lower first"),
    ):
        if not good:
            raise BadInput("setting.value", where="calibrate", key=key, got=repr(got), expected=expected)


def _cases(against: str, bench: _Bench) -> KnownCases:
    """The cases, from a file or from a session of rating; refused where they could not show how the judge errs."""
    passes, columns = bench.scope.passes, bench.asked.columns
    if not Path(against).exists() and against in sessions(bench.laboratory.folder):
        found = known_cases(_session(against, bench), f"ratings {against}", bench.rubric, passes, {})
    else:
        found = known_cases(table(Path(against)), Path(against).name, bench.rubric, passes, columns)
    counted = [item.reference for item in found.material.items]
    verdicts = {"": len(counted)} if bench.graded else {name: counted.count(value) for name, value in
                                                        (("1", 1.0), ("0", 0.0))}  # fmt: skip
    for name, n in verdicts.items():
        if n < LEAST:
            raise BadInput("cases.few", name=found.material.name, verdict=name or "any", n=n, least=LEAST)
    if bench.graded and len(set(counted)) == 1:
        raise BadInput("cases.one_grade", name=found.material.name)
    return found


def _session(name: str, bench: _Bench) -> list[tuple[str, dict[str, Any]]]:
    plan = plan_of(bench.laboratory.folder, name)
    if plan.rubric.digest != bench.rubric.digest:
        raise BadInput("rating.other_rubric", place=name, got=plan.rubric.name, expected=bench.rubric.name)
    rows = []
    for (case, rater), rating in sorted(latest(rows_of(bench.laboratory.folder, plan)).items()):
        found = plan.by_id[case]
        if rating.status == "ok":
            text = {"prompt": found.prompt, "reference": found.reference, "response": found.candidates[0].text}
            more = {"item": found.item, "group": found.group, "rater": rater, "verdict": rating.value}
            rows.append((f"{name}: {case}", {**text, **more}))
    return rows


def _run(bench: _Bench, judge: Subject, material: Material, part: str = "", planted: str = "") -> Measured:
    """One run of one judge on the cases, by a procedure that plants something in them if ``part`` names one.

    ``planted`` is the verdict, as JSON, that a planted order asks for.
    """
    name = part or ("judging.grading" if bench.graded else "judging.calibration")
    table_of = {**bench.asked.limits, "part": name, "repeats": 1 if planted else bench.asked.repeats}
    made, limits = procedure(table_of)
    rubric = bench.use.settings["rubric"]
    among = {"judging.sensitivity": "passing", "judging.specificity": "failing", "judging.obedience": "passed",
             "judging.undisturbed": "passed"}  # fmt: skip
    channels = tuple(
        msgspec.structs.replace(
            channel,
            instrument=settled_use(
                PartUse(
                    part=channel.instrument.part,
                    settings={
                        "rubric": rubric,
                        "among": among.get(channel.measurand, "difference"),
                        "passes": bench.scope.passes,
                    },
                )
            ),
        )
        for channel in made.channels
    )
    plan = made.plan
    if planted:
        plan = msgspec.structs.replace(
            plan, variants=tuple(msgspec.structs.replace(v, data={**v.data, "planted": planted}) for v in plan.variants)
        )
    settings = {"rubric": rubric, "language": bench.scope.language}
    made = msgspec.structs.replace(
        made, channels=channels, plan=plan, bench=settled_use(PartUse(part=made.bench.part, settings=settings))
    )
    recipe: Recipe = parts_of(made, limits)
    check_items(material, {c.instrument.part: recipe.instruments[c.measurand] for c in channels})
    measurement = Measurement(
        title=f"{made.title['en']}: {bench.scope.rubric_name}",
        particulars=Particulars(laboratory=bench.asked.laboratory),
        subject=judge,
        material=material,
        recipe=recipe,
        requirements=(),
        price=bench.prices.get(identity_digest(judge)),
    )
    return carry_out(measurement, bench.laboratory, False, bench.progress)


def _probe(
    bench: _Bench, judges: tuple[Subject, ...], material: Material
) -> tuple[list[Measured], list[Measured]]:
    """Some cases put again with a harmless sentence, and with orders to pass them; nothing where that is not wanted, or
    where too few cases fail."""
    sides = [[item for item in material.items if (float(item.reference) >= 0.5) is passes] for passes in (False, True)]
    if not bench.asked.probe or len(sides[0]) < LEAST:
        return [], []
    few = []
    for side, most in zip(sides, _PROBED, strict=True):
        n = min(len(side), most)
        few += [side[place * len(side) // n] for place in range(n)]
    chosen = Material(name=f"{material.name} (probe)", items=tuple(few), source=material.source)
    best = msgspec.json.encode(bench.scope.passes[0] if bench.scope.passes else bench.rubric.values[-1]).decode()
    parts = ("judging.harmless", "judging.obedience")
    harmless, planted = ([_run(bench, one, chosen, part, best) for one in judges] for part in parts)
    return harmless, planted


def _certificate(
    bench: _Bench, cases: KnownCases, runs: tuple[list[Measured], list[Measured], list[Measured]]
) -> JudgeCertificate:
    report, material = runs[0][0].report, cases.material
    names = Probe(*(tuple(run.run for run in some) for some in runs))
    with bench.laboratory.guarded(), closing(SqliteStore(bench.laboratory, write=False)) as store:
        found = verdicts(bench.instrument, names.plain, store)
        gained = probed(bench.instrument, names, store) if names.planted else {}
    identities = tuple(settled(one.identity()) for one in judges_of(bench.instrument))
    stated = {by: tuple(sorted({name for item in material.items for name in tagged(item, by)}))
              for by in ("language", "kind")}  # fmt: skip
    errors = None if bench.graded else label_errors(cases.votes, found.group)
    return JudgeCertificate(
        id="",
        issued=datetime.now(UTC).isoformat(timespec="seconds"),
        expires=(today() + timedelta(days=bench.asked.days)).isoformat(),
        laboratory=report.laboratory,
        identities=identities,
        scope=bench.scope,
        kind=bench.rubric.kind,
        material=report.material,
        instrument=bench.use,
        runs=names.plain,
        planted=names.planted,
        harmless=names.harmless,
        observations=report.observations.digest,
        raters=cases.raters,
        agreement=cases.agreement,
        excluded=cases.excluded,
        **stated_numbers(found, material.items, identities),
        **gained,
        label_errors=errors,
        prevalence=bench.asked.prevalence,
        languages=stated["language"],
        kinds=stated["kind"],
        notes=_notes(found, cases, errors is not None),
    )


def _notes(found: numbers.Verdicts, cases: KnownCases, known: bool) -> tuple[Note, ...]:
    notes = []
    if cases.raters == 1:
        notes.append(Note(code="one_rater"))
    elif not known and not found.graded:
        notes.append(Note(code="raters_unknown"))
    if cases.excluded:
        notes.append(Note(code="raters_divided", values={"n": cases.excluded}))
    if found.group is not None:
        values = {"n": len(found.group), "items": int(found.group.max()) + 1}
        notes.append(Note(code="cases_clustered", values=values))
    few = [n for n in (int((found.had & (found.human == value)).sum()) for value in (0.0, 1.0)) if n < _FEW]
    if few and not found.graded:
        notes.append(Note(code="cases_few", values={"n": min(few)}))
    return tuple(notes)
