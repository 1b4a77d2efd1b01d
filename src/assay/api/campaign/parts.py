"""The measurements of a campaign: one for each form, and one for each generator and language that a judge reads."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from assay.api.campaign.gathered import JUDGED, Block
from assay.api.campaign.layout import table
from assay.api.judging.judges import with_judges
from assay.api.materials.certified import with_certificate
from assay.api.measure import carry_out
from assay.api.measurement import Measurement, load
from assay.api.runs import settings
from assay.catalogue.build import read_toml
from assay.line.observe import State
from assay.line.plan import plan
from assay.reports.text import harmless
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.campaign import Cell, Used
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure, VerificationFailed, near
from assay.vocabulary.record import Json
from assay.vocabulary.report import Conditions, Particulars
from assay.vocabulary.result import Note

_TABLES: Final = ("subject", "price", "limits", *Particulars.__struct_fields__)
_COUNTED: Final = "bank.score"


class Part(NamedTuple):
    """One measurement of the campaign, ready to be made; ``judge`` is the file of the judge, empty without."""

    key: str
    cells: tuple[Cell, ...]
    measurement: Measurement
    judge: str = ""

    @property
    def blocks(self) -> list[Block]:
        """The generators and languages that it covers."""
        return list(dict.fromkeys((cell.generator, cell.language) for cell in self.cells))


class Scene(NamedTuple):
    """What every measurement of a campaign shares.

    Attributes:
        tables: ``subject`` and perhaps ``price``, ``limits``, ``laboratory``, ``location``, ``customer``,
            ``authorised_by``.
        judge: file of the judge; empty without.
        level: of the intervals.
        seed: of the trials.
        name: what the campaign is called.
        laboratory: where its runs are kept.
    """

    tables: dict[str, Json]
    judge: str
    level: float
    seed: int
    name: str
    laboratory: Laboratory


class Ready(NamedTuple):
    """The measurements that can be made; why others cannot, and why something cannot be judged."""

    parts: list[Part]
    missing: dict[Block, Note]
    unjudged: dict[Block, Note]


def subject_tables(given: Sequence[str]) -> dict[str, Json]:
    """The tables of a subject's file, or of ``KEY=VALUE`` settings of a subject.

    Args:
        given: one TOML file, with a table ``[subject]`` and perhaps ``[price]``, ``[limits]`` and who is named in the
            reports, or with nothing but a subject's settings; or settings such as ``part=llm.endpoint``.
    Raises:
        BadInput: no such file, another key than these, or no subject.
    """
    if not given:
        raise BadInput("setting.missing", where="assay measure --standard", key="--subject",
                       expected="a TOML file, or KEY=VALUE settings")  # fmt: skip
    if any("=" not in one for one in given):
        if len(given) > 1:
            raise BadInput("campaign.subject", got=" ".join(given))
        made = read_toml(Path(given[0]))
    else:
        made = settings(list(given))
    if "part" in made:
        return {"subject": made}
    for key in made:
        if key not in _TABLES:
            raise BadInput("setting.unknown", where=given[0], key=key, near=near(key, _TABLES))
    if not isinstance(made.get("subject"), dict):
        raise BadInput("setting.missing", where=given[0], key="subject", expected="a table [subject], or a 'part'")
    return made


def prepare(cells: Sequence[Cell], scene: Scene) -> Ready:
    """Every measurement of the campaign, checked before anything is asked.

    A form whose sandbox or extra is not there is left out with the reason, and what a rubric is for is not judged
    without a judge whose certificate fits.

    Raises:
        BadInput: anything else that is wrong, or no measurement is left.
    """
    ready = Ready([], {}, {})
    judged: set[Block] = set()
    for block in dict.fromkeys((cell.generator, cell.language) for cell in cells if cell.rubric):
        ours = tuple(cell for cell in cells if (cell.generator, cell.language) == block)
        part, why = _judged(ours, scene)
        if part is not None:
            ready.parts.append(part)
            judged.add(block)
        else:
            ready.unjudged[block] = why
    for procedure in sorted({cell.procedure for cell in cells}):
        ours = tuple(
            cell for cell in cells if cell.procedure == procedure and (cell.generator, cell.language) not in judged
        )
        if not ours:
            continue
        form, reason = ours[0].form, None
        try:
            made = with_certificate(load(_source(ours, scene, {"part": procedure}, form)), scene.laboratory)
        except BadInput as error:
            if not error.code.startswith(("sandbox.", "part.extra")):
                raise
            reason = error
        if reason is None:
            ready.parts.append(Part(form, ours, made))
        else:
            note = Note(code="form_not_run", values={"form": form, "reason": harmless(str(reason))})
            ready.missing.update({(cell.generator, cell.language): note for cell in ours})
    if not ready.parts:
        raise BadInput("bank.nothing", where="assay measure --standard")
    return ready


def _source(cells: Sequence[Cell], scene: Scene, procedure: dict[str, Json], key: str) -> dict[str, Json]:
    pack = cells[0].generator.partition(".")[0]
    limits = scene.tables.get("limits", {})
    rest = {name: value for name, value in scene.tables.items() if name not in ("limits",)}
    return {
        **rest,
        "title": f"{scene.name}: {key}",
        "material": {"part": f"{pack}.cells", "name": f"{scene.name}: {key}", **table(cells)},
        "procedure": {**procedure, "level": scene.level, "seed": scene.seed, **limits},
    }


def _judged(cells: tuple[Cell, ...], scene: Scene) -> tuple[Part | None, Note]:
    """A generator in a language with its judge; or why it has none."""
    if not scene.judge:
        return None, Note(code="no_judge", values={"rubric": cells[0].rubric})
    key = f"{cells[0].generator}/{cells[0].language}"
    reader = {"part": "judging.pointwise", "file": str(Path(scene.judge).resolve()), "rubric": cells[0].rubric}
    channels = [{"measurand": _COUNTED, "instrument": _counted(cells[0])}, {"measurand": JUDGED, "instrument": reader}]
    source = _source(cells, scene, {"part": cells[0].procedure, "channel": channels}, key)
    try:
        made = with_certificate(with_judges(load(source), scene.laboratory, source), scene.laboratory)
    except (BadInput, VerificationFailed) as error:
        if not error.code.startswith("certificate."):
            raise
        values = {"rubric": cells[0].rubric, "reason": harmless(str(error))}
        return None, Note(code="judge_unfit", values=values)
    instrument: Any = made.recipe.instruments[JUDGED]
    if instrument.uncalibrated:
        return None, Note(code="judge_uncalibrated", values={"rubric": cells[0].rubric})
    return Part(key, cells, made, scene.judge), Note(code="no_judge")


def _counted(cell: Cell) -> str:
    """The instrument that counts what can be counted of a text."""
    from assay.catalogue.procedures import procedure

    made, _ = procedure({"part": cell.procedure})
    return made.channels[0].instrument.part


def carry(part: Part, scene: Scene, progress: Callable[[State], None]) -> tuple[Used, Conditions]:
    """Make one measurement, or take it from the store as far as it was made.

    A measurement in which nothing could be read is kept with its report: what it says is that all was lost.

    Returns:
        Where it is found, and what it took.
    Raises:
        CannotMeasure: it could not be completed; what arrived is kept.
    """
    try:
        issued = carry_out(part.measurement, scene.laboratory, False, progress)
        report, envelope = issued.report, issued.envelope
    except CannotMeasure as error:
        if error.code != "observe.nothing":
            raise
        report, envelope = _last(part.measurement, scene.laboratory, error)
    used = Used(
        key=part.key, procedure=report.procedure.name, run=report.run, report=report.id,
        sha256=digest_bytes(envelope), observations=report.observations.digest,
        generators=tuple(dict.fromkeys(cell.generator for cell in part.cells)),
        judge=Path(part.judge).name if part.judge else "", language=part.cells[0].language if part.judge else "",
        responses=report.conditions.responses,
    )  # fmt: skip
    return used, report.conditions


def _last(made: Measurement, laboratory: Laboratory, error: CannotMeasure) -> Any:
    """The report of a measurement that was issued although nothing could be read."""
    from assay.api.work import report_in

    base = plan(made.recipe.procedure, made.material, made.subject.identity()).base
    with closing(SqliteStore(laboratory, write=False)) as store:
        runs = store.runs(base)
        issued = store.reports(max(runs, key=lambda run: run.occasion).name) if runs else []
    if not issued:
        raise error
    return report_in(issued[-1][1]), issued[-1][1]


def tokens(made: Measurement) -> int:
    """Estimated input tokens of a measurement."""
    from assay.api.judging.preview import tokens_in
    from assay.line.observe import askings

    planned = plan(made.recipe.procedure, made.material, made.subject.identity())
    return sum(tokens_in(asking.stimulus if isinstance(asking.stimulus, str) else str(asking.stimulus))
               for asking in askings(planned, made.material, made.recipe.bench))  # fmt: skip


def settled(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Cells as they are once they were signed and read again."""
    return msgspec.convert(msgspec.to_builtins(tuple(cells)), tuple[Cell, ...])
