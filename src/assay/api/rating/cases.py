"""What people are to rate: responses of runs in the laboratory, or texts from a file; a random sample of them."""

import heapq
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from assay.api.runs import opened
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.exchange.ratings import table
from assay.line.observe import askings
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest, row_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Response
from assay.vocabulary.rating import Candidate, Case, Sample
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

MOST_CASES: Final = 20_000


class _Answer(NamedTuple):
    case: Case
    question: str


def cases_of_runs(names: list[str], rubric: Rubric, lab: Path) -> tuple[list[Case], Sample]:
    """Every response of a run that can be rated, or every set of responses of several runs to the same trial.

    Returns:
        The cases, and how many there are; not drawn from yet.
    Raises:
        BadInput: a run that is unknown or unfinished, more or fewer runs than the rubric is about, nothing in common.
    """
    fewest, most = rubric.candidates
    with opened(lab) as store:
        works = [_reopened(store, name) for name in names]
        runs = [work.manifest.planned.run for work in works]
        twice = [run for i, run in enumerate(runs) if run in runs[:i]]
        if twice:
            raise BadInput("compare.twice", run=twice[0])
        if not fewest <= len(names) <= most:
            expected = str(fewest) if fewest == most else f"{fewest}-{most}"
            raise BadInput("rating.sources", rubric=rubric.name, kind=rubric.kind, expected=expected, got=len(names))
        first, lost = _answers(works[0])
        for work in works[1:]:
            others, lost_there = _answers(work)
            common = [key for key in first if key in others]
            if not common and first and others:
                raise BadInput("rating.no_pairs", runs=", ".join(runs))
            lost = {**lost, **lost_there}
            first = {key: _joined(first[key], others[key], runs[0], work.manifest.planned.run) for key in common}
    made = [answer.case for answer in first.values()]
    return made, Sample(source=tuple(runs), population=len(made), lost=len(lost), drawn=len(made), seed=0)


def _reopened(store: SqliteStore, name: str) -> Work:
    return reopen(store, finished(store, name))


_Key = tuple[str, str, int]


def _answers(work: Work) -> tuple[dict[_Key, _Answer], dict[_Key, None]]:
    """The answers of a run by item, variant and repeat; and the trials that have none."""
    found: dict[_Key, _Answer] = {}
    lost: dict[_Key, None] = {}
    planned = work.manifest.planned
    asked = askings(planned, work.material, work.recipe.bench)
    while chunk := list(islice(asked, 500)):
        for asking, response in zip(chunk, work.store.responses([one.key for one in chunk]), strict=True):
            trial = asking.trial
            key = (trial.item.id, trial.variant.name, trial.repeat)
            if response is None or not _rateable(response):
                lost[key] = None
                continue
            one = planned.n_trials == planned.n_items
            case = Case(
                id=trial.item.id if one else f"{trial.item.id}@{trial.variant_index + 1}.{trial.repeat}",
                item=trial.item.id, group=trial.item.group, variant=trial.variant.name, repeat=trial.repeat,
                prompt=_text(asking.stimulus), reference=_reference(trial.item.reference, trial.item.choices),
                candidates=(Candidate(id=planned.run, text=_text(response.output), run=planned.run,
                                      response=asking.key.hex()),),
            )  # fmt: skip
            found[key] = _Answer(case, digest([trial.item.stimulus, trial.item.choices]))
    return found, lost


def _rateable(response: Response) -> bool:
    return response.status in ("ok", "refused") and response.output is not None


def _joined(first: _Answer, other: _Answer, run: str, other_run: str) -> _Answer:
    if first.question != other.question:
        raise BadInput("rating.other_items", id=first.case.item, run=other_run, first=run)
    return first._replace(case=replace(first.case, candidates=(*first.case.candidates, *other.case.candidates)))


def _reference(reference: Json, choices: tuple[str, ...]) -> str:
    """The reference as a person reads it; the letter of an option together with its text."""
    text = "" if reference is None else _text(reference)
    if len(text) == 1 and choices and 0 <= ord(text) - ord("A") < len(choices):
        return f"{text}. {choices[ord(text) - ord('A')]}"
    return text


def _text(value: Json) -> str:
    return value if isinstance(value, str) else row_bytes(value).decode()


def cases_of_file(path: Path, rubric: Rubric) -> tuple[list[Case], Sample]:
    """Every text of a CSV or JSONL file; a line has ``output`` (or ``output_1``, ``output_2`` …), and as far as it is
    known ``id``, ``input``, ``target`` and ``group``.

    Raises:
        BadInput: a broken line, an id used twice, no column of outputs, nothing to rate.
    """
    fewest, most = rubric.candidates
    names = ["output"] if most == 1 else [f"output_{number}" for number in range(1, most + 1)]
    made: dict[str, Case] = {}
    places: dict[str, str] = {}
    lost = 0
    empty: tuple[Json, ...] = (None, "") if path.suffix.lower() == ".csv" else (None,)  # CSV cannot tell them apart
    lines = list(table(path))
    if not any(names[0] in row for _, row in lines):
        raise BadInput("rating.columns", path=str(path), names=" or ".join(names[:2]))
    for number, (place, row) in enumerate(lines, 1):
        outputs = list(_given(row, names, empty))
        if len(outputs) < fewest:
            lost += 1
            continue
        name = str(row["id"]) if row.get("id") not in (None, "") else str(number)
        if name in places:
            raise BadInput("table.duplicate_id", place=place, id=name, first=places[name])
        places[name] = place
        made[name] = Case(
            id=name, item=name, group=None if row.get("group") in (None, "") else str(row["group"]),
            prompt=_text(row.get("input") or ""), reference=_text(row.get("target") or ""),
            candidates=tuple(Candidate(id=key, text=text) for key, text in outputs),
        )  # fmt: skip
    sample = Sample(source=(path.name,), population=len(made), lost=lost, drawn=len(made), seed=0)
    return list(made.values()), sample


def _given(row: dict[str, Json], names: list[str], empty: tuple[Json, ...]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(names, 1):
        if row.get(name) not in empty:
            yield str(place), _text(row[name])


def drawn(cases: list[Case], sample: Sample, items: int | None, seed: int) -> tuple[list[Case], Sample]:
    """A random sample of the cases, in their order; all of them if none is asked for.

    Each case has a number that is as good as drawn at random, and those with the smallest are taken.

    Raises:
        BadInput: no case at all, too many of them, or a number of items below 1.
    """
    if items is not None and items < 1:
        raise BadInput("rating.items", got=items)
    if not cases:
        raise BadInput("rating.nothing", source=", ".join(sample.source), lost=sample.lost)
    n = len(cases) if items is None else min(items, len(cases))
    if n > MOST_CASES:
        raise BadInput("rating.too_many", n=n, most=MOST_CASES)
    places = range(len(cases))
    if n < len(cases):
        taken = heapq.nsmallest(n, places, key=lambda place: digest([seed, "sample", cases[place].id]))
        places_taken = sorted(taken)
    else:
        places_taken = list(places)
    return [cases[place] for place in places_taken], replace(sample, drawn=n, seed=seed)
