"""Analysis of variance, laboratories, reference materials."""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from assay.testing.validation.published import Entry, Row, pairs
from assay.uncertainty.jcgm106 import Limits, conformance_probability
from assay.uncertainty.judging.intraclass import icc, mean_squares
from assay.uncertainty.laboratories.consensus import algorithm_a
from assay.uncertainty.laboratories.precision import cochran, grubbs, mandel_h, mandel_k, precision
from assay.uncertainty.laboratories.reference_material import factors, homogeneity
from assay.uncertainty.score.cells import cells
from assay.uncertainty.score.components import components
from assay.uncertainty.score.crossed import Rows, clustered


def gum_h5(entry: Entry) -> Iterator[Row]:
    """Ten days of five readings, of which the guide prints mean and s of each day; F has its s to two digits."""
    pattern = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / sqrt(2.5)
    days = [mean + 1e-6 * s * pattern for mean, s in zip(entry["means"], entry["s_uV"], strict=True)]
    found = precision(days)
    expect = entry["expect"]
    yield Row("mean", expect["mean"], found.mean, 5e-8)
    yield Row("s of the means / µV", expect["s_means_uV"], 1e6 * float(np.std(entry["means"], ddof=1)), 5e-4)
    yield Row("F", expect["F"], found.ms_between / found.ms_within, 5e-7)
    yield Row("s_B / µV", expect["sB_uV"], 1e6 * found.between, 1e-4, "rounded_inputs")
    yield Row("u / µV", expect["u_uV"], 1e6 * sqrt(found.ms_between / 50), 5e-6)


def shrout_fleiss_1979(entry: Entry) -> Iterator[Row]:
    """Six targets, four judges."""
    squares, expect = mean_squares(entry["rows"]), entry["expect"]
    ours = (squares.targets, squares.within, squares.raters, squares.residual)
    names = ("BMS", "WMS", "JMS", "EMS")
    yield from pairs(names, [expect[name] for name in names], ours, 5.1e-3)
    forms = ("ICC11", "ICC21", "ICC31")
    yield from pairs(forms, [expect[name] for name in forms], [icc(entry["rows"], i).value for i in (1, 2, 3)], 5.1e-3)
    values = np.array(entry["rows"], float)
    item, variant = np.indices(values.shape)
    found = components(cells(Rows(item.ravel(), variant.ravel(), values.ravel())))
    kinds = ("target", "judge", "residual")
    yield from pairs([f"σ², {kind}" for kind in kinds], [expect["components"][kind] for kind in kinds],
                     found.variance, 5e-5)  # fmt: skip


def shrout_fleiss_intervals(entry: Entry) -> Iterator[Row]:
    """Intervals at 95 %, and the coefficient of the mean of four judges."""
    rows = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))
    for form, low, high, of_mean in entry["rows"]:
        found = icc(rows, form)
        assert found.interval is not None
        yield Row(f"ICC {form}: low", low, found.interval[0], 6e-4)
        yield Row(f"ICC {form}: high", high, found.interval[1], 5.1e-3)
        yield Row(f"ICC {form}: of the mean", of_mean, found.of_mean, 5.1e-3)


def cluster_tiny(entry: Entry) -> Iterator[Row]:
    """Fourteen scores in four clusters, small enough for paper and pencil."""
    s, c = np.array(entry["s"], float), np.array(entry["c"])
    expect, share = entry["expect"], np.full(len(s), 1 / len(s))
    residual = s - s.mean()
    yield Row("mean", expect["mean"], s.mean(), 5e-11)
    alone = clustered(share, residual, None)[0]
    yield Row("u, items taken as independent", expect["naive"], sqrt(alone), 5e-11)
    raw = float((np.bincount(c, weights=share * residual) ** 2).sum())
    yield Row("u, clusters", expect["miller"], sqrt(raw), 5e-11)
    yield Row("u, clusters, C / (C − 1)", expect["finite_C"], sqrt(raw * 4 / 3), 5e-11)


def algA_creosote(entry: Entry) -> Iterator[Row]:  # noqa: N802: the name of the vector
    """Algorithm A, iterated until it stands still."""
    found, expect = algorithm_a(entry["x"]), entry["expect"]
    assert found.spread is not None
    yield Row("x*", expect["x_star"], found.value, 5e-11)
    yield Row("s*", expect["s_star"], found.spread, 5e-10)
    yield Row("u(x_pt)", expect["u_xpt"], found.u, 5e-11)


def astm_e691_glucose(entry: Entry) -> Iterator[Row]:
    """Eight laboratories, three results each."""
    rows, expect = entry["rows"], entry["expect"]
    found, k, h = precision(rows), mandel_k(rows), mandel_h([sum(row) / 3 for row in rows])
    assert k is not None and h is not None
    yield Row("mean", expect["mean"], found.mean, 5.1e-5)
    yield Row("s_r", expect["s_r"], found.repeatability, 5.1e-5)
    yield Row("s_R", expect["s_R"], found.reproducibility, 5.1e-5)
    yield from pairs([f"k of laboratory {i}" for i in range(1, 9)], expect["k"], k.values, 5.1e-3)
    yield from pairs([f"h of laboratory {i}" for i in range(1, 9)], expect["h"], h.values, 5.1e-3)


def iso5725_critical(entry: Entry) -> Iterator[Row]:
    """Critical values; those of Grubbs at 5 % differ by a unit in the last place printed."""
    for p, five, one in entry["cochran"]:
        test = cochran([[0.0, 1.0 + i] for i in range(p)])
        assert test is not None
        yield from pairs((f"Cochran, {p}, 5 %", f"Cochran, {p}, 1 %"), (five, one), (test.critical_5, test.critical_1),
                         5.1e-4)  # fmt: skip
    for p, five, one in entry["grubbs"]:
        edge = grubbs([*range(p - 1), 99])
        assert edge is not None
        yield Row(f"Grubbs, {p}, 5 %", five, edge.critical_5, 1.1e-3, "other_method")
        yield Row(f"Grubbs, {p}, 1 %", one, edge.critical_1, 5.1e-4)
    h = mandel_h(list(range(8)))
    assert h is not None
    yield from pairs(("h, 5 %", "h, 1 %"), entry["mandel_h_8"], (h.critical_5[0], h.critical_1[0]), 5.1e-3)


def soya_flour(entry: Entry) -> Iterator[Row]:
    """Homogeneity of a reference material, twelve units in duplicate."""
    units = list(zip(entry["first"], entry["second"], strict=True))
    largest, found, expect = cochran(units), homogeneity(units, entry["sigma_p"]), entry["expect"]
    assert largest is not None and found.limit_expanded is not None
    yield Row("Cochran", expect["cochran"], largest.statistic, 5.1e-3)
    yield Row("Cochran, 5 %", expect["cochran_5"], largest.critical_5, 5.1e-3)
    yield Row("limit of s_sam²", expect["limit"], found.limit_expanded**2, 5.1e-3)
    for m, f1, f2 in entry["factors"]:
        yield from pairs((f"F1, m = {m}", f"F2, m = {m}"), (f1, f2), factors(m, 2, m), 6e-3)


def jcgm106_conformance(entry: Entry) -> Iterator[Row]:
    """Probabilities of conformity."""
    for row in entry["rows"]:
        limits = Limits(row.get("lower"), row.get("upper"))
        yield Row(f"y = {row['y']}", row["p"], conformance_probability(row["y"], row["u"], limits), 5.1e-6)
