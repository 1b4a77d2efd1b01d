"""Estimators on arrays in memory: seconds, peak memory, and the ratio to libraries that do the same.

Each case runs in a process of its own, after one small run that does not count. A library is used where it is
installed in this environment; otherwise its cell says so.
"""

import resource
import time
from collections.abc import Callable
from multiprocessing import get_context

import numpy as np

from tables.table import Setup, Table, say

COLUMNS = ["case", "s", "peak GB", "library", "its s", "ratio"]


def _crossed(items: int, variants: int, repeats: int, keep: float) -> Callable[[], float]:
    from assay.uncertainty.score.components import estimate
    from assay.uncertainty.score.crossed import Rows

    rng = np.random.default_rng(1)
    item = np.repeat(np.arange(items, dtype=np.int32), variants * repeats)
    variant = np.tile(np.repeat(np.arange(variants, dtype=np.int32), repeats), items)
    value = rng.random(items)[item] + rng.normal(0, 0.1, variants)[variant] + rng.random(len(item))
    value = (value > 0.9).astype(np.float64)
    if keep < 1:
        had = rng.random(len(item)) < keep
        item, variant, value = item[had], variant[had], value[had]
    rows = Rows(item, variant, value)
    return lambda: estimate(rows).value


def balanced(part: float) -> Callable[[], float]:
    """10 million observations: 100,000 items × 10 variants × 10 repeats."""
    return _crossed(int(100_000 * part), 10, 10, 1.0)


def missing(part: float) -> Callable[[], float]:
    """40,000 rows with missing cells."""
    return _crossed(int(2500 * part), 5, 4, 0.8)


def missing_large(part: float) -> Callable[[], float]:
    """400,000 rows with missing cells."""
    return _crossed(int(12_500 * part), 10, 4, 0.8)


def _clustered(part: float) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(1000), 10)
    return rng.normal(size=1000)[group] + rng.normal(size=10_000), group, int(10_000 * part)


def bootstrap(part: float) -> Callable[[], float]:
    """10,000 draws of 1,000 clusters with 10,000 items."""
    from assay.uncertainty.resample import Plan, bootstrap, sums

    value, group, draws = _clustered(part)
    return lambda: bootstrap(sums(np.stack([value, np.ones(len(value))], axis=1), group), plan=Plan(draws)).low


def bootstrap_scipy(part: float) -> Callable[[], float]:
    """The same for the means of the clusters, all of one size."""
    from scipy import stats

    value, _, draws = _clustered(part)
    means = value.reshape(1000, 10).mean(axis=1)
    return lambda: stats.bootstrap((means,), np.mean, n_resamples=draws, rng=1, batch=1000).confidence_interval.low


def _games(part: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    n = int(200_000 * part)
    strength, first = rng.normal(0, 1, 100), rng.integers(0, 100, n)
    second = (first + rng.integers(1, 100, n)) % 100
    return first, second, (rng.random(n) < 1 / (1 + np.exp(strength[second] - strength[first]))).astype(np.float64)


def bradley_terry(part: float) -> Callable[[], float]:
    """200,000 comparisons of 100 systems, with covariance."""
    from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry

    rows = Comparisons(*_games(part))
    return lambda: float(bradley_terry(rows).strength[0])


def bradley_terry_choix(part: float) -> Callable[[], float]:
    """The same, without covariance; the list of pairs is made before."""
    import choix

    first, second, outcome = _games(part)
    pairs = [(a, b) if won else (b, a) for a, b, won in zip(first, second, outcome, strict=True)]
    return lambda: float(choix.ilsr_pairwise(100, pairs)[0])


def bradley_terry_evalica(part: float) -> Callable[[], float]:
    """The same, without covariance; the lists are made before."""
    import evalica

    first, second, outcome = _games(part)
    xs, ys = first.tolist(), second.tolist()
    winners = [evalica.Winner.X if won else evalica.Winner.Y for won in outcome]
    return lambda: float(evalica.bradley_terry(xs, ys, winners).scores.iloc[0])


def _answers(systems: int, items: int) -> np.ndarray:
    rng = np.random.default_rng(4)
    slope, difficulty, ability = np.exp(rng.normal(0, 0.3, items)), rng.normal(0, 1, items), rng.normal(0, 1, systems)
    chance = 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))
    return (rng.random((systems, items)) < chance).astype(np.float64)


def response(part: float) -> Callable[[], float]:
    """1,000 systems × 200 items, with abilities."""
    return _response(1000, int(200 * max(part, 0.1)))


def response_small(part: float) -> Callable[[], float]:
    """200 systems × 50 items, with abilities."""
    return _response(200, 50)


def _response(systems: int, items: int) -> Callable[[], float]:
    from assay.uncertainty.ability.item_response import Answers, abilities, calibrated

    answers = Answers(_answers(systems, items))
    return lambda: float(abilities(calibrated(answers), answers).theta[0])


def response_girth(part: float) -> Callable[[], float]:
    """200 systems × 50 items, without standard uncertainties."""
    import girth

    table = _answers(200, 50).T.astype(int)
    return lambda: float(girth.twopl_mml(table)["Difficulty"][0])


CASES: list[tuple[str, Callable[[float], Callable[[], float]], float | None, list]] = [
    ("budget of 10 million observations", balanced, 10.0, []),
    ("components, 40,000 rows, missing cells", missing, 1.0, []),
    ("components, 400,000 rows, missing cells", missing_large, 10.0, []),
    ("cluster bootstrap, 10,000 draws", bootstrap, 2.0, [("scipy", bootstrap_scipy)]),
    ("Bradley-Terry, 200,000 × 100", bradley_terry, 0.5,
     [("choix", bradley_terry_choix), ("evalica", bradley_terry_evalica)]),
    ("2PL, 1,000 × 200", response, 5.0, []),
    ("2PL, 200 × 50", response_small, None, [("girth", response_girth)]),
]  # fmt: skip


def measure(setup: Setup) -> Table:
    """Every case once; the libraries in the same run."""
    table = Table("estimators", "estimators on arrays in memory", COLUMNS)
    part = 0.01 if setup.quick else 1.0
    for name, case, limit, libraries in CASES:
        seconds, peak = alone(case, part)
        say(f"{name}: {seconds:.2f} s")
        table.data.append({"what": name, "wall_s": seconds, "peak_bytes": peak})
        found = [(library, alone(theirs, part)) for library, theirs in libraries]
        first = f"{seconds:.3f}", f"{peak / 1e9:.2f}"
        for library, (their_s, _) in found or [("-", (-1.0, 0))]:
            known = their_s >= 0
            cells = f"{their_s:.3f}" if known else "not had" if library != "-" else "-"
            table.rows.append([name, *first, library, cells, f"{their_s / seconds:.1f}" if known else "-"])
            table.data.append({"what": name, "library": library, "wall_s": their_s if known else None})
        if limit is not None:
            table.target(f"{name} at most {limit:g} s", seconds, limit, " s", setup.quick)
        if case is balanced:
            table.target(f"{name} at most 4 GB", peak / 1e9, 4.0, " GB", setup.quick)
    return table


def alone(case: Callable[[float], Callable[[], float]], part: float) -> tuple[float, int]:
    """Seconds and peak memory of a case in a process of its own; -1 s where its library is not installed."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(timed, (case, part))


def timed(case: Callable[[float], Callable[[], float]], part: float) -> tuple[float, int]:
    """What ``alone`` runs there; data are made, and modules imported, before the clock starts."""
    try:
        case(min(part, 0.02))()
        ready = case(part)
    except ImportError:
        return -1.0, 0
    begin = time.perf_counter()
    ready()
    return time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
