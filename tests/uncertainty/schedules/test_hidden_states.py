"""The test of a schedule with hidden states: uniform where it should be, and small elsewhere."""

import numpy as np
import pytest
from scipy import integrate, linalg, stats

from assay.uncertainty.schedules.arrivals import constant, first, mmpp, poisson
from assay.uncertainty.schedules.hidden_states import _exponentials, _survivals, states_fit
from assay.uncertainty.schedules.offered import gaps_fit
from assay.vocabulary.errors import BadInput

TWO = [(15.0, 2.0), (5.0, 2.0)]


def test_with_one_state_it_is_the_test_of_a_poisson_process() -> None:
    made = poisson(5.0, 2000, 1)
    with_first = made._replace(at_ns=np.concatenate([[0], made.at_ns]))
    assert states_fit(made, [(5.0, 3.0)]).distance == pytest.approx(gaps_fit(with_first, 5.0).distance, abs=1e-7)
    assert states_fit(made, [(5.0, 3.0)]).p == pytest.approx(gaps_fit(with_first, 5.0).p, abs=1e-4)


@pytest.mark.parametrize("states", [TWO, [(100.0, 0.1), (0.0, 0.9)], [(1.0, 1.0), (2.0, 1.0), (9.0, 2.0)]])
def test_p_is_uniform_for_what_it_should_be(states: list[tuple[float, float]]) -> None:
    p = [states_fit(mmpp(states, 300, seed), states).p for seed in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize("states", [TWO, [(100.0, 0.1), (0.0, 0.9)]])
def test_another_process_does_not_fit(states: list[tuple[float, float]]) -> None:
    rate = sum(a * b for a, b in states) / sum(b for _, b in states)
    faster = mmpp([(2 * a, b / 2) for a, b in states], 20_000, 1)
    for made in (poisson(rate, 20_000, 1), constant(rate, 20_000), faster):
        assert states_fit(made, states).p < 1e-6


def test_a_gap_that_cannot_be_is_told() -> None:
    found = _survivals(np.array([1e6, 0.1]), np.array([[10.0, 1.0], [20.0, 1.0]]))
    assert found[0] == 0.0 and 0 < found[1] < 1


def test_the_first_gap_by_the_matrix_exponential_and_by_the_integral_over_the_switch() -> None:
    """Two states: silence up to t means no arrival before and after the change, if it comes."""
    (a, stay), (b, other) = (3.0, 2.0), (1.0, 0.5)
    matrix = np.array([[-1 / stay - a, 1 / stay], [1 / other, -1 / other - b]])
    times = np.array([0.0, 1e-6, 0.3, 5.0])
    assert _exponentials(matrix, times) == pytest.approx(np.array([linalg.expm(matrix * t) for t in times]), rel=1e-11)
    slow = _exponentials(np.array([[-a - 1e-9, 1e-9], [0.0, -b]]), np.array([0.7]))[0, 0, 1]
    assert slow == pytest.approx(1e-9 * integrate.quad(lambda s: np.exp(-a * s - b * (0.7 - s)), 0, 0.7)[0], rel=1e-6)


def test_the_first_arrivals_of_a_schedule() -> None:
    made = poisson(5.0, 100, 3)
    few = first(made, 40)
    assert few.at_ns.tolist() == made.at_ns[:40].tolist()
    assert (few.kind, few.seed, few.digest) == ("poisson", 3, poisson(5.0, 40, 3).digest)
    for n in (1, 101):
        with pytest.raises(BadInput):
            first(made, n)
