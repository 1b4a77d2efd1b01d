"""Coverage of the derived quantities: how often nominal intervals contain the true value of a simulated population.

``python -m assay.testing.coverage_derived`` prints the tables of the documentation (about ten minutes). Every
measurement goes through the estimator of the pack, as a report's would.
"""

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from assay.catalogue.build import build, measurand
from assay.testing.derived_designs import DESIGNS, Case, Drawn
from assay.uncertainty.conformity import against_limit
from assay.uncertainty.one_sided import OneSided
from assay.uncertainty.spread import Method, Spread
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse, Plan, Variant
from assay.vocabulary.result import Result


class _Task(NamedTuple):
    """What an estimator is told besides the rows."""

    measurand: Measurand
    plan: Plan


class Coverage(NamedTuple):
    """Coverage of one design.

    Attributes:
        design: its name.
        covered: fraction of the intervals that contain the true value, of those that could be stated.
        width: their mean width.
        accepted: fraction of all measurements accepted against "at least the true value" with a risk of 0.05, which
            are wrong acceptances at the very limit.
        rejected: the same for wrong rejections.
        unstated: fraction of the measurements without an interval.
    """

    design: str
    covered: float
    width: float
    accepted: float
    rejected: float
    unstated: float


def study(name: str, simulations: int, seed: int = 1, level: float = 0.95) -> Coverage:
    """Simulate measurements of one design, with new items each time.

    Args:
        name: one of ``DESIGNS``.
        simulations: number of measurements.
        seed: of the simulation.
        level: nominal coverage probability.
    """
    case = DESIGNS[name]
    rng = np.random.default_rng([seed, sum(name.encode())])
    estimator = build("estimator", PartUse(part=case.part, settings=case.settings), "study")
    defined = measurand(case.measurand, "study")
    covered = width = accepted = rejected = 0.0
    stated = 0
    for _ in range(simulations):
        drawn = case.draw(rng)
        result = _measured(case, drawn, (defined, estimator), level)
        outcome = _outcome(result, drawn.truth, defined)
        accepted += outcome == "conforms"
        rejected += outcome == "does_not_conform"
        if result.interval is not None:
            stated += 1
            covered += result.interval[0] <= drawn.truth <= result.interval[1]
            width += result.interval[1] - result.interval[0]
    return Coverage(name, covered / max(1, stated), width / max(1, stated), accepted / simulations,
                    rejected / simulations, 1 - stated / simulations)  # fmt: skip


def _measured(case: Case, drawn: Drawn, parts: tuple[Measurand, Any], level: float) -> Result:
    n_items, n_variants, n_repeats = drawn.values.shape
    plan = Plan(
        variants=tuple(Variant(name=f"v{i}") for i in range(n_variants)), repeats=n_repeats, level=level,
        estimand=case.estimand, variants_are="sample" if case.sampled else "fixed",
    )  # fmt: skip
    made: Result = parts[1].estimate(_Task(parts[0], plan), observations(drawn), material(drawn))
    return made


def _outcome(result: Result, truth: float, defined: Measurand) -> str:
    if result.value is None or result.u is None:
        return "inconclusive"
    spread = Spread(
        result.value, result.u, result.dof, defined.low, defined.high, result.n_effective,
        cast("Method", result.method), tuple(OneSided(*row) for row in result.one_sided),
    )  # fmt: skip
    return against_limit(spread, truth, 0.05, at_least=True).outcome


def observations(drawn: Drawn) -> Observations:
    """The readings that are had; a value that is not a number stands for one that was lost."""
    item, variant, repeat = (index.ravel() for index in np.indices(drawn.values.shape))
    lost = np.isnan(drawn.values.ravel())
    return Observations(
        item=item.astype(np.int32), variant=variant.astype(np.int16), repeat=(repeat + 1).astype(np.int16),
        status=np.where(lost, 3, 0).astype(np.int8), value=np.where(lost, 0.0, drawn.values.ravel()),
    )  # fmt: skip


def material(drawn: Drawn) -> Material:
    """The items with their references, clusters and labels."""
    n = len(drawn.values)
    return Material(name="simulated", items=tuple(
        Item(id=str(i), stimulus=i, reference=None if drawn.reference is None else int(drawn.reference[i]),
             group=None if drawn.group is None else str(drawn.group[i]),
             tags=() if drawn.label is None else (f"label:{drawn.label[i]}",))
        for i in range(n)
    ))  # fmt: skip


def table(simulations: int, names: list[str]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| design | covered | mean width | wrongly accepted | wrongly rejected | without an interval |"
    yield "|" + " --- |" * 6
    for name in names:
        row = study(name, simulations)
        numbers = " | ".join(f"{x:.4f}" for x in row[1:5])
        yield f"| {name} | {numbers} | {row.unstated:.4f} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.coverage_derived", description=__doc__)
    parser.add_argument("--simulations", type=int, default=5000, help="measurements of each design (default: 5000)")
    parser.add_argument("--design", action="append", choices=list(DESIGNS), help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    for line in table(chosen.simulations, chosen.design or list(DESIGNS)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
