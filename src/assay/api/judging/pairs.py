"""A judge that compares, against pairs of known preference: does it prefer what people prefer, and what sways it?"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.api._certificates import today
from assay.api.arena.judging import Judging, judged, kin, readings
from assay.api.judging import numbers as numbers
from assay.api.judging.judges import family, tagged
from assay.api.measured import Measured
from assay.api.work import Manifest, reopen
from assay.exchange.known_cases import KnownCases
from assay.exchange.known_pairs import known_pairs
from assay.exchange.ratings import table
from assay.line.observe import State
from assay.store.laboratory import Laboratory
from assay.store.ratings import plan_of, rows_of, sessions
from assay.store.sqlite import SqliteStore
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.canonical import settled
from assay.vocabulary.certificate import Cell, JudgeCertificate, Rate, Stratum
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading
from assay.vocabulary.rating import latest
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

Floats = npt.NDArray[np.float64]
LEAST: Final = 10
_FEW: Final = 30


class Wished(NamedTuple):
    """How the certificate is to be made: repeats, days of validity, and names of columns of the ratings."""

    repeats: int
    days: int
    columns: dict[str, str]


class PairVerdicts(NamedTuple):
    """Preferences of people and of a judge on the same pairs: 1 for the first, 0 for the second, 0.5 for neither.

    Attributes:
        human: shape (pairs,).
        judge: mean over both orders (and the judges of a jury), shape (pairs, repeats); NaN where there is none.
        place: verdicts for what stood first less those for what stood second, shape (pairs, repeats); NaN likewise.
        group: cluster of each pair, shape (pairs,); None where every pair stands alone.
    """

    human: Floats
    judge: Floats
    place: Floats
    group: npt.NDArray[np.int64] | None

    @property
    def had(self) -> npt.NDArray[np.bool_]:
        """The pairs of which the judge gave both orders a verdict, the first time."""
        return np.asarray(~np.isnan(self.judge[:, 0]))


def pair_certificate(
    made: Judging, against: str, wished: Wished, laboratory: Laboratory, progress: Callable[[State], None]
) -> tuple[JudgeCertificate, list[Measured]]:
    """Put pairs of known preference to a judge in both orders, and say what was found; not signed yet.

    Args:
        made: the judge.
        against: CSV or JSONL file of ratings with the texts that were compared, or the name of a session of rating.
        wished: how.
        laboratory: where the runs are kept.
        progress: told after each batch how far it has come.
    Raises:
        BadInput: the ratings are wrong, or too few; see ``known_pairs``.
        CannotMeasure: the judge could not be asked; what arrived is kept.
    """
    cases = _cases(against, made, wished.columns, laboratory)
    measured = judged(made, cases.material, laboratory, progress, wished.repeats)
    runs = tuple(one.run for one in measured)
    identities = tuple(settled(one.identity()) for one in made.judges)
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        stated = pair_numbers(runs, store, identities)
    report, items = measured[0].report, cases.material.items
    kinds = {by: tuple(sorted({name for item in items for name in tagged(item, by)})) for by in ("language", "kind")}
    certificate = JudgeCertificate(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"),
        expires=(today() + timedelta(days=wished.days)).isoformat(), laboratory=report.laboratory,
        identities=identities, scope=made.scope, kind="choice", material=report.material, instrument=made.use,
        runs=runs, observations=report.observations.digest, raters=cases.raters, agreement=cases.agreement,
        excluded=cases.excluded, languages=kinds["language"], kinds=kinds["kind"], notes=_notes(cases, made), **stated,
    )  # fmt: skip
    return certificate, measured


def _cases(against: str, made: Judging, columns: dict[str, str], laboratory: Laboratory) -> KnownCases:
    if not Path(against).exists() and against in sessions(laboratory.folder):
        found = known_pairs(_session(against, made, laboratory), f"ratings {against}", made.rubric, {})
    else:
        found = known_pairs(table(Path(against)), Path(against).name, made.rubric, columns)
    preferred = sum(item.reference != 0.5 for item in found.material.items)
    if preferred < LEAST:
        raise BadInput("pairs.few", name=found.material.name, n=preferred, least=LEAST)
    return found


def _session(name: str, made: Judging, laboratory: Laboratory) -> Iterator[tuple[str, dict[str, Any]]]:
    plan = plan_of(laboratory.folder, name)
    if plan.rubric.digest != made.rubric.digest:
        raise BadInput("rating.other_rubric", place=name, got=plan.rubric.name, expected=made.rubric.name)
    models = _models(laboratory)
    for (case, rater), rating in sorted(latest(rows_of(laboratory.folder, plan)).items()):
        found = plan.by_id[case]
        if rating.status == "ok":
            first, second = found.candidates
            text = {"prompt": found.prompt, "first": first.text, "second": second.text}
            text |= {f"system_{name}": models.get(one.run or "", "") for name, one in
                     (("first", first), ("second", second))}  # fmt: skip
            yield f"{name}: {case}", {**text, "item": found.item, "group": found.group, "rater": rater,
                                      "verdict": rating.value}  # fmt: skip


def _models(laboratory: Laboratory) -> dict[str, str]:
    """Names of the models behind the runs of a laboratory, where they have one."""
    if not laboratory.has_store():
        return {}
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        subjects = {run.name: msgspec.json.decode(run.manifest, type=Manifest).planned.subject for run in store.runs()}
    return {run: str(subject["model"]) for run, subject in subjects.items() if subject.get("model")}


def pair_numbers(runs: tuple[str, ...], store: SqliteStore, identities: tuple[dict[str, Json], ...]) -> dict[str, Any]:
    """The fields of a certificate that follow from the judges' answers to pairs.

    Args:
        runs: the run of each judge.
        store: where they are.
        identities: of the judges.
    """
    works = [reopen(store, store.run(run)) for run in runs]
    items = works[0].material.items
    found = _verdicts([readings(work) for work in works], items)
    first, had = _decided(found.judge[:, 0]), found.had
    clear, even = had & (found.human != 0.5), had & (found.human == 0.5)
    again = _decided(found.judge[:, 1]) if found.judge.shape[1] > 1 else None
    both = had & ~np.isnan(again) if again is not None else had
    own = {family(one) for one in identities} - {""}
    return {
        "failed": int((~had).sum()),
        "sensitivity": numbers.share((first == found.human)[clear], _among(found, clear)),
        "specificity": numbers.share((first == 0.5)[even], _among(found, even)),
        "difference": numbers.difference((found.judge[:, 0] - found.human)[had], _among(found, had)),
        "confusion": tuple(
            Cell(human=human, judge=judge, n=n) for (human, judge), n in
            sorted(Counter(zip(found.human[had].tolist(), first[had].tolist(), strict=True)).items())
        ),
        "repeatability": None if again is None else numbers.share((first == again)[both], _among(found, both)),
        "position": numbers.difference(found.place[had, 0], _among(found, had)),
        "length": swayed(found, _sign([tuple(len(text) for text in item.stimulus["candidates"]) for item in items])),
        "self_preference": swayed(found, _sign([
            tuple(int(bool({family({"model": name})} & own)) for name in tagged(item, "system")) for item in items])),
        "strata": _strata(found, first, items),
    }  # fmt: skip


def _verdicts(found: list[list[tuple[Item, list[tuple[int, ...] | Reading]]]], items: tuple[Item, ...]) -> PairVerdicts:
    repeats = len(found[0]) // len(items)
    judge = np.full((len(found), len(items), repeats), np.nan)
    place = judge.copy()
    for number, of_judge in enumerate(found):
        for row, (_, orders) in enumerate(of_judge):
            said = [one for one in orders if not isinstance(one, Reading)]
            if len(said) == len(orders) == 2:
                at = divmod(row, repeats)
                points = [0.5 if not ranked else float(ranked[0] == turn) for turn, ranked in enumerate(said)]
                judge[(number, *at)] = sum(points) / 2
                place[(number, *at)] = sum(0.0 if not ranked else 1.0 - 2 * ranked[0] for ranked in said) / 2
    names = [item.group if item.group is not None else f"\0{k}" for k, item in enumerate(items)]
    clusters = {name: k for k, name in enumerate(dict.fromkeys(names))}
    group = np.array([clusters[name] for name in names], np.int64) if len(clusters) < len(items) else None
    return PairVerdicts(np.array([float(item.reference) for item in items]), _mean(judge), _mean(place), group)


def _mean(table_of: Floats) -> Floats:
    """Mean over the judges that gave a verdict, shape (pairs, repeats)."""
    there = ~np.isnan(table_of)
    count = there.sum(axis=0)
    return np.where(count > 0, np.where(there, table_of, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _decided(judge: Floats) -> Floats:
    """Which one was preferred over both orders: 1 the first, 0 the second, 0.5 neither; NaN stays."""
    return np.where(np.isnan(judge), np.nan, np.where(judge > 0.5, 1.0, np.where(judge < 0.5, 0.0, 0.5)))


def _among(found: PairVerdicts, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64] | None:
    return None if found.group is None else found.group[chosen]


def _sign(pairs: list[tuple[int, ...]]) -> Floats:
    """1 where the first of two is larger, −1 where the second is, 0 for equal ones or none."""
    return np.array([float(np.sign(one[0] - one[1])) if len(one) == 2 else 0.0 for one in pairs])


def swayed(found: PairVerdicts, sign: Floats) -> Rate | None:
    """How much more often a response is preferred with something (length, kinship) than without, people's preference
    being the same.

    Among the pairs in which people prefer one: the judge's preference for that one where it has it, less where the
    other has it. Among those in which people prefer neither: the preference for the one that has it, less that for the
    other. Both are weighted by the number of pairs that they rest on. A judge that errs at random has 0.

    Args:
        found: the verdicts.
        sign: 1 where the first has it, −1 where the second has, 0 where both or neither, shape (pairs,).
    Returns:
        None where nothing can be compared, or nothing scatters.
    """
    judge = np.where(found.had, found.judge[:, 0], 0.0)
    turned = found.human == 0
    value, side = np.where(turned, 1 - judge, judge), np.where(turned, -sign, sign)
    clear, even = found.had & (found.human != 0.5) & (sign != 0), found.had & (found.human == 0.5) & (sign != 0)
    parts: list[tuple[float, float, Floats]] = []
    sides = [clear & (side == 1), clear & (side == -1)]
    sizes = [int(one.sum()) for one in sides]
    if min(sizes) > 1:
        means = [float(value[one].mean()) for one in sides]
        off = sum(s * np.where(one, value - mean, 0.0) / n for s, one, mean, n in
                  zip((1, -1), sides, means, sizes, strict=True))  # fmt: skip
        parts.append((sizes[0] * sizes[1] / sum(sizes), means[0] - means[1], np.asarray(off)))
    if (n := int(even.sum())) > 1:
        towards = sign * (2 * judge - 1)
        mean = float(towards[even].mean())
        parts.append((n / 4, mean, np.where(even, towards - mean, 0.0) / n))
    weight = sum(part[0] for part in parts)
    if not weight:
        return None
    used = (clear if min(sizes) > 1 else np.zeros_like(clear)) | even
    mean = sum(part[0] * part[1] for part in parts) / weight
    off = np.asarray(sum(part[0] * part[2] for part in parts))[used] / weight
    group = np.arange(len(used)) if found.group is None else found.group
    sums = np.bincount(np.unique(group[used], return_inverse=True)[1], off)
    u = float(np.sqrt((sums**2).sum() * len(sums) / max(1, len(sums) - 1)))
    if len(sums) < 2 or u < 1e-12:
        return None
    reach = coverage_factor(0.95, len(sums) - 1) * u
    interval = (max(-1.0, mean - reach), min(1.0, mean + reach))
    return Rate(value=mean, u=u, interval=interval, n=int(used.sum()), dof=float(len(sums) - 1))


def _strata(found: PairVerdicts, first: Floats, items: tuple[Item, ...]) -> tuple[Stratum, ...]:
    made = []
    for by in ("kind", "language"):
        for name in sorted({name for item in items for name in tagged(item, by)}):
            among = np.array([name in tagged(item, by) for item in items]) & found.had
            clear = among & (found.human != 0.5)
            made.append(Stratum(
                by=by, name=name, n=int(among.sum()),
                sensitivity=numbers.share((first == found.human)[clear], _among(found, clear)),
                difference=numbers.difference((found.judge[:, 0] - found.human)[among], _among(found, among)),
            ))  # fmt: skip
    return tuple(made)


def _notes(cases: KnownCases, made: Judging) -> tuple[Note, ...]:
    notes, items = [], cases.material.items
    if cases.raters == 1:
        notes.append(Note(code="one_rater"))
    if cases.excluded:
        notes.append(Note(code="raters_divided", values={"n": cases.excluded}))
    if len(items) < _FEW:
        notes.append(Note(code="pairs_few", values={"n": len(items)}))
    if not any(any(kin(made, tagged(item, "system"))) for item in items):
        notes.append(Note(code="pairs_no_kin"))
    return tuple(notes)
