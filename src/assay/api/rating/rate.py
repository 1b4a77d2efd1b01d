"""Rating: a session made from runs or a file, and the desk at which raters sit, one blinded case after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from assay.api.rating.cases import cases_of_file, cases_of_runs, drawn
from assay.api.rating.ratings import session
from assay.catalogue.find import locate, parts
from assay.store.ratings import Journal, journal, keep_plan
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import LONGEST_NOTE, Case, Rating, RatingPlan, Value, latest, rater_name, verdict
from assay.vocabulary.record import Json, Record
from assay.vocabulary.rubric import Rubric, load

_KEYS: Final = "123456789abcdefgijklm"  # h, n, s and u do other things
_FILES: Final = (".csv", ".jsonl")


class Wanted(Record, kw_only=True):
    """What is to be rated.

    Attributes:
        sources: runs of the laboratory, or one CSV or JSONL file; without a rubric, the name of a session.
        rubric: a TOML file, or the name of a rubric of a pack; None to go on with a session.
        items: rate a random sample of so many cases; None for all of them.
        seed: which random sample.
    """

    sources: tuple[str, ...] = ()
    rubric: str | None = None
    items: int | None = None
    seed: int = 0


def rubric(name: str) -> Rubric:
    """A rubric by its file, or by its name in a pack (``judging.correctness``).

    Raises:
        BadInput: there is none, or it is not fit for use.
    """
    if name.endswith(".toml") or Path(name).is_file():
        return load(name)
    return load(locate("rubric", name, "--rubric").path)


def begin(wanted: Wanted, lab: str | Path = ".assay") -> RatingPlan:
    """The session that is wanted, kept in the laboratory; the same wishes lead to the same session.

    Raises:
        BadInput: whatever is wrong with the rubric, the runs, the file or the number of items.
    """
    if wanted.rubric is None:
        if len(wanted.sources) > 1 or wanted.items is not None or not _may_be_session(wanted.sources):
            raise BadInput("rubric.none", names=", ".join(part.name for part in parts("rubric")))
        return session(wanted.sources[0] if wanted.sources else "last", lab)
    made = rubric(wanted.rubric)
    names = list(wanted.sources) or ["last"]
    if len(names) == 1 and Path(names[0]).suffix.lower() in _FILES:
        cases, sample = cases_of_file(Path(names[0]), made)
    else:
        cases, sample = cases_of_runs(names, made, Path(lab))
    cases, sample = drawn(cases, sample, wanted.items, wanted.seed)
    plan = RatingPlan(rubric=made, cases=tuple(cases), sample=sample)
    keep_plan(Path(lab), plan)
    return plan


def _may_be_session(sources: tuple[str, ...]) -> bool:
    return not sources or Path(sources[0]).suffix.lower() not in _FILES


class Desk:
    """One session, open for raters; whoever knows its address may rate.

    Args:
        plan: the session.
        kept: its ratings, open for adding.
    """

    def __init__(self, plan: RatingPlan, kept: Journal) -> None:
        self.plan = plan
        self._kept = kept
        self._holds = latest(kept.rows)
        self._orders: dict[str, list[Case]] = {}
        self._places: dict[str, dict[str, int]] = {}

    def sheet(self) -> dict[str, Json]:
        """What a rater must know before the first case, in all languages; nothing of runs or systems."""
        rubric = self.plan.rubric
        return {
            "title": rubric.title, "instructions": rubric.instructions, "kind": rubric.kind, "ties": rubric.ties,
            "languages": rubric.languages, "with_reference": rubric.with_reference, "total": len(self.plan.cases),
            "options": [
                {"value": one.value, "label": one.label, "anchor": one.anchor, "key": key}
                for one, key in zip(rubric.option, keys(rubric), strict=True)
            ],
            "raters": [{"name": name, "done": self._done(name)} for name in self._raters()],
        }  # fmt: skip

    def place(self, rater: str, at: int | None = None, after: int = -1) -> dict[str, Json]:
        """A case as this rater may see it.

        Args:
            rater: who.
            at: which one, from 0, in the rater's own order; None for the next one that has no verdict.
            after: where to begin to look for it; it begins anew at the end.
        Returns:
            ``place`` (None when all are done), ``done``, ``total``, and for a case ``key``, ``prompt``, ``reference``,
            ``texts`` in the order for this rater, and ``given``: what the rater said before, if anything.
        """
        name = rater_name(rater, self._raters(), "rater")
        order = self._order(name)
        if at is None:
            places = [*range(after + 1, len(order)), *range(min(after + 1, len(order)))]
            at = next((place for place in places if (order[place].id, name) not in self._holds), None)
        found: dict[str, Json] = {"rater": name, "place": at, "done": self._done(name), "total": len(order)}
        if at is None or not 0 <= at < len(order):
            return found | {"place": None}
        case = order[at]
        shown = self.plan.shown(name, case)
        return found | {
            "key": self.plan.blind(name, case), "prompt": case.prompt,
            "reference": case.reference if self.plan.rubric.with_reference else "",
            "texts": [case.candidates[place].text for place in shown],
            "given": self._given(name, case, shown),
        }  # fmt: skip

    def rate(self, rater: str, key: str, said: Json, note: str = "") -> dict[str, Json]:
        """Keep a verdict, and give the next case.

        Args:
            rater: who.
            key: the case, as ``place`` named it.
            said: the value of an option; for ``choice`` 0 or 1 (the place on the page) or ``tie``; for ``ranking``
                places on the page, best first; None if the rater cannot tell.
            note: what the rater adds.
        Raises:
            BadInput: no such case, or no such verdict; nothing is kept.
        """
        name = rater_name(rater, self._raters(), "rater")
        at, case = self._find(name, key)
        shown = self.plan.shown(name, case)
        value = None if said is None else verdict(self.plan, case, self._meant(case, said, shown), "verdict")
        if len(note) > LONGEST_NOTE:
            expected = f"at most {LONGEST_NOTE} characters"
            raise BadInput("setting.value", where="rating", key="note", got=f"{len(note)} characters",
                           expected=expected)  # fmt: skip
        self._add(name, case, value, note)
        return self.place(name, after=at)

    def undo(self, rater: str) -> dict[str, Json]:
        """Withdraw the last verdict of this rater that holds and was given on the page, and give its case again."""
        name = rater_name(rater, self._raters(), "rater")
        for row in reversed(self._kept.rows):
            if row.rater == name and row.source == "page" and self._holds.get((row.case, name)) is row:
                case = self.plan.by_id[row.case]
                self._add(name, case, None, "", withdrawn=True)
                return self.place(name, at=self._order(name).index(case)) | {"undone": True}
        return self.place(name) | {"undone": False}

    def _add(self, name: str, case: Case, value: Value, note: str, withdrawn: bool = False) -> None:
        rating = Rating(
            case=case.id, item=case.item, candidates=tuple(one.id for one in case.candidates),
            shown=self.plan.shown(name, case), rater=name,
            status="withdrawn" if withdrawn else "skipped" if value is None else "ok", value=value, note=note,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"), source="page",
            blind=self.plan.blind(name, case), rubric=self.plan.rubric.digest, plan=self.plan.name,
        )  # fmt: skip
        self._kept.add([rating])
        if withdrawn:
            del self._holds[case.id, name]
        else:
            self._holds[case.id, name] = rating

    def _meant(self, case: Case, said: Json, shown: tuple[int, ...]) -> Json:
        """A place on the page as the candidate that stood there."""
        kind = self.plan.rubric.kind
        if kind == "choice" and type(said) is int and said in (0, 1):
            return self.plan.rubric.values[shown[said]]
        if kind == "choice":
            return said if said == "tie" else {"place": said}
        if kind == "ranking":
            places = [place for place in said if type(place) is int] if isinstance(said, list) else []
            return [case.candidates[shown[place]].id for place in places if 0 <= place < len(shown)]
        return said

    def _given(self, name: str, case: Case, shown: tuple[int, ...]) -> Json:
        """What this rater said before of a case, in terms of the page."""
        row = self._holds.get((case.id, name))
        if row is None:
            return None
        said: Json = row.value
        if self.plan.rubric.kind == "choice" and said in ("first", "second"):
            said = shown.index(("first", "second").index(str(said)))
        elif isinstance(said, tuple):
            ids = [one.id for one in case.candidates]
            said = [shown.index(ids.index(one)) for one in said]
        return {"said": said, "note": row.note, "skipped": row.status == "skipped"}

    def _raters(self) -> list[str]:
        return list({row.rater: None for row in self._kept.rows})

    def _done(self, name: str) -> int:
        return sum(rater == name for _, rater in self._holds)

    def _order(self, name: str) -> list[Case]:
        if name not in self._orders:
            self._orders[name] = self.plan.order(name)
            self._places[name] = {self.plan.blind(name, case): i for i, case in enumerate(self._orders[name])}
        return self._orders[name]

    def _find(self, name: str, key: str) -> tuple[int, Case]:
        order = self._order(name)
        place = self._places[name].get(key)
        if place is None:
            raise BadInput("rating.unknown_key")
        return place, order[place]


def keys(rubric: Rubric) -> list[str]:
    """The key for each option: the grade itself where all grades are single digits, else 1, 2, 3 … and letters."""
    values = [option.value for option in rubric.option]
    if rubric.kind == "score" and all(type(value) is int and 0 <= value <= 9 for value in values):
        return [str(value) for value in values]
    return list(_KEYS[: len(values)])


@contextmanager
def desk(plan: RatingPlan, lab: str | Path = ".assay") -> Iterator[Desk]:
    """The desk of a session; no other process can write into the session while it is open.

    Raises:
        BadInput: another process has it open.
    """
    with journal(Path(lab), plan) as kept:
        yield Desk(plan, kept)


def json_of(plan: RatingPlan) -> dict[str, Json]:
    """A session without its texts: what ``--json`` prints when one was made."""
    return {
        "session": plan.name, "rubric": plan.rubric.name, "rubric_digest": plan.rubric.digest,
        "cases": len(plan.cases), "sample": msgspec.to_builtins(plan.sample),
    }  # fmt: skip
