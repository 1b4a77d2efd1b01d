"""What tokens and successes cost, with the uncertainty of price, rate and quality.

Price per hour by what a server delivers in an hour. The models are expressions of the uncertainty calculator, so that
second-order terms and the check by the Monte Carlo method come with them.

Source: JCGM 100:2008, clause 5; JCGM 101:2008 (both recalled).
"""

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from assay.uncertainty.checked import level_given
from assay.uncertainty.gum.answer import Answer, answer
from assay.uncertainty.gum.expression import parse
from assay.uncertainty.gum.montecarlo import Run, simulate
from assay.uncertainty.gum.propagation import Input, Inputs, propagate
from assay.uncertainty.gum.tape import compiled
from assay.vocabulary.errors import BadInput

Per = Literal["million_tokens", "million_good_tokens", "successful_task"]

MODELS: Final[Mapping[Per, str]] = {
    "million_tokens": "price_per_hour / 3600 / tokens_per_s * 1000000",
    "million_good_tokens": "price_per_hour / 3600 / (tokens_per_s * good_share) * 1000000",
    "successful_task": "price_per_hour / 3600 / (requests_per_s * success_rate)",
}
"""Inputs by name: ``price_per_hour`` in the currency of the price table; rates a second; shares from 0 to 1.

A good token is one of a request that met all its limits.
"""


def cost(per: Per, known: Mapping[str, Input], level: float = 0.95, seed: int = 1) -> Answer:
    """The cost of one unit, in the currency of the price.

    Args:
        per: of what.
        known: the inputs of the model by their names, independent of each other; all above 0.
        level: coverage probability.
        seed: of the Monte Carlo method.
    Raises:
        BadInput: an input is missing or not above 0, or nothing in it is uncertain.
    """
    level_given("cost", level)
    model = parse(MODELS[per], per)
    missing = [name for name in model.names if name not in known]
    if missing:
        raise BadInput("cost.missing", per=per, missing=", ".join(missing))
    used = [known[name]._replace(name=name) for name in model.names]
    for one in used:
        if not one.value > 0:
            raise BadInput("cost.not_positive", per=per, name=one.name, got=f"{one.value:g}")
    inputs = Inputs(tuple(used), np.eye(len(used)))
    tape = compiled({per: model}, [per], [one.name for one in used])
    return answer(propagate(tape, inputs), simulate(tape, inputs, Run(level, seed)), (0, per), level)
