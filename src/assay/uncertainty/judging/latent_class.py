"""What several fallible judges say together when nobody knows the truth: the latent classes of Dawid and Skene.

Every item has one true class k with the share p_k; judge j then gives the label l with probability π_jkl. Neither is
known; both are found by maximum likelihood (EM), and every item gets the probability of each class. A judge may have
voted on some items only, and several times on one. Votes of one item are taken as independent given its class: judges
that err together (the same model twice, one prompt) make shares and posteriors look better known than they are, and
nothing in the votes can show it. That is the weak point of every jury; put known cases among the items.

A little of a uniform vote (``smoothing`` votes to each judge's label in each class, and as many items to each class)
keeps probabilities off 0 and 1, where no uncertainty could be stated; with 1e-6 it is all but maximum likelihood.

Classes found have no names: exchanging them changes nothing in the likelihood. They are named by the labels with which
the judges agree most on the whole, and if judges are not better than chance so, that is said instead. Three judges of
one item are needed; two leave the model undetermined.

Uncertainty is that of items drawn from a population and comes from the observed information of the penalised
likelihood, or from the sandwich over clusters of items; a bootstrap over items gives the same in the tests. Intervals
are made on the logit scale. With 100 items or more and judges right in some 80 % they hold (``python -m
assay.testing.arena classes``); with five that are right in 70 %, on 300 items, they held in 91 % of 500 simulations.

Source: Dawid and Skene 1979, equations 2.3 to 2.5, their table 1 in the tests; information: Louis 1982 (recalled);
three judges: Allman, Matias and Rhodes 2009 (recalled).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import chdtri, expit, logit

from assay.uncertainty.arena.strengths import sandwich
from assay.uncertainty.checked import at_least, level_given, places, same_length, within
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WHERE = "latent classes"
_ROUNDS = 20_000
_TOLERANCE = 1e-9
_CHANCE = 0.05
_LEAST = 1e-12


class Votes(NamedTuple):
    """Votes as columns, all of shape (rows,); a judge that failed on an item simply has no row there.

    Attributes:
        item: whose item, any codes.
        judge: which judge, any codes.
        label: place from 0 of the label.
        group: cluster of each row's item, one and the same for all rows of an item; None if items are independent.
    """

    item: npt.ArrayLike
    judge: npt.ArrayLike
    label: npt.ArrayLike
    group: npt.ArrayLike | None = None


class Search(NamedTuple):
    """How to look for the maximum.

    Attributes:
        starts: one from the shares of the votes, the others from seeded draws about them.
        seed: of the draws.
        smoothing: votes given beforehand to each label of each judge in each class, and items to each class.
        chance: refuse judges whose agreement chance alone would show with more than this probability.
    """

    starts: int = 5
    seed: int = 1
    smoothing: float = 0.1
    chance: float = _CHANCE


class LatentClasses(NamedTuple):
    """Estimates.

    Attributes:
        share: of each class, shape (classes,).
        covariance: of ``share``, shape (classes, classes).
        confusion: probability of a label (last axis) of a judge (first) for a true class, shape (judges, classes,
            classes).
        u_confusion: its standard uncertainty, same shape.
        posterior: probability of each class for each item, shape (items, classes), items by sorted code.
        log_likelihood: at the estimates, without the smoothing.
        clusters: for the sandwich; None where the covariance is the inverse of the information.
        agreed: starts that led to this maximum; where they are few, look from more starts.
        items: codes of the items, sorted; ``judges``: of the judges.
    """

    share: Floats
    covariance: Floats
    confusion: Floats
    u_confusion: Floats
    posterior: Floats
    log_likelihood: float
    clusters: int | None
    agreed: int
    items: npt.NDArray[np.generic]
    judges: npt.NDArray[np.generic]

    def interval(self, place: int, level: float = 0.95) -> tuple[float, float]:
        """Coverage interval of the share of one class, made on the logit scale."""
        level_given(_WHERE, level)
        p, u = float(self.share[place]), float(np.sqrt(self.covariance[place, place]))
        k = coverage_factor(level, None if self.clusters is None else float(self.clusters - 1))
        reach = k * u / (p * (1 - p))
        return float(expit(logit(p) - reach)), float(expit(logit(p) + reach))


class _Table(NamedTuple):
    """Items with the same votes together: votes, shape (patterns, judges, classes); how many items have each; the
    pattern of each item."""

    votes: Floats
    times: Floats
    pattern: Ints


class _Fit(NamedTuple):
    share: Floats
    confusion: Floats
    posterior: Floats
    likelihood: float
    penalised: float


def dawid_skene(votes: Votes, classes: int | None = None, search: Search = Search()) -> LatentClasses:  # noqa: B008
    """Shares of the true classes, errors of the judges and probabilities of the class of each item.

    Args:
        votes: rows; labels and true classes are the same.
        classes: how many there are; as many as labels are used (two at least) if None.
        search: starts, seed and smoothing.
    Raises:
        BadInput: fewer than three judges, or never three on one item; a label that nobody gave; judges that agree no
            more than by chance, or whose labels cannot be told to stand for the classes; no maximum found.
    """
    table, items, judges, k = _table(votes, classes)
    fits = [_climbed(table, start, search) for start in _starts(table, search, k)]
    best = max(fits, key=lambda fit: fit.penalised)
    agreed = sum(fit.penalised > best.penalised - 1e-4 for fit in fits)
    best = _named(best)
    _better_than_chance(table, best, search.chance)
    covariance, clusters = _covariance(table, best, votes, search)
    share = np.diag(best.share) - np.outer(best.share, best.share)
    turn, n_share = share[:, 1:], k - 1
    blocks = np.empty_like(best.confusion)
    for j in range(len(judges)):
        for row in range(k):
            at = n_share + (j * k + row) * (k - 1)
            p = best.confusion[j, row]
            jacobian = (np.diag(p) - np.outer(p, p))[:, 1:]
            part = covariance[at : at + k - 1, at : at + k - 1]
            blocks[j, row] = np.sqrt(np.maximum(np.diag(jacobian @ part @ jacobian.T), 0.0))
    return LatentClasses(
        best.share, turn @ covariance[:n_share, :n_share] @ turn.T, best.confusion, blocks,
        best.posterior[table.pattern], best.likelihood, clusters, agreed, items, judges,
    )  # fmt: skip


def _table(
    votes: Votes, classes: int | None
) -> tuple[_Table, npt.NDArray[np.generic], npt.NDArray[np.generic], int]:
    item, judge, label = np.asarray(votes.item), np.asarray(votes.judge), np.asarray(votes.label, np.int64)
    same_length(_WHERE, item, judge, label)
    at_least(_WHERE, "votes", len(label), 1)
    k = max(2, int(label.max()) + 1) if classes is None else classes
    at_least(_WHERE, "classes", k, 2)
    bad = (label < 0) | (label >= k)
    within(_WHERE, "label", float(label[bad.argmax()]), f"0 <= label < {k}", not bad.any())
    if (label == label[0]).all():
        raise BadInput("latent_class.one_label", label=int(label[0]))
    unused = np.bincount(label, minlength=k) == 0
    if unused.any():
        raise BadInput("latent_class.unused", label=int(unused.argmax()))
    items, at = np.unique(item, return_inverse=True)
    judges, by = np.unique(judge, return_inverse=True)
    at_least(_WHERE, "judges", len(judges), 3)
    count = np.zeros((len(items), len(judges), k))
    np.add.at(count, (at, by, label), 1.0)
    most = int((count.sum(axis=2) > 0).sum(axis=1).max())
    at_least(_WHERE, "judges of one item", most, 3)
    kept, pattern, times = np.unique(count.reshape(len(items), -1), axis=0, return_inverse=True, return_counts=True)
    table = _Table(kept.reshape(-1, len(judges), k), times.astype(np.float64), pattern.reshape(-1).astype(np.int64))
    return table, items, judges, k


def _starts(table: _Table, search: Search, k: int) -> list[Floats]:
    """Posteriors to begin with, shape (patterns, classes): shares of the votes, then draws about them."""
    at_least(_WHERE, "starts", search.starts, 1)
    within(_WHERE, "smoothing", search.smoothing, "0 < smoothing <= 1", 0 < search.smoothing <= 1)
    total = table.votes.sum(axis=1)
    share = total / total.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(search.seed)
    others = [rng.dirichlet(np.ones(k), len(share)) for _ in range(search.starts - 1)]
    return [share, *((share + other) / 2 for other in others)]


def _climbed(table: _Table, start: Floats, search: Search) -> _Fit:
    """EM from posteriors to the maximum."""
    patterns, judges, k = table.votes.shape
    flat, a = table.votes.reshape(patterns, -1), search.smoothing
    posterior, before = start, -np.inf
    for _ in range(_ROUNDS):
        weight = posterior * table.times[:, None]
        share = weight.sum(axis=0) + a
        share /= share.sum()
        found = (weight.T @ flat).reshape(k, judges, k).transpose(1, 0, 2) + a
        confusion = found / np.maximum(found.sum(axis=2, keepdims=True), _LEAST)
        logs = np.log(np.maximum(confusion, 1e-300))
        joint = np.log(np.maximum(share, 1e-300)) + flat @ logs.transpose(0, 2, 1).reshape(-1, k)
        top = joint.max(axis=1, keepdims=True)
        each = np.exp(joint - top)
        total = each.sum(axis=1, keepdims=True)
        posterior = each / total
        likelihood = float(table.times @ (np.log(total) + top)[:, 0])
        penalised = likelihood + a * float(np.log(np.maximum(share, 1e-300)).sum() + logs.sum()) if a else likelihood
        if penalised - before < _TOLERANCE * max(1.0, abs(penalised)) * 1e-2:
            return _Fit(share, confusion, posterior, likelihood, penalised)
        before = penalised
    raise BadInput("model.not_converged", where=_WHERE, steps=_ROUNDS)


def _named(fit: _Fit) -> _Fit:
    """The classes in the order of the labels that the judges give them most, on the whole.

    Every label must be commoner, over all judges, in its own class than in any other; else the classes are no labels.
    """
    from scipy.optimize import linear_sum_assignment

    agreement = fit.confusion.mean(axis=0)
    rows, columns = linear_sum_assignment(agreement, maximize=True)
    order = rows[np.argsort(columns)]
    agreement = agreement[order]
    own = np.diag(agreement)
    if (agreement - np.diag(np.full(len(own), np.inf)) >= own[None, :]).any():
        raise BadInput("latent_class.unnamed")
    return fit._replace(
        share=fit.share[order], confusion=fit.confusion[:, order, :], posterior=fit.posterior[:, order]
    )  # fmt: skip


def _better_than_chance(table: _Table, fit: _Fit, risk: float) -> None:
    """Refuse judges whose votes could be independent of each other: the classes would be noise.

    The likelihood ratio against one class is taken as chi-squared with the difference in the number of parameters,
    which is rough, since under chance alone the classes are undetermined.
    """
    judges, k = table.votes.shape[1:]
    total = np.einsum("p,pjk->jk", table.times, table.votes)
    share = total / total.sum(axis=1, keepdims=True)
    alone = float((total * np.log(np.maximum(share, 1e-300))).sum())
    more = (k - 1) * (1 + judges * (k - 1))
    if 2 * (fit.likelihood - alone) < float(chdtri(more, risk)):
        raise BadInput("latent_class.chance", judges=judges)


def _covariance(table: _Table, fit: _Fit, votes: Votes, search: Search) -> tuple[Floats, int | None]:
    """Covariance of the logits (class 0 and label 0 are the reference) of shares and of confusions.

    Louis: information = expected complete information − scatter of the complete score about its mean, item by item.
    """
    patterns, judges, k = table.votes.shape
    size = (k - 1) + judges * k * (k - 1)
    information, mean = np.zeros((size, size)), np.zeros((patterns, size))
    of_judge = table.votes.sum(axis=2)
    for row in range(k):
        score, weight = np.zeros((patterns, size)), table.times * fit.posterior[:, row]
        score[:, : k - 1] = np.eye(k)[row, 1:] - fit.share[1:]
        for j in range(judges):
            at, p = (k - 1) + (j * k + row) * (k - 1), fit.confusion[j, row]
            score[:, at : at + k - 1] = (table.votes[:, j] - of_judge[:, j, None] * p)[:, 1:]
            seen = float(weight @ of_judge[:, j]) + k * search.smoothing
            information[at : at + k - 1, at : at + k - 1] += seen * (np.diag(p) - np.outer(p, p))[1:, 1:]
        information -= score.T @ (weight[:, None] * score)
        mean += fit.posterior[:, row, None] * score
    p = fit.share
    n = float(table.times.sum()) + k * search.smoothing
    information[: k - 1, : k - 1] += n * (np.diag(p) - np.outer(p, p))[1:, 1:]
    information += mean.T @ (table.times[:, None] * mean)
    scale = np.sqrt(np.maximum(np.diag(information), _LEAST))
    try:
        inverse = cho_solve(cho_factor(information / np.outer(scale, scale), lower=True), np.eye(size))
    except np.linalg.LinAlgError as error:
        raise BadInput("model.not_converged", where=_WHERE, steps=_ROUNDS) from error
    inverse = inverse / np.outer(scale, scale)
    if votes.group is None:
        return np.asarray(inverse), None
    items, first = np.unique(np.asarray(votes.item), return_index=True)
    group = places(votes.group, len(np.asarray(votes.item)))
    at_item = np.searchsorted(items, np.asarray(votes.item))
    bad = group != group[first][at_item]
    if bad.any():
        raise BadInput("latent_class.item_in_two", item=str(np.asarray(votes.item)[bad.argmax()])[:80])
    return sandwich(np.asarray(inverse), mean[table.pattern], group[first], _WHERE)
