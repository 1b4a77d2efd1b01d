"""Fitted models, agreement, resampling, planning."""

from collections.abc import Iterator

import numpy as np

from assay.testing.validation.published import Entry, Row, entries, pairs
from assay.uncertainty.ability.item_response import Answers, calibrated
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.uncertainty.judging.agreement import Ratings, cohen_kappa, gwet_ac1, krippendorff_alpha
from assay.uncertainty.planning.planning import items_for_power
from assay.uncertainty.resample import Floats, Plan, bootstrap, skewness, sums
from assay.uncertainty.score.auc import placements


def baseball(entry: Entry) -> Iterator[Row]:
    """Bradley-Terry, with and without an effect of playing at home."""
    teams = {"Mil": "Milwaukee", "Det": "Detroit", "Tor": "Toronto", "NY": "New York", "Bos": "Boston",
             "Cle": "Cleveland", "Bal": "Baltimore"}  # fmt: skip
    places = list(teams)
    rows = [
        (places.index(home), places.index(away), outcome, times)
        for home, away, won, lost in entry["games"]["rows"]
        for outcome, times in ((1.0, won), (0.0, lost))
    ]
    first, second, outcome, times = (np.array(column) for column in zip(*rows, strict=True))
    games = Comparisons(first, second, outcome, times=times)
    plain, home_too = bradley_terry(games), bradley_terry(games, order=True)
    for place, city in enumerate(list(teams.values())[:-1]):
        value, u, _ = plain.difference(place, 6)
        yield from pairs((city, f"u({city})"), entry["no_order"][city], (value, u), 5e-5)
    assert home_too.order is not None
    yield from pairs(("home effect", "u(home effect)"), entry["home_effect"], home_too.order, 5e-5)


def _units() -> Ratings:
    table = entries()["krippendorff"]["data"]
    value = np.array([[0.0 if one is None else one for one in row] for row in table]).T
    return Ratings(value, np.array([[one is not None for one in row] for row in table]).T)


def krippendorff(entry: Entry) -> Iterator[Row]:
    """Alpha with four metrics, ratings missing."""
    yield Row("nominal", entry["nominal"], krippendorff_alpha(_units(), "nominal").value, 1e-14)
    yield Row("ordinal", entry["ordinal"], krippendorff_alpha(_units(), "ordinal").value, 1e-14)
    yield Row("interval", entry["interval"], krippendorff_alpha(_units(), "interval").value, 1e-14)
    yield Row("ratio", entry["ratio"], krippendorff_alpha(_units(), "ratio").value, 1e-14)


def gwet_handbook(entry: Entry) -> Iterator[Row]:
    """AC1 of the same ratings."""
    found = gwet_ac1(_units())
    yield Row("AC1", entry["expect"]["ac1"], found.value, 5.1e-6)
    yield Row("percent agreement", entry["expect"]["observed"], found.observed, 5.1e-6)


def gwet_paradox(entry: Entry) -> Iterator[Row]:
    """High agreement, kappa below zero."""
    table = np.asarray(entry["table"])
    rows, columns = np.indices(table.shape)
    ratings = Ratings(np.stack([rows.ravel(), columns.ravel()], axis=1).repeat(table.ravel(), axis=0))
    yield Row("AC1", entry["expect"]["ac1"], gwet_ac1(ratings).value, 5.1e-4)
    yield Row("κ", entry["expect"]["kappa"], cohen_kappa(ratings).value, 5.1e-5)


def lsat6(entry: Entry) -> Iterator[Row]:
    """Two-parameter logistic model; the package integrates with fewer points, so that its last digits differ."""
    right = np.array([[int(c) for c in one] for one in entry["patterns"]])
    found = calibrated(Answers(right, times=np.array(list(entry["patterns"].values()))), prior=None)
    expect, items = entry["expect"], range(1, 6)
    slope_u, difficulty_u = found.u
    yield Row("log-likelihood", expect["log_likelihood"], found.log_likelihood, 5e-4)
    yield from pairs([f"b{i}" for i in items], expect["difficulty"], found.difficulty, 3e-3, "other_method")
    yield from pairs([f"a{i}" for i in items], expect["slope"], found.slope, 1e-3, "other_method")
    yield from pairs([f"u(a{i})" for i in items], expect["slope_u"], slope_u, 5e-4, "other_method")
    yield from pairs([f"u(b{i})" for i in items], expect["difficulty_u"], difficulty_u, 2e-3, "other_method")


def hanley_mcneil_1982(entry: Entry) -> Iterator[Row]:
    """Area under a curve of five grades; u by the placements alone, as printed."""
    grades = np.arange(1, 6)
    normal, abnormal = np.repeat(grades, entry["normal"]), np.repeat(grades, entry["abnormal"])
    values = np.concatenate([abnormal, normal]).astype(float)
    positive = np.arange(len(values)) < len(abnormal)
    placed = placements(values, positive, np.ones(len(values)))
    u2 = placed[positive].var(ddof=1) / len(abnormal) + placed[~positive].var(ddof=1) / len(normal)
    yield Row("area", entry["expect"]["area"], placed[positive].mean(), 5e-5)
    yield Row("u", entry["expect"]["u"], float(np.sqrt(u2)), 5e-5)


def _variance(total: Floats) -> Floats:
    return np.asarray(total[..., 1] / total[..., 2] - (total[..., 0] / total[..., 2]) ** 2)


def efron_spatial(entry: Entry) -> Iterator[Row]:
    """Bootstrap of a variance; the published ends scatter by their 2000 draws."""
    values = np.array(entry["values"], float)
    table = sums(np.stack([values, values**2, np.ones(len(values))], axis=1))
    found = bootstrap(table, _variance, Plan(draws=50_000, level=0.9, expanded=False))
    expect = entry["expect"]
    yield Row("variance", expect["variance"], found.value, 0.05)
    yield Row("acceleration", expect["acceleration"], skewness(_variance(table.sum(axis=0) - table)), 5e-4)
    low, high = expect["bca90"]
    yield Row("BCa 90 % low", low, found.low, 1.5, "simulation")
    yield Row("BCa 90 % high", high, found.high, 3.0, "simulation")


def miller_power(entry: Entry) -> Iterator[Row]:
    """Items needed to tell two systems apart."""
    for row in entry["rows"]:
        variance = entry["omega2"] + 2 * row["sigma2_each"] / row["K"]
        n = items_for_power(variance, entry["delta"], 1 - entry["alpha"], entry["power"])
        yield Row(f"σ² = {row['sigma2_each']:.4g}, K = {row['K']}", row["n"], n, 0.0)
