"""Ratings in the laboratory: how far the raters agree, and ratings and tasks in and out."""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from assay.api.rating.agreed import LEVEL, agreed
from assay.exchange import label_studio
from assay.exchange.ratings import COLUMNS, given, ratings, rows
from assay.exchange.table import WRITERS
from assay.store.laboratory import writing
from assay.store.ratings import find, journal, path_of, plan_of, rows_of
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import RaterLine, Rating, RatingPlan, RatingSummary, latest
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note
from assay.vocabulary.words import say

FORMATS: Final = ("csv", "jsonl", "label-studio")
_ENDINGS: Final = {".csv": "csv", ".jsonl": "jsonl", ".json": "label-studio"}


class Imported(Record, kw_only=True):
    """What an import did.

    Attributes:
        added: ratings taken over.
        known: ratings that the session had already, or that stood twice in the file with the same verdict.
    """

    added: int
    known: int


def session(name: str, lab: str | Path = ".assay") -> RatingPlan:
    """The session of this name, or whose name begins so; ``last`` is the one made last.

    Raises:
        BadInput: there is none, or it was changed.
    """
    return plan_of(Path(lab), find(Path(lab), name))


def summary(plan: RatingPlan, lab: str | Path = ".assay") -> RatingSummary:
    """How far a session has come, and how far its raters agree.

    Raises:
        BadInput: the ratings are broken.
    """
    kept = rows_of(Path(lab), plan)
    holds = latest(kept)
    raters = list({row.rater: None for row in kept})
    lines = tuple(_rater(name, kept, holds) for name in raters)
    found = agreed(plan, holds, raters)
    notes = list(found.notes)
    unfinished = [line for line in lines if line.rated + line.skipped < len(plan.cases)]
    if unfinished:
        notes.append(Note(code="unfinished", values={"raters": len(unfinished), "cases": len(plan.cases)}))
    if any(line.skipped for line in lines):
        notes.append(Note(code="skipped", values={"n": sum(line.skipped for line in lines)}))
    if plan.sample.lost:
        notes.append(Note(code="unrateable", values={"n": plan.sample.lost}))
    return RatingSummary(
        session=plan.name, path=str(path_of(Path(lab), plan.name)), rubric=f"{plan.rubric.name} {plan.rubric.version}",
        rubric_digest=plan.rubric.digest, kind=plan.rubric.kind, cases=len(plan.cases), sample=plan.sample,
        raters=lines, shared=found.shared, same=found.same, level=LEVEL, agreement=found.coefficients,
        notes=tuple(notes),
    )  # fmt: skip


def _rater(name: str, kept: list[Rating], holds: dict[tuple[str, str], Rating]) -> RaterLine:
    own = [row for row in holds.values() if row.rater == name]
    said = [row.value for row in own if row.status == "ok"]
    return RaterLine(
        name=name, rated=len(said), skipped=len(own) - len(said),
        changed=sum(row.rater == name and row.status != "withdrawn" for row in kept) - len(own),
        values=dict(sorted(Counter(str(value) for value in said if not isinstance(value, tuple)).items())),
    )  # fmt: skip


def take_in(
    plan: RatingPlan, path: str | Path, lab: str | Path = ".assay", form: str | None = None,
    columns: dict[str, str] | None = None,
) -> Imported:  # fmt: skip
    """Take over the ratings of a file, all of them or none.

    Args:
        plan: the session.
        path: CSV or JSONL with rater, value and case (or item); or a Label Studio export, JSON or JSON-MIN.
        lab: folder of the laboratory.
        form: one of ``FORMATS``; by default what the ending of the file says.
        columns: names of the columns in the file where they are others.
    Raises:
        BadInput: whatever is wrong with the file, with its place; nothing is taken over.
    """
    path = Path(path)
    form = _form(path, form)
    found = label_studio.given(path, plan) if form == "label-studio" else given(path, columns or {})
    with journal(Path(lab), plan) as kept:
        new = ratings(plan, found, list(latest(kept.rows).values()), form)
        kept.add(new)
    return Imported(added=len(new), known=len(found) - len(new))


def export(plan: RatingPlan, path: str | Path, lab: str | Path = ".assay", form: str | None = None,
           language: str = "en") -> list[Path]:  # fmt: skip
    """Write the ratings of a session as CSV or JSONL (every row, also those that were replaced), or its cases as Label
    Studio tasks with the labelling interface beside them.

    Args:
        plan: the session.
        path: the file.
        lab: folder of the laboratory.
        form: one of ``FORMATS``; by default what the ending of the file says.
        language: of the labelling interface.
    Returns:
        The files written.
    """
    path = Path(path)
    form = _form(path, form)
    if form == "label-studio":
        spoken = language if language in plan.rubric.languages else plan.rubric.languages[0]
        words = {name: say("rating", f"page.{name}", spoken) for name in ("prompt", "reference", "answer", "note")}
        beside = path.with_suffix(".xml")
        with writing(path):
            path.write_bytes(msgspec.json.format(msgspec.json.encode(label_studio.tasks(plan)), indent=1) + b"\n")
            beside.write_text(label_studio.config(plan.rubric, spoken, words), encoding="utf-8")
        return [path.resolve(), beside.resolve()]
    kept = rows_of(Path(lab), plan)
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        WRITERS[form](rows(plan, kept), COLUMNS, file)
    return [path.resolve()]


def _form(path: Path, form: str | None) -> str:
    found = form or _ENDINGS.get(path.suffix.lower())
    if found is None:
        raise BadInput("rating.format", path=str(path), expected=", ".join(_ENDINGS))
    return found
