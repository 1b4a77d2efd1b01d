"""Ratings by people in place of a judge: which of the stored responses they preferred."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assay.api.arena.cases import Answered, Pool
from assay.exchange.ratings import table
from assay.store.ratings import plan_of, rows_of, sessions
from assay.vocabulary.arena import Contestant, People, Votes
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.rating import latest
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

_NEEDED = ("item", "candidates", "value")


class Rated(NamedTuple):
    """Verdicts by people, whether the order in which they saw the responses is known, and who they are."""

    votes: Votes
    placed: bool
    people: People


class _Row(NamedTuple):
    """One rating: place for messages, columns, the systems in the order of ``candidates``, their order as shown."""

    place: str
    columns: dict[str, Any]
    systems: tuple[int, ...]
    shown: tuple[int, ...]


def session_rubric(source: str, lab: Path) -> Rubric | None:
    """The rubric of a session of rating; None for a file."""
    return plan_of(lab, source).rubric if _is_session(source, lab) else None


class _Columns:
    """The verdicts as they are gathered; the same verdict of one rater on one case counts once."""

    def __init__(self, found: Pool, rubric: Rubric) -> None:
        self._found, self._rubric = found, rubric
        self._seen: dict[tuple[Json, ...], tuple[tuple[int, ...], str]] = {}
        self._clusters: dict[str, int] = {}
        self._columns: dict[str, list[Any]] = {name: [] for name in Votes.__struct_fields__}
        self.raters = set[str]()
        self.placed = True

    def add(self, place: str, given: dict[str, Any]) -> None:
        """Take one rating; see ``rated`` for what is refused."""
        systems, rubric = self._found.systems, self._rubric
        if given.get("rubric") not in (None, "", rubric.digest):
            raise BadInput("rating.other_rubric", place=place, got=str(given["rubric"])[:12],
                           expected=rubric.digest[:12])  # fmt: skip
        row = _row(place, given, systems, rubric)
        trial, ranked = _trial(row, self._found), _ranked(row, rubric, systems)
        rater = str(given.get("rater") or "")
        key = (trial.name, rater or place, *sorted(row.systems))
        if key in self._seen:
            other, first = self._seen[key]
            if other != ranked:
                raise BadInput("rating.conflict", place=place, rater=rater, id=trial.name, got=str(given["value"])[:80],
                               first=first, other=_named(other, systems))  # fmt: skip
            return
        self._seen[key] = (ranked, place)
        self.raters.add(rater)
        self.placed &= bool(row.shown)
        shown, columns = row.shown or row.systems, self._columns
        columns["cluster"].append(self._clusters.setdefault(trial.cluster, len(self._clusters)))
        columns["reading"].append(len(columns["reading"]))
        columns["shown"].append(shown)
        columns["ranked"].append(ranked)
        columns["length"].append(tuple(len(trial.texts[system]) for system in shown))

    @property
    def votes(self) -> Votes:
        """All of them."""
        self._columns["clusters"] = list(self._clusters)
        return Votes(**{name: tuple(column) for name, column in self._columns.items()})


def rated(source: str, lab: Path, found: Pool, rubric: Rubric) -> Rated:
    """The verdicts of a file or of a session of rating on the responses of some runs.

    A file, CSV or JSONL, has ``item``, ``candidates`` (names of the runs, with ``|`` between them), ``value``
    (``first``, ``second``, ``tie``, or names, best first), and as far as it is known ``rater``, ``variant``, ``repeat``
    and ``shown`` (places of the candidates in the order in which they were seen, from 0): what ``assay rate --export``
    writes.

    Args:
        source: path of the file or name of the session.
        lab: folder of the laboratory.
        found: the responses.
        rubric: whose verdicts they are.
    Raises:
        BadInput: an item or a system that is not in the runs, a verdict outside of the rubric, two verdicts of one
            rater on one case, verdicts by another rubric, or none at all.
    """
    session = _is_session(source, lab)
    rows = list(_session(source, lab) if session else _file(Path(source)))
    columns = _Columns(found, rubric)
    for place, given in rows:
        if given.get("status", "ok") in ("ok", None, ""):
            columns.add(place, given)
    if not columns.raters:
        raise BadInput("rating.no_ratings", path=source)
    sha256 = digest([given for _, given in rows]) if session else digest_bytes(Path(source).read_bytes())
    people = People(source=Path(source).name, sha256=sha256, raters=len(columns.raters))
    return Rated(columns.votes, columns.placed, people)


def _is_session(source: str, lab: Path) -> bool:
    return not Path(source).exists() and source in sessions(lab)


def _session(name: str, lab: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    plan = plan_of(lab, name)
    for (case, rater), rating in sorted(latest(rows_of(lab, plan)).items()):
        known = plan.by_id[case]
        value = "|".join(rating.value) if isinstance(rating.value, tuple) else rating.value
        yield f"{name}: {case}", {
            "item": known.item, "variant": known.variant, "repeat": known.repeat, "rater": rater, "value": value,
            "candidates": "|".join(rating.candidates), "shown": "|".join(map(str, rating.shown)),
            "status": rating.status, "rubric": rating.rubric,
        }  # fmt: skip


def _file(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = list(table(path))
    had = list({key: None for _, row in lines for key in row})
    if not lines:
        raise BadInput("rating.no_ratings", path=str(path))
    for column in _NEEDED:
        if column not in had:
            raise BadInput("table.no_column", path=str(path), column=column, field=column, near=near(column, had))
    yield from lines


def _row(place: str, given: dict[str, Any], systems: Sequence[Contestant], rubric: Rubric) -> _Row:
    names = [name for name in str(given.get("candidates") or "").split("|") if name]
    fewest, most = rubric.candidates
    if not fewest <= len(names) <= most:
        expected = str(fewest) if fewest == most else f"{fewest}-{most}"
        raise BadInput("arena.candidates", place=place, got=len(names), expected=expected, rubric=rubric.name)
    places = tuple(_system(name, systems, place) for name in names)
    if len(set(places)) < len(places):
        raise BadInput("compare.twice", run=systems[max(places, key=places.count)].run)
    order = [part for part in str(given.get("shown") if given.get("shown") is not None else "").split("|") if part]
    if order and sorted(order) != [str(k) for k in range(len(names))]:
        raise BadInput("arena.shown", place=place, got="|".join(order)[:80], n=len(names))
    return _Row(place, given, places, tuple(places[int(k)] for k in order))


def _system(name: str, systems: Sequence[Contestant], place: str) -> int:
    exact = [k for k, one in enumerate(systems) if one.run == name]
    found = exact or [k for k, one in enumerate(systems) if one.run.startswith(name)]
    if len(found) != 1:
        raise BadInput("arena.other_system", place=place, name=name[:80], known=", ".join(one.run for one in systems))
    return found[0]


def _trial(row: _Row, found: Pool) -> Answered:
    item = str(row.columns.get("item") if row.columns.get("item") is not None else "")
    named = [trial for trial in found.trials if trial.item == item]
    if not named:
        known = list({trial.item: None for trial in found.trials})[:1000]
        raise BadInput("arena.unknown_item", place=row.place, id=item[:80], near=near(item, known))
    wanted = [row.columns.get(key) for key in ("variant", "repeat")]
    fits = [trial for trial in named if all(value in (None, "") or str(value) == str(own)
                                            for value, own in zip(wanted, trial.where, strict=True))]  # fmt: skip
    fits = [trial for trial in fits if set(row.systems) <= set(trial.texts)]
    if len(fits) != 1:
        raise BadInput("arena.several_trials", place=row.place, id=item, n=len(fits))
    return fits[0]


def _ranked(row: _Row, rubric: Rubric, systems: Sequence[Contestant]) -> tuple[int, ...]:
    """The systems, best first; nothing for a tie."""
    said = str(row.columns.get("value") if row.columns.get("value") is not None else "").strip()
    if rubric.kind == "choice":
        first, second = row.systems
        table_of = {"first": (first, second), "second": (second, first), systems[first].run: (first, second),
                    systems[second].run: (second, first), **({"tie": ()} if rubric.ties else {})}  # fmt: skip
        if said in table_of:
            return table_of[said]
        expected = ", ".join(map(str, rubric.values))
    else:
        names = said.split("|")
        if len(names) == len(row.systems):
            ranked = tuple(_system(name, systems, row.place) for name in names)
            if sorted(ranked) == sorted(row.systems):
                return ranked
        expected = "each once, best first: " + "|".join(systems[k].run for k in row.systems)
    raise BadInput("rating.outside", place=row.place, got=said[:80], rubric=rubric.name, expected=expected)


def _named(ranked: tuple[int, ...], systems: Sequence[Contestant]) -> str:
    return "|".join(systems[place].run for place in ranked) or "tie"
