"""Does the choice of the next pairs leave intervals valid, with items that are shared by all pairs?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from assay.api.arena import adaptive, numbers
from assay.api.arena.adaptive import chosen
from assay.vocabulary.arena import Votes
from assay.vocabulary.material import Item


class Judges:
    """Stands for a judge and its store: verdicts that depend on the item besides the systems."""

    judges = (None,)

    def __init__(self, strength: Sequence[float], seed: int) -> None:
        self.strength, self.rng = np.array(strength), np.random.default_rng(seed)
        self.liking: dict[str, Any] = {}
        self.said: dict[str, tuple[bool, bool]] = {}

    def put(self, made: Any, cases: Sequence[Item], *rest: Any) -> tuple[Votes, dict[str, int]]:
        columns: dict[str, list[Any]] = {name: [] for name in Votes.__struct_fields__}
        clusters: dict[str, int] = {}
        for number, case in enumerate(cases):
            trial, one, other = case.id.split("|")
            a, b = int(one), int(other)
            if case.id not in self.said:
                liking = self.liking.setdefault(trial, self.rng.normal(0, 0.6, len(self.strength)))
                p = expit(self.strength[a] + liking[a] - self.strength[b] - liking[b])
                first, second = self.rng.random(2)
                self.said[case.id] = (bool(first < p), bool(second < p))
            for won, shown in zip(self.said[case.id], ((a, b), (b, a)), strict=True):
                columns["cluster"].append(clusters.setdefault(trial, len(clusters)))
                columns["reading"].append(number)
                columns["shown"].append(shown)
                columns["ranked"].append((a, b) if won else (b, a))
                columns["length"].append((10, 10))
        columns["clusters"] = list(clusters)
        return Votes(**{name: tuple(column) for name, column in columns.items()}), {}


def true_gap(a: float, b: float) -> float:
    """The log odds of the mean preference over items, which is what strengths describe."""
    draws = np.random.default_rng(0).normal(0, 0.6 * 2**0.5, 200_000)
    p = float(expit(a - b + draws).mean())
    return float(np.log(p / (1 - p)))


def study(strength: Sequence[float], simulations: int, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, float]:
    """Coverage of all differences, and the mean factors saved: against an equal share, and against everything."""
    n = len(strength)
    by_pair = {(i, j): [Item(id=f"q{k}|{i}|{j}", stimulus="") for k in range(400)]
               for i in range(n) for j in range(i + 1, n)}  # fmt: skip
    true = {pair: true_gap(strength[pair[0]], strength[pair[1]]) for pair in by_pair}
    places = {str(place): place for place in range(n)}
    inside, even, all_of = [], [], []
    for seed in range(simulations):
        judge: Any = Judges(strength, seed)
        monkeypatch.setattr(adaptive, "put", judge.put)
        nothing: Any = None
        found = chosen(judge, by_pair, (0.6, None, seed), nothing, nothing, places)
        assert found.settled and found.round_robin is not None
        votes, _ = judge.put(None, found.cases)
        stated = numbers.stated(votes, n, "choice", True).strengths
        assert stated is not None
        for pair, gap in true.items():
            low, high = stated.difference(*pair)[2]
            inside.append(low <= gap <= high)
        even.append(found.round_robin / len(found.cases))
        all_of.append(400 * len(by_pair) / len(found.cases))
    return float(np.mean(inside)), float(np.mean(even)), float(np.mean(all_of))


@pytest.mark.parametrize(
    ("strength", "least"), [((0.0, 0.0, 0.0, 0.0), 0.7), ((-2.0, -1.2, -0.4, 0.4, 1.2, 2.0), 1.05)]
)
def test_intervals_hold_after_the_pairs_were_chosen(
    strength: Sequence[float], least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, even, whole = study(strength, 25, monkeypatch)
    assert held >= 0.88, "intervals at a level of 0.95, those of one simulation not independent"
    assert even > least and whole > 2
