"""``assay uncertainty``: the uncertainty of any measurement model, by both methods of the GUM."""

import argparse
from typing import TYPE_CHECKING, NamedTuple

from assay.cli._show import common, json_out, language, table_out

if TYPE_CHECKING:
    from assay.api.calculator.calculate import Calculation, Output
    from assay.api.calculator.conformity import Conformity
    from assay.vocabulary.result import Note

SUMMARY = "propagate uncertainties through a measurement model: law of propagation, Monte Carlo, budget"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", help="TOML file with the model and its quantities")
    parser.add_argument("--level", type=float, help="coverage probability (default: that of the file, or 0.95)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the Monte Carlo method (default: 1)")
    parser.add_argument("--trials", type=int, help="Monte Carlo trials (default: as many as two digits of u need)")
    common(parser, lab=False)


def run(args: argparse.Namespace) -> int:
    """Calculate and show."""
    from assay.api.calculator.calculate import uncertainty

    found = uncertainty(args.file, level=args.level, seed=args.seed, trials=args.trials)
    if args.json:
        json_out(found)
    else:
        _show(found, language(args))
    return 0


def _show(found: "Calculation", lang: str) -> None:
    from assay.reports.rounding import exact
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    if found.title:
        print(harmless(found.title) + "\n")
    trials = 0
    for name, output in found.outputs.items():
        trials = output.mcm.trials if output.mcm is not None else trials
        _output(harmless(name), output, lang)
        print()
        print(say("calculator", "budget", lang, name=harmless(name)))
        _budget(output, lang)
        print()
    if len(found.outputs) > 1:
        print(say("calculator", "correlation", lang))
        rows = [
            [name, *("–" if r is None else f"{r:.3f}".replace("-", "−") for r in row.values())]
            for name, row in found.correlation.items()
        ]
        table_out(rows, ["", *map(harmless, found.outputs)])
        print()
    for one in found.conformity:
        _conformity(one, found.outputs[one.of].u, lang)
        print()
    _notes(found.notes, lang)
    print(say("calculator", "run", lang, level=exact(found.level), trials=trials or "–", seed=found.seed))


def _output(name: str, output: "Output", lang: str) -> None:
    from assay.reports.rounding import degrees_of_freedom, significant
    from assay.vocabulary.words import say

    shown = _rounded(output.y, output.u, output.interval)
    print(say("calculator", "value", lang, name=name, value=shown.value, u=shown.u))
    words = {"U": significant(output.U), "k": f"{output.k:.4g}", "dof": degrees_of_freedom(output.dof)}
    print(say("calculator", "first", lang, low=shown.low, high=shown.high, **words))
    if output.mcm is not None:
        trials = output.mcm
        middle = sum(trials.symmetric) / 2
        ends = _rounded(middle if trials.y is None else trials.y, output.u, trials.symmetric)
        u = "–" if trials.u is None else significant(trials.u)
        value = "–" if trials.y is None else ends.value
        print(say("calculator", "symmetric", lang, low=ends.low, high=ends.high, value=value, u=u))
        ends = _rounded(middle, output.u, trials.shortest)
        print(say("calculator", "shortest", lang, low=ends.low, high=ends.high))
    if output.first_order_valid:
        print(say("calculator", "valid", lang))
    _notes(output.notes, lang)


def _conformity(found: "Conformity", u: float, lang: str) -> None:
    from assay.reports.rounding import fraction, significant
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    def limits(low: float | None, high: float | None) -> str:
        key = "at_most" if low is None else "at_least" if high is None else "within"
        ends = ("" if end is None else _rounded(end, u, (0.0, 0.0)).value for end in (low, high))
        return say("calculator", f"conformity.{key}", lang, **dict(zip(("low", "high"), ends, strict=True)))

    def line(key: str, **values: str) -> None:
        print(say("calculator", f"conformity.{key}", lang, **values))

    tolerance, outcome = limits(found.at_least, found.at_most), say("calculator", f"outcome.{found.outcome}", lang)
    print(say("calculator", "conformity", lang, name=harmless(found.of), limits=tolerance, outcome=outcome))
    line("probability", probability=fraction(found.probability, 4), consumer=fraction(found.consumer_risk, 4),
         producer=fraction(found.producer_risk, 4))  # fmt: skip
    line("acceptance", acceptance=limits(*found.acceptance), w=significant(found.guard_band))
    if found.capability is not None:
        line("capability", capability=significant(found.capability))
    if found.global_risks is not None:
        risks = {key: fraction(found.global_risks[key], 4) for key in ("consumer", "producer")}
        line("global", **risks)
    if not found.first_order_valid:
        line("doubtful")


def _notes(notes: "tuple[Note, ...]", lang: str) -> None:
    from assay.reports.rounding import fraction, significant
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    for note in notes:
        values = {key: harmless(one) if isinstance(one, str) else significant(one) for key, one in note.values.items()}
        if "share" in values:
            values["share"] = fraction(note.values["share"], 4)
        print("- " + say("calculator", f"note.{note.code}", lang, **values))


def _budget(output: "Output", lang: str) -> None:
    from assay.reports.rounding import degrees_of_freedom, fraction, significant
    from assay.vocabulary.words import say

    keys = ["quantity", "kind", "distribution", "estimate", "u", "dof", "sensitivity", "contribution", "share"]
    rows = []
    for row in output.budget:
        estimate = _rounded(row.value, row.u_value, (0.0, 0.0))
        named = row.quantity if row.label == row.quantity else f"{row.quantity} ({row.label})"
        rows.append([
            named, row.kind, say("calculator", f"distribution.{row.distribution}", lang),
            estimate.value, significant(row.u_value), degrees_of_freedom(row.dof),
            "–" if row.sensitivity is None else significant(row.sensitivity, 3),
            "–" if row.u is None else significant(row.u),
            "–" if row.share is None else fraction(row.share) if row.share >= 0 else f"{row.share:.2f}",
        ])  # fmt: skip
    table_out(rows, [say("calculator", key, lang) for key in keys])


class _Shown(NamedTuple):
    """Numbers as text, to one decimal place."""

    value: str
    u: str
    low: str
    high: str


def _rounded(value: float, u: float, interval: tuple[float, float]) -> _Shown:
    """The uncertainty with two significant digits and the others to the same decimal place.

    Where that takes no more than fifteen digits no power of ten is taken out: 50000838 with u = 32 says more than
    5.0000838×10⁷.
    """
    from decimal import Decimal

    from assay.reports.rounding import significant

    place = Decimal(f"{u:.1e}").adjusted() - 1
    digits = max(0, -place)
    largest = max(abs(value), *map(abs, interval))
    if digits > 9 or largest >= 10.0 ** (15 - digits):
        digits = max(0, min(15, (Decimal(repr(largest)).adjusted() if largest else place + 1) - place))
        return _Shown(*(f"{one:.{digits}e}" for one in (value, u, *interval)))
    texts = (f"{round(one, -place) + 0.0:.{digits}f}".replace("-", "−") for one in (value, *interval))
    shown, low, high = texts
    return _Shown(shown, significant(u), low, high)
