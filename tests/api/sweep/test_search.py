"""The highest rate that meets its limits: what a run says of its rate, and what follows from the verdicts."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from assay.api.sweep import search as module
from assay.api.sweep.measured import Desk, Load
from assay.api.sweep.numbers import search_remarks
from assay.api.sweep.search import follows, searched, verdict_on
from assay.store.laboratory import Laboratory
from assay.uncertainty.servers.highest_rate import Search
from assay.vocabulary.errors import BadInput


def seen(state: str, good: Any) -> Any:
    """A run that was made."""
    work = SimpleNamespace(manifest=SimpleNamespace(planned=SimpleNamespace(run="run1")))
    return SimpleNamespace(work=work, report=b"{}", state=state, good=good)


def test_what_a_run_says_of_its_rate() -> None:
    good = np.ones(100, dtype=np.bool_)
    assert verdict_on(seen("steady", good)) is good
    overloaded = verdict_on(seen("overload", good[:0]))
    assert overloaded is not None and len(overloaded) == 0
    for state in ("refused", "unsteady"):  # says nothing of the server: no verdict
        assert verdict_on(seen(state, good[:0])) is None
    assert verdict_on(seen("steady", good[:0])) is None


def test_a_search_by_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Good up to a rate of 20, in overload from 40 on; the client is refused at every rate from 30 to 40, once."""
    asked: list[Load] = []

    def made_up(desk: Desk, at: Load) -> Any:
        asked.append(at)
        rng = np.random.default_rng([round(at.setting * 1e6), at.place])
        if at.setting >= 40:
            return seen("overload", np.zeros(0, dtype=np.bool_))
        if at.setting >= 30 and not at.place:
            return seen("refused", np.zeros(0, dtype=np.bool_))
        return seen("steady", rng.random(1000) < (0.99 if at.setting <= 20 else 0.7))

    monkeypatch.setattr(module, "seen", made_up)
    told: list[tuple[float, int]] = []
    desk = Desk({}, Laboratory(tmp_path), lambda state: None)
    made = searched(desk, (1.0, 64.0), Search(0.9, within=0.1), lambda rate, place: told.append((rate, place)))
    found = made.found
    assert found.resolved and found.low is not None and found.high is not None and found.low <= 20 <= found.high
    assert found.high <= found.low * 1.1 and follows(found)
    assert all(load.alone for load in asked) and len(told) == len(asked)
    overloaded = next(one for one in found.tried if one.rate >= 40)
    assert (overloaded.verdict, overloaded.share, overloaded.n) == ("fails", None, 0)
    between = [one for one in found.tried if 30 <= one.rate < 40]
    assert all([run.state for run in one.runs] == ["refused", "steady"] for one in between)


def test_runs_that_are_all_refused_are_no_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "seen", lambda desk, at: seen("refused", np.zeros(0, dtype=np.bool_)))
    desk = Desk({}, Laboratory(tmp_path), lambda state: None)
    found = searched(desk, (1.0, 64.0), Search(0.9, runs=2, rates=3), lambda rate, place: None).found
    assert (found.low, found.high, found.resolved) == (None, None, False)
    assert {(one.verdict, one.share, len(one.runs), one.cause) for one in found.tried} == {
        ("undecided", None, 2, "refused")}  # fmt: skip
    assert follows(found) and codes(found) == ["undecided.refused", "runs_refused"]


def test_each_rate_says_why_nothing_was_decided_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refused at 1 but for a run without a steady part, too short at 64, near the wanted share in between."""

    def made_up(desk: Desk, at: Load) -> Any:
        nothing = np.zeros(0, dtype=np.bool_)
        if at.setting == 1.0:
            return seen("unsteady" if at.place else "refused", nothing)
        if at.setting == 64.0:
            return seen("steady", np.ones(4, dtype=np.bool_))
        return seen("refused", nothing) if at.place else seen("steady", np.arange(300) % 10 > 0)

    monkeypatch.setattr(module, "seen", made_up)
    desk = Desk({}, Laboratory(tmp_path), lambda state: None)
    found = searched(desk, (1.0, 64.0), Search(0.9, runs=2, rates=3), lambda rate, place: None).found
    assert [one.cause for one in found.tried] == ["unsteady", "few", "near"] and follows(found)
    assert codes(found) == ["undecided.unsteady", "undecided.few", "undecided.near", "runs_refused"]
    lied = [msgspec.structs.replace(one, cause="refused") for one in found.tried]
    assert not follows(msgspec.structs.replace(found, tried=tuple(lied)))


def codes(found: Any) -> list[str]:
    """Remarks on a search whose prompts no cache knows."""
    return [one.code for one in search_remarks(found, {"mark": True})]


def test_a_search_without_limits_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "seen", lambda desk, at: seen("steady", None))
    with pytest.raises(BadInput, match="limits"):
        searched(Desk({}, Laboratory(tmp_path), lambda state: None), (1.0, 2.0), Search(0.9), lambda rate, place: None)


def test_an_answer_that_does_not_follow_is_noticed(made: Any) -> None:
    found = made.search(10.0, 10.4)
    assert found.resolved and follows(found)
    for change in ({"low": 10.3}, {"high": None}, {"resolved": False}):
        assert not follows(msgspec.structs.replace(found, **change))
    contradicted = made.search(10.0, 9.0)
    assert not contradicted.resolved and follows(contradicted)
