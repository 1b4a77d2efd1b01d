"""How often the verdict that most people gave is wrong, where three people or more rated the same cases."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from assay.api.judging.numbers import Ints
from assay.uncertainty.judging.latent_class import Search, Votes, dawid_skene
from assay.vocabulary.certificate import LabelErrors
from assay.vocabulary.errors import BadInput

_DRAWS: Final = 100
_LEAST_DRAWS: Final = 80
_LEAST_CASES: Final = 30
_SEARCH: Final = Search(starts=3)


def label_errors(votes: Sequence[Mapping[str, float]], group: Ints | None) -> LabelErrors | None:
    """Error rates of the verdict that most people gave, by the latent classes of Dawid and Skene.

    People who share an error agree in it, and nothing in their votes can show that.

    Args:
        votes: of each case, each person's verdict (0 or 1) by name.
        group: item of each case, from 0; None where every case stands alone.
    Returns:
        None where fewer than 30 cases have three named raters or more, or where the model does not say: a rater who is
        no better than chance, one verdict throughout. Uncertainties are of a bootstrap over items.
    """
    named = [{name: value for name, value in some.items() if not name.startswith("#")} for some in votes]
    full = [place for place, some in enumerate(named) if len(some) >= 3]
    if len(full) < _LEAST_CASES:
        return None
    used = [named[place] for place in full]
    unit = np.arange(len(full)) if group is None else np.unique(group[full], return_inverse=True)[1]
    try:
        e0, e1 = _rates(used, np.arange(len(used)))
    except BadInput:
        return None
    rng, members = np.random.default_rng(1), [np.flatnonzero(unit == one) for one in range(int(unit.max()) + 1)]
    drawn = []
    for _ in range(_DRAWS):
        picked = np.concatenate([members[one] for one in rng.integers(len(members), size=len(members))])
        try:
            drawn.append(_rates(used, picked))
        except BadInput:
            continue
    if len(drawn) < _LEAST_DRAWS:
        return None
    u0, u1 = np.std(np.array(drawn), axis=0, ddof=1)
    return LabelErrors(e0=e0, e1=e1, u0=float(u0), u1=float(u1))


def _rates(votes: Sequence[Mapping[str, float]], picked: Ints) -> tuple[float, float]:
    """How often the majority is wrong on cases that fail and on cases that pass.

    The expectation is over what the raters of each case may say given its class, not over what they said: a case whose
    raters are all wrong looks right to any model.
    """
    rows = [(at, name, int(value)) for at, place in enumerate(picked) for name, value in votes[place].items()]
    item, judge, label = zip(*rows, strict=True)
    found = dawid_skene(Votes(np.array(item), np.array(judge), np.array(label)), 2, _SEARCH)
    known = {str(name): place for place, name in enumerate(found.judges)}
    wrong, weight = np.zeros(2), np.zeros(2)
    for at, place in enumerate(picked):
        raters = [known[name] for name in votes[place]]
        for truth in (0, 1):
            p = found.confusion[raters, truth, 1 - truth]
            chance, tied = _majority(p)
            weight[truth] += found.posterior[at, truth] * (1 - tied)
            wrong[truth] += found.posterior[at, truth] * chance
    return float(wrong[0] / weight[0]), float(wrong[1] / weight[1])


def _majority(p: np.typing.NDArray[np.float64]) -> tuple[float, float]:
    """Probability that more than half of some independent raters err, and that exactly half do."""
    counts = np.ones(1)
    for one in p:
        counts = np.convolve(counts, [1 - one, one])
    n = len(p)
    return float(counts[n // 2 + 1 :].sum()), float(counts[n // 2]) if n % 2 == 0 else 0.0
