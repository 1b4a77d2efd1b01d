"""Two-parameter logistic model: published estimates, statsmodels, recovery and coverage, anchors, refusals."""


import numpy as np
import pytest

from assay.uncertainty.ability.item_response import Answers, Items, Prior, abilities, calibrated, rescaled
from assay.vocabulary.errors import BadInput

# Law School Admission Test, section 6: answers of 1000 persons by pattern (Bock and Lieberman 1970, table 1)
PATTERNS = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4,
    "01000": 1, "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15, "10000": 10, "10001": 29,
    "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15, "10111": 80, "11000": 16, "11001": 56,
    "11010": 21, "11011": 173, "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip
LSAT = Answers(np.array([[int(c) for c in one] for one in PATTERNS]), times=np.array(list(PATTERNS.values())))


def simulated(rng, systems, items, spread=0.3):
    slope, difficulty = np.exp(rng.normal(0, spread, items)), rng.normal(0, 1, items)
    theta = rng.normal(0, 1, systems)
    p = 1 / (1 + np.exp(-slope * (theta[:, None] - difficulty)))
    return slope, difficulty, theta, (rng.random((systems, items)) < p).astype(float)


def test_published_law_school_admission_test():
    # Rizopoulos 2006 (ltm), recalled: difficulties, discriminations, their standard errors, log-likelihood
    found = calibrated(LSAT, prior=None)
    assert np.asarray(LSAT.times).sum() == 1000
    assert found.log_likelihood == pytest.approx(-2466.653, abs=5e-4)
    assert found.difficulty == pytest.approx([-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], abs=3e-3)
    assert found.slope == pytest.approx([0.8254, 0.7229, 0.8905, 0.6886, 0.6575], abs=1e-3)
    slope_u, difficulty_u = found.u
    assert slope_u == pytest.approx([0.2581, 0.1867, 0.2326, 0.1852, 0.2100], abs=5e-4)
    assert difficulty_u == pytest.approx([0.8669, 0.3073, 0.0997, 0.4341, 0.8700], abs=2e-3)


def test_patterns_with_numbers_are_persons():
    times = np.asarray(LSAT.times)
    spread = calibrated(Answers(np.repeat(np.asarray(LSAT.right), times, axis=0)), prior=None)
    together = calibrated(LSAT, prior=None)
    assert spread.slope == pytest.approx(together.slope, abs=1e-4)
    assert spread.covariance == pytest.approx(together.covariance, rel=1e-3)


def likelihood(parameters, answers, prior=None, nodes=201):
    """Marginal log-likelihood by a program of its own: Gauss and Hermite with many nodes."""
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    n = len(parameters) // 2
    eta = parameters[:n, None] * z + parameters[n:, None]
    right = np.asarray(answers.right)
    logs = right @ -np.logaddexp(0, -eta) + (1 - right) @ -np.logaddexp(0, eta)
    value = float(np.asarray(answers.times) @ np.log(np.exp(logs) @ w / w.sum()))
    if prior is not None:
        value -= (((parameters[:n] - prior.slope[0]) / prior.slope[1]) ** 2).sum() / 2
        value -= (((parameters[n:] - prior.intercept[0]) / prior.intercept[1]) ** 2).sum() / 2
    return value


@pytest.mark.parametrize("prior", [None, Prior((1.0, 0.3), (0.0, 1.0))])
def test_against_a_general_optimiser_and_its_curvature(prior):
    optimize = pytest.importorskip("scipy.optimize")
    found = calibrated(LSAT, prior)
    ours = np.concatenate([found.slope, found.intercept])
    best = optimize.minimize(lambda x: -likelihood(x, LSAT, prior), ours + 0.05, method="BFGS")
    assert ours == pytest.approx(best.x, abs=2e-3)
    assert likelihood(ours, LSAT, prior) >= -best.fun - 1e-6
    step = 2e-3 * np.eye(10)
    hessian = np.array([
        [-(likelihood(ours + a + b, LSAT, prior) - likelihood(ours + a - b, LSAT, prior)
           - likelihood(ours - a + b, LSAT, prior) + likelihood(ours - a - b, LSAT, prior)) / 1.6e-5 for b in step]
        for a in step
    ])  # fmt: skip
    assert np.linalg.inv(hessian) == pytest.approx(found.covariance, rel=0.02, abs=2e-3)


def test_abilities_against_direct_integration():
    integrate = pytest.importorskip("scipy.integrate")
    items = calibrated(LSAT, prior=None)
    given = np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])
    found = abilities(items, Answers(given))

    def moment(power):
        def density(theta):
            p = 1 / (1 + np.exp(-(items.slope * theta + items.intercept)))
            return theta**power * np.exp(-(theta**2) / 2) * np.prod(np.where(given[0] == 1, p, 1 - p))

        return integrate.quad(density, -9, 9)[0]

    mean = moment(1) / moment(0)
    assert found.theta[0] == pytest.approx(mean, abs=1e-7)
    assert found.u_answers[0] == pytest.approx(np.sqrt(moment(2) / moment(0) - mean**2), abs=1e-7)
    # the part of the items: the change of the estimate with each parameter, by differences
    parameters = np.concatenate([items.slope, items.intercept])
    gradient = []
    for step in 1e-4 * np.eye(10):
        up, down = (abilities(items._replace(slope=x[:5], intercept=x[5:]), Answers(given)).theta[0]
                    for x in (parameters + step, parameters - step))  # fmt: skip
        gradient.append((up - down) / 2e-4)
    assert found.u_items[0] == pytest.approx(np.sqrt(np.array(gradient) @ items.covariance @ gradient), rel=1e-5)


