"""Do strengths cover through the real path: stored responses, questions, parsed verdicts, clusters?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

import assay
from assay.api.arena import numbers as numbers
from assay.api.arena.arena import Asked, arena
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.vocabulary.arena import Votes

SHARES, SENSITIVITY, BIAS, BLOCK, BLOCKS = (0.3, 0.5, 0.5), 0.9, 0.15, 40, 50
CODE = """
import hashlib
from assay.testing.reference_judge import ReferenceJudge
judge_of = ReferenceJudge(sensitivity={sensitivity}, position_bias={bias})
def answer(stimulus, seed): return judge_of.answer(stimulus, seed)
def _draw(*what): return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48
def _said(name, share, stimulus):
    return f"grade={{2 if _draw(name, stimulus) < share else 1}} by {{name}} to {{stimulus}}"
def one(stimulus): return _said("one", {shares[0]}, stimulus)
def two(stimulus): return _said("two", {shares[1]}, stimulus)
def six(stimulus): return _said("six", {shares[2]}, stimulus)
"""


@pytest.fixture(scope="module")
def votes(tmp_path_factory: pytest.TempPathFactory) -> Votes:
    """The verdicts of a judge with a bias of 0.15 for the first place on three systems, two of them equal."""
    folder = tmp_path_factory.mktemp("arena")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        code = CODE.format(sensitivity=SENSITIVITY, bias=BIAS, shares=SHARES)
        Path("arena_contestants.py").write_text(code)
        rows = [json.dumps({"id": f"q{n}", "input": f"Say {n}.", "target": "2"}) for n in range(BLOCK * BLOCKS)]
        Path("items.jsonl").write_text("\n".join(rows))
        runs = [
            assay.measure({
                "subject": {"part": "general.callable", "function": f"arena_contestants:{name}"},
                "material": {"part": "general.table", "path": "items.jsonl"},
                "procedure": {"part": "general.direct", "instrument": {"part": "general.includes"}},
            }, "lab").run
            for name in ("one", "two", "six")
        ]  # fmt: skip
        judge: dict[str, Any] = {"judge": {"part": "general.callable", "function": "arena_contestants:answer"},
                                 "uncalibrated": True}  # fmt: skip
        return arena(runs, "lab", Asked(judge=judge)).arena.votes


def truth() -> Any:
    """Strengths of the preferences that this judge has on average over both orders."""
    rows = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        p, q = SHARES[i], SHARES[j]
        right, wrong, even = p * (1 - q), q * (1 - p), p * q + (1 - p) * (1 - q)
        won, lost = ((1 - BIAS) * (SENSITIVITY * a + (1 - SENSITIVITY) * b) + BIAS / 2
                     for a, b in ((right, wrong), (wrong, right)))  # fmt: skip
        rows += [(i, j, 1.0, won), (i, j, 0.0, lost), (i, j, 0.5, (1 - BIAS) * even)]
    first, second, outcome, times = zip(*rows, strict=True)
    return bradley_terry(Comparisons(first, second, outcome, times=times), 3).strength


def block(votes: Votes, number: int, both: bool = True) -> Votes:
    """The verdicts on some of the items; of each pair in the first of its orders alone if not ``both``."""
    names = {k: int(name[1:]) for k, name in enumerate(votes.clusters)}
    chosen = [k for k, cluster in enumerate(votes.cluster) if names[cluster] % BLOCKS == number
              and (both or votes.shown[k] == tuple(sorted(votes.shown[k])))]  # fmt: skip
    columns = {name: tuple(getattr(votes, name)[k] for k in chosen) for name in Votes.__struct_fields__[1:]}
    return replace(votes, **columns)


def test_differences_of_strengths_are_covered_and_a_bias_for_the_first_place_does_not_move_them(votes: Votes) -> None:
    true = truth()
    assert len(votes.reading) == 2 * 3 * BLOCK * BLOCKS and abs(true[1] - true[2]) < 1e-9
    inside, errors = [], []
    for number in range(BLOCKS):
        found = numbers.stated(block(votes, number), 3, "choice", True).strengths
        assert found is not None
        for one, other in ((0, 1), (0, 2), (1, 2)):
            gap, _, (low, high) = found.difference(one, other)
            inside.append(low <= true[one] - true[other] <= high)
            errors.append(gap - (true[one] - true[other]))
    assert 0.89 <= np.mean(inside) <= 0.99, "150 intervals at a level of 0.95, three of each block"
    twins = np.array(errors)[2::3]
    assert abs(twins.mean()) < 3 * twins.std() / BLOCKS**0.5


def test_one_order_alone_would_have_been_biased(votes: Votes) -> None:
    gaps = []
    for number in range(BLOCKS):
        rows = numbers.comparisons(block(votes, number, both=False))._replace(covariates=None)
        found = bradley_terry(rows, 3)
        gaps.append(found.strength[1] - found.strength[2])
    mean, spread = float(np.mean(gaps)), float(np.std(gaps)) / BLOCKS**0.5
    assert mean > 5 * spread, "of two equal systems the one that is always shown first seems to be the better one"


def test_the_predicted_round_robin_is_what_one_takes(votes: Votes) -> None:
    """What an equal share needs for a resolution, predicted from some items, against the u that as many items have."""
    from assay.uncertainty.arena.next_pairs import Aim

    pilot = block(votes, 0)
    for number in range(1, 4):
        more = block(votes, number)
        pilot = replace(pilot, **{name: (*getattr(pilot, name), *getattr(more, name))
                                  for name in Votes.__struct_fields__[1:]})  # fmt: skip
    found = numbers.stated(pilot, 3, "choice", True).strengths
    whole = numbers.stated(votes, 3, "choice", True).strengths
    assert found is not None and whole is not None
    aim = Aim("all", 0.3, 2.4)
    even = numbers.round_robin(found, pilot, aim)
    u = max(whole.difference(one, other)[1] for one, other in ((0, 1), (0, 2), (1, 2)))
    needed = 3 * BLOCK * BLOCKS * (u * aim.factor / aim.apart) ** 2  # were all differences below the resolution
    assert even is not None and 0.4 < even / needed < 1.6
