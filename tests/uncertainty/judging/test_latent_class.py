"""Dawid and Skene: their own table, a general optimiser, a bootstrap over items, coverage, refusals."""


import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from assay.testing.arena import JUDGES, voted
from assay.uncertainty.judging.latent_class import Search, Votes, dawid_skene
from assay.vocabulary.errors import BadInput

# Dawid and Skene 1979, table 1: 45 patients, the first of five anaesthetists three times each.
ANAESTHETISTS = """
111 1 1 1 1;333 4 3 3 4;112 2 1 2 2;222 3 1 2 1;222 3 2 2 2;222 3 3 2 2;122 2 1 1 1;333 3 4 3 3;222 2 2 2 3;
232 2 2 2 3;444 4 4 4 4;222 3 3 4 3;111 1 1 1 1;222 3 2 1 2;121 1 1 1 1;111 2 1 1 1;111 1 1 1 1;111 1 1 1 1;
222 2 2 2 1;222 1 3 2 2;222 2 2 2 2;222 2 2 2 1;222 3 2 2 2;221 2 2 2 2;111 1 1 1 1;111 1 1 1 1;232 2 2 2 2;
111 1 1 1 1;111 1 1 1 1;112 1 1 2 1;111 1 1 1 1;333 3 2 3 3;111 1 1 1 1;222 2 2 2 2;222 3 2 3 2;433 4 3 4 3;
221 2 2 3 2;232 3 2 3 3;333 3 4 3 2;111 1 1 1 1;111 1 1 1 1;121 2 1 1 1;232 2 2 2 2;121 1 1 1 1;222 2 2 2 2
"""
# Table 2 there: probability of each response for each true class, for observers 1 and 5.
FIRST = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
FIFTH = [[1, 0, 0, 0], [0.16, 0.73, 0.11, 0], [0, 0.21, 0.79, 0], [0, 0, 0.33, 0.67]]


def anaesthetists():
    rows = [
        (patient, judge, int(vote) - 1)
        for patient, line in enumerate(ANAESTHETISTS.replace("\n", "").split(";"))
        for judge, word in enumerate(line.split())
        for vote in word
    ]
    return Votes(*(np.array(column) for column in zip(*rows, strict=True)))


def test_published_anaesthetists():
    votes = anaesthetists()
    assert len(votes.label) == 45 * 7
    found = dawid_skene(votes, search=Search(starts=1, smoothing=1e-6))
    assert found.share == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert found.confusion[0] == pytest.approx(np.array(FIRST), abs=0.006)
    assert found.confusion[4] == pytest.approx(np.array(FIFTH), abs=0.006)
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(45))
    assert found.posterior[0] == pytest.approx([1, 0, 0, 0], abs=0.005)


def test_the_published_maximum_is_a_local_one():
    one = dawid_skene(anaesthetists(), search=Search(starts=1, smoothing=1e-6))
    many = dawid_skene(anaesthetists(), search=Search(starts=30, smoothing=1e-6))
    assert many.log_likelihood > one.log_likelihood + 0.1
    assert many.agreed < 30


def small(seed=1, items=80):
    return voted(np.random.default_rng(seed), items, 0.4)


def minus(theta, count, smoothing):
    """Minus the penalised likelihood of two classes written a second time."""
    judges = count.shape[1]
    p = log_softmax(np.array([0.0, theta[0]]))
    pi = log_softmax(np.concatenate([np.zeros((judges, 2, 1)), theta[1:].reshape(judges, 2, 1)], axis=2), axis=2)
    each = p[None, :] + np.einsum("ijl,jkl->ik", count, pi)
    return -(np.logaddexp(each[:, 0], each[:, 1]).sum() + smoothing * (p.sum() + pi.sum()))


def test_against_a_general_optimiser_and_its_curvature():
    votes, smoothing = small(), 0.1
    count = np.zeros((80, 5, 2))
    np.add.at(count, (votes.item, votes.judge, votes.label), 1.0)
    start = np.concatenate([[0.0], np.tile([-1.0, 1.0], 5)])
    best = minimize(minus, start, (count, smoothing), method="BFGS", options={"gtol": 1e-7})
    found = dawid_skene(votes, search=Search(smoothing=smoothing))
    share = softmax([0.0, best.x[0]])
    assert found.share == pytest.approx(share, abs=1e-4)
    h = 1e-3 * np.eye(11)
    hessian = np.array([
        [(minus(best.x + a + b, count, smoothing) - minus(best.x + a - b, count, smoothing)
          - minus(best.x - a + b, count, smoothing) + minus(best.x - a - b, count, smoothing)) / 4e-6
         for b in h] for a in h
    ])  # fmt: skip
    u = np.sqrt(np.diag(np.linalg.inv(hessian)))
    assert np.sqrt(found.covariance[1, 1]) == pytest.approx(u[0] * share[0] * share[1], rel=5e-3)
    own = found.confusion[2, 1, 1]
    assert found.u_confusion[2, 1, 1] == pytest.approx(u[1 + 2 * 2 + 1] * own * (1 - own), rel=5e-3)