def test_information_is_that_of_the_logistic_regression_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(1)
    slope, difficulty, _, _ = simulated(rng, 1, 400)
    items = Items(slope, -slope * difficulty, np.eye(800), 0.0)
    right = (rng.random(400) < 1 / (1 + np.exp(-slope * (0.5 - difficulty)))).astype(float)
    fit = sm.GLM(right, slope[:, None], family=sm.families.Binomial(), offset=items.intercept).fit()
    assert items.information(fit.params)[0] == pytest.approx(1 / fit.bse[0] ** 2, rel=1e-6)
    found = abilities(items, Answers(right[None, :]))  # flat data against a weak prior: nearly maximum likelihood
    assert found.theta[0] == pytest.approx(fit.params[0], abs=0.05)


def test_recovery_and_coverage():
    rng = np.random.default_rng(2)
    slope, difficulty, theta, right = simulated(rng, 600, 80)
    items = calibrated(Answers(right))
    slope_u, difficulty_u = items.u
    assert np.corrcoef(items.difficulty, difficulty)[0, 1] > 0.98
    assert np.corrcoef(items.slope, slope)[0, 1] > 0.8
    assert np.mean(np.abs(items.slope - slope) < 1.96 * slope_u) > 0.88
    assert np.mean(np.abs(items.intercept + slope * difficulty) < 1.96 * np.sqrt(np.diag(items.covariance)[80:])) > 0.88
    found = abilities(items, Answers(right))
    assert 0.92 < np.mean(np.abs(found.theta - theta) < 1.96 * found.u) < 0.98
    assert (found.u > found.u_answers).all() and (found.u_items > 0).all()


def test_missing_answers_are_not_wrong_answers():
    rng = np.random.default_rng(3)
    slope, difficulty, theta, right = simulated(rng, 800, 30)
    present = rng.random(right.shape) < 0.6
    items = calibrated(Answers(np.where(present, right, 0.0), present))
    same = calibrated(Answers(np.where(present, right, 1.0), present))
    assert items.slope == pytest.approx(same.slope)
    assert np.corrcoef(items.difficulty, difficulty)[0, 1] > 0.95
    some, all_of_them = abilities(items, Answers(right, present)), abilities(items, Answers(right))
    assert some.u_answers.mean() > all_of_them.u_answers.mean()
    nothing = abilities(items, Answers(right[:1], np.zeros((1, 30), bool)))
    assert (nothing.theta[0], nothing.u_answers[0]) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-6))


def test_another_anchor_changes_numbers_and_no_probability():
    rng = np.random.default_rng(4)
    _, _, _, right = simulated(rng, 300, 20)
    items = calibrated(Answers(right))
    moved = rescaled(items, 500.0, 100.0)
    here, there = abilities(items, Answers(right)), abilities(moved, Answers(right))
    assert there.theta == pytest.approx(500 + 100 * here.theta, rel=1e-9)
    assert there.u == pytest.approx(100 * here.u, rel=1e-6)
    assert moved.difficulty == pytest.approx(500 + 100 * items.difficulty)
    assert moved.u[1] == pytest.approx(100 * items.u[1], rel=1e-9)
    assert moved.information(there.theta) == pytest.approx(items.information(here.theta) / 1e4)


def test_an_item_keyed_wrong_shows_itself():
    rng = np.random.default_rng(5)
    _, _, _, right = simulated(rng, 500, 20, 0.1)
    right[:, 7] = 1 - right[:, 7]
    items = calibrated(Answers(right))
    assert items.slope[7] < 0 and (np.delete(items.slope, 7) > 0).all()


@pytest.mark.parametrize(
    ("right", "prior", "code"),
    [
        (np.array([[1, 0, 1], [1, 1, 0]]), Prior(), "items.alike"),
        (np.array([[1, 0], [0, 1]]), Prior(), "numbers.too_few"),
        (np.array([[1, 0, 2], [0, 1, 0]]), Prior(), "numbers.range"),
        (np.array([[1, 0, 1], [0, 1, 0]]), Prior((1.0, 0.0)), "numbers.range"),
        (np.array([1, 0, 1]), Prior(), "numbers.range"),
        (np.array([[1, 0, np.nan], [0, 1, 0]]), Prior(), "numbers.not_finite"),
    ],
)
def test_refusals(right, prior, code):
    with pytest.raises(BadInput) as refused:
        calibrated(Answers(right), prior)
    assert refused.value.code == code


def test_answers_to_other_items_are_refused_and_few_data_need_a_prior():
    rng = np.random.default_rng(6)
    _, _, _, right = simulated(rng, 12, 4)
    items = Items(np.ones(4), np.zeros(4), np.eye(8), 0.0)
    with pytest.raises(BadInput, match="'items' is 3"):
        abilities(items, Answers(right[:, :3]))
    few = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    assert np.isfinite(calibrated(Answers(few)).slope).all()
