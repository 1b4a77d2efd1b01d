"""Verdicts of juries, against numpy and counting by hand."""

from collections import Counter

import numpy as np
import pytest

from assay.uncertainty.judging.jury import verdicts
from assay.vocabulary.errors import BadInput


def test_against_numpy_and_a_count():
    rng = np.random.default_rng(1)
    value, present = rng.integers(0, 4, (300, 5)), rng.random((300, 5)) < 0.7
    mean, median, most = (verdicts(value, present, rule) for rule in ("mean", "median", "majority"))
    for row in range(300):
        votes = value[row, present[row]].tolist()
        assert (mean.votes[row], mean.missing[row]) == (len(votes), 5 - len(votes))
        if not votes:
            assert mean.value[row] is median.value[row] is most.value[row] is most.share[row] is None
            continue
        assert mean.value[row] == pytest.approx(np.mean(votes))
        assert median.value[row] == pytest.approx(np.median(votes))
        ranked = Counter(votes).most_common()
        tied = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
        assert most.tied[row] == tied and (most.value[row] is None) == tied
        if not tied:
            assert most.value[row] == ranked[0][0]
            assert most.share[row] == pytest.approx(ranked[0][1] / len(votes))


def test_a_failed_juror_is_no_vote_for_anything():
    found = verdicts([[1.0, 1.0, np.nan], [np.nan, np.nan, np.nan]], [[True, True, False], [False] * 3])
    assert found.value == (1.0, None) and found.share == (1.0, None)
    assert found.missing.tolist() == [1, 3]


def test_fewer_votes_than_wanted_are_no_verdict():
    found = verdicts([[1, 1, 1], [1, 1, 1]], [[True, True, True], [True, True, False]], least=3)
    assert found.value == (1.0, None)


def test_refusals():
    for value, present in (([1, 2], None), ([[]], None), ([[np.nan, 1.0]], None), ([[1.0, 2.0]], [[True]])):
        with pytest.raises(BadInput):
            verdicts(value, present)