def test_a_bootstrap_over_items_shows_the_same_uncertainty():
    votes, rng = small(2, 200), np.random.default_rng(3)
    table = votes.label.reshape(200, 5)
    found = dawid_skene(votes)
    draws = []
    for _ in range(150):
        rows = table[rng.integers(0, 200, 200)]
        drawn = Votes(np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200), rows.ravel())
        draws.append(dawid_skene(drawn, search=Search(starts=1)).share[1])
    assert np.std(draws) == pytest.approx(np.sqrt(found.covariance[1, 1]), rel=0.2)


def test_items_each_their_own_cluster_and_items_in_clusters():
    votes = small(4, 300)
    alone = dawid_skene(votes)
    each = dawid_skene(votes._replace(group=votes.item))
    assert each.clusters == 300
    assert each.covariance[1, 1] == pytest.approx(alone.covariance[1, 1], rel=0.25)
    twice = Votes(*(np.tile(column, 2) for column in votes[:3]))
    twice = twice._replace(item=np.concatenate([votes.item, votes.item + 1000]), group=np.tile(votes.item, 2))
    copied = dawid_skene(twice)  # every item copied: no more is known than from half of it
    assert copied.covariance[1, 1] == pytest.approx(each.covariance[1, 1], rel=0.05)
    assert dawid_skene(twice._replace(group=None)).covariance[1, 1] < 0.6 * copied.covariance[1, 1]


def test_names_of_items_and_judges_and_order_of_rows_do_not_matter():
    votes = small()
    turn = np.random.default_rng(5).permutation(len(votes.label))
    names = np.array(["e", "d", "c", "b", "a"])
    other = dawid_skene(Votes(votes.item[turn], names[votes.judge[turn]], votes.label[turn]))
    found = dawid_skene(votes)
    assert other.share == pytest.approx(found.share, abs=1e-6)
    assert other.judges.tolist() == ["a", "b", "c", "d", "e"]
    assert other.confusion == pytest.approx(found.confusion[::-1], abs=1e-5)


def test_classes_are_named_by_the_labels_whatever_the_start():
    votes = small(6, 300)
    swapped = dawid_skene(votes._replace(label=1 - votes.label))
    found = dawid_skene(votes)
    assert swapped.share == pytest.approx(found.share[::-1], abs=1e-5)
    for seed in range(4):
        assert dawid_skene(votes, search=Search(starts=4, seed=seed)).share == pytest.approx(found.share, abs=1e-5)
    assert found.agreed == 5
    assert [found.confusion[j, 1, 1] for j in range(5)] == pytest.approx([one[1] for one in JUDGES], abs=0.12)


def test_a_judge_that_lies_is_found_out_and_turned_round():
    votes = small(7, 300)
    lied = np.where(votes.judge == 4, 1 - votes.label, votes.label)
    found = dawid_skene(votes._replace(label=lied))
    assert found.confusion[4, 1, 1] < 0.4
    assert found.share == pytest.approx(dawid_skene(votes).share, abs=1e-5)


@pytest.mark.parametrize(
    ("votes", "code"),
    [
        (Votes([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1]), "numbers.too_few"),
        (Votes([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0], [0, 1, 1, 1, 0, 0]), "numbers.too_few"),
        (Votes([0, 0, 0], [0, 1, 2], [1, 1, 1]), "latent_class.one_label"),
        (Votes([0, 0, 0], [0, 1, 2], [1, -1, 1]), "numbers.range"),
        (Votes([0, 0, 0], [0, 1, 2], [1, 1]), "numbers.length"),
        (Votes([], [], []), "numbers.too_few"),
    ],
)
def test_refusals(votes, code):
    with pytest.raises(BadInput) as refused:
        dawid_skene(votes)
    assert refused.value.code == code
    assert "{" not in refused.value.message("zh")


def test_judges_no_better_than_chance_are_refused():
    rng, refused = np.random.default_rng(8), 0
    for _ in range(20):
        label = rng.integers(0, 2, 600)
        try:
            dawid_skene(Votes(np.repeat(np.arange(150), 4), np.tile(np.arange(4), 150), label), search=Search(starts=2))
        except BadInput as error:
            refused += error.code == "latent_class.chance"
    assert refused >= 15


def test_classes_that_no_label_stands_for_are_refused():
    votes, rng = small(9, 300), np.random.default_rng(9)
    with pytest.raises(BadInput, match="no vote is for the label 2"):
        dawid_skene(votes, classes=3)
    strays = np.where(rng.random(len(votes.label)) < 0.01, 2, votes.label)  # a label given now and then by mistake
    refused = 0
    for seed in range(5):
        try:
            dawid_skene(votes._replace(label=strays), search=Search(seed=seed, starts=2))
        except BadInput as error:
            refused += error.code == "latent_class.unnamed"
    assert refused == 5


def test_an_item_in_two_clusters_and_smoothing_of_nothing_are_refused():
    votes = small()
    with pytest.raises(BadInput, match="two clusters"):
        dawid_skene(votes._replace(group=np.arange(len(votes.label)) % 7))
    with pytest.raises(BadInput, match="smoothing"):
        dawid_skene(votes, search=Search(smoothing=0.0))


def test_coverage():
    rng, held = np.random.default_rng(10), 0
    for _ in range(300):
        low, high = dawid_skene(voted(rng, 200, 0.3, 0.1), search=Search(starts=1)).interval(1)
        held += low <= 0.3 <= high
    assert 0.91 * 300 <= held <= 0.985 * 300
