"""What a plan says of judges: what they cost, and whether labels by people or more readings are worth buying next."""

from math import sqrt

from assay.api.measurement import Measurement
from assay.api.planning.cost import Bill
from assay.uncertainty.judging.labels_plan import Costs, Scene, gain, split
from assay.vocabulary.plan_record import StudyPlan
from assay.vocabulary.protocols import Corrects
from assay.vocabulary.result import Note


def advice(measurement: Measurement, made: StudyPlan, fixed: float, bill: Bill) -> tuple[Note, ...]:
    """Remarks on the judges of a measurement; none where nobody is asked.

    Args:
        measurement: what is planned, its judges named in full.
        made: the plan.
        fixed: variance that the certificate leaves; 0 where it cancels.
        bill: what requests cost.
    """
    if not bill.judges:
        return ()
    notes = [_asked(bill)]
    estimator = measurement.recipe.estimators[made.measurand.name]
    design = made.chosen or made.needed or made.nearest
    if not isinstance(estimator, Corrects):
        return (*notes, Note(code="judge_uncorrected"))
    if not fixed or design is None:
        return (*notes, Note(code="judge_cancels"))
    readings = design.items * design.variants * design.repeats
    scattered = max(design.u**2 - fixed, 1e-12)
    scene = Scene(fixed * estimator.cases, scattered * readings, scattered * readings, True)
    worth = (fixed / estimator.cases) / (scattered / readings)
    values = {"certificate": sqrt(fixed), "cases": estimator.cases, "read": sqrt(scattered), "readings": readings}
    notes.append(Note(code="judge_parts", values=values))
    price = _per_reading(bill)
    label = bill.label_cost
    if label is None:
        code = "judge_worth" if price is None else "judge_worth_cost"
        cost = {} if price is None else {"cost": worth * price, "currency": _currency(bill)}
        return (*notes, Note(code=code, values={"worth": worth, **cost}))
    if not price:
        return (*notes, Note(code="judge_no_price", values={"worth": worth}))
    costs = Costs(label, price)
    now = gain(scene, costs, estimator.cases, readings)
    better = "labels" if now.by_labels > now.by_readings else "readings"
    money = estimator.cases * (label + price) + readings * price
    best = split(scene._replace(alone=_alone(made)), costs, money)
    shown = {"worth": worth, "label": label, "reading": price, "currency": _currency(bill),
             "money": money, "labels": round(best.labels), "readings": round(best.readings), "u": best.u}  # fmt: skip
    return (*notes, Note(code=f"judge_buy_{better}" if best.useful else "judge_labels_alone", values=shown))


def _asked(bill: Bill) -> Note:
    """What judges are asked about one reading."""
    n = sum(one.requests for one in bill.judges) / max(1, bill.readings)
    tokens = sum(one.input_tokens for one in bill.judges) / max(1, bill.readings)
    values = {"n": n, "tokens": tokens}
    if bill.judge_cost is None or not bill.judges[0].currency:
        return Note(code="judge_asked", values=values)
    return Note(code="judge_asked_cost", values={**values, "cost": bill.judge_cost, "currency": _currency(bill)})


def _currency(bill: Bill) -> str:
    return bill.price.currency if bill.price else bill.judges[0].currency


def _per_reading(bill: Bill) -> float | None:
    """Cost of one more reading: the response and what judges are asked about it; None where not known."""
    if bill.judge_cost is None or not (bill.price or bill.judges[0].currency):
        return None
    own = 0.0
    if bill.price is not None:
        if bill.input_tokens is None or bill.output_tokens is None:
            return None
        own = bill.price.cost({"input_tokens": round(bill.input_tokens), "output_tokens": round(bill.output_tokens)})
    return own + bill.judge_cost


def _alone(made: StudyPlan) -> float:
    """Variance of one label by people: that of a verdict at the value that the plan assumes."""
    value = made.basis.value if made.basis.value is not None else 0.5
    return max(value * (1 - value), 1e-6)
