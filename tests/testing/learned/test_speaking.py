"""Answers do not depend on what is asked at the same time."""

import numpy as np
import pytest

from assay.testing.learned.checkpoint import shipped
from assay.testing.learned.sampling import Ask
from assay.testing.learned.speaking import Speaker

ASKS = [Ask(f"What is {10 + n} + {90 - n}? Answer with the number alone.", seed=n, temperature=1.5) for n in range(12)]


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker(shipped("rm-1"))


def test_together_and_alone_the_answers_are_the_same(speaker: Speaker) -> None:
    together = speaker.answers(ASKS)
    assert len({told.text for told in together}) > 4
    for ask, told in zip(ASKS, together, strict=True):
        (alone,) = speaker.answers([ask])
        assert (alone.text, alone.tokens, alone.cut) == (told.text, told.tokens, told.cut)
        assert (alone.logs == told.logs).all()


def test_log_probabilities_are_those_of_the_draws(speaker: Speaker) -> None:
    (told,) = speaker.answers([ASKS[0]])
    assert told.logs.shape == (len(told.tokens), speaker.tokens.outputs)
    assert np.exp(told.logs).sum(axis=1) == pytest.approx(1, abs=1e-12)


def test_an_answer_ends_at_its_limit_or_at_a_stop(speaker: Speaker) -> None:
    (whole,) = speaker.answers([Ask(ASKS[0].prompt, temperature=0)])
    assert not whole.cut and len(whole.text) == len(whole.tokens)
    (short,) = speaker.answers([Ask(ASKS[0].prompt, temperature=0, max_tokens=1)])
    assert short.cut and short.text == whole.text[:1]
    (stopped,) = speaker.answers([Ask(ASKS[0].prompt, temperature=0, stop=(whole.text[-1],))])
    assert not stopped.cut and stopped.text == whole.text[: whole.text.index(whole.text[-1])]


def test_nothing_is_asked() -> None:
    assert Speaker(shipped("rm-0")).answers([]) == []
