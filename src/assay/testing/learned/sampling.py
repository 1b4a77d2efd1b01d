"""How a learned reference model draws an answer from its probabilities.

    P(token) = exp(l / T) / sum over tokens of exp(l / T)

with the logits l, minus infinity for what the rules of spelling exclude, and the temperature T; at T = 0 the token
with the largest logit is written. Each draw compares a number that is a pure function of the weights' digest, the
request's seed, the prompt and the place in the answer with the running sum of the probabilities.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from assay.testing.learned.arithmetic import Ints, Wide
from assay.testing.learned.tokens import END, Tokens
from assay.testing.reference import uniforms

MOST: Final = 256
"""Tokens of the longest answer."""


class Ask(NamedTuple):
    """One request.

    Attributes:
        prompt: its text.
        seed: another seed draws another answer.
        temperature: 0 for the likeliest token each time.
        top_p: tokens are drawn from the likeliest ones that together have this probability.
        max_tokens: characters after which the answer is cut off, at most 256.
        stop: texts at which the answer ends.
    """

    prompt: str
    seed: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = MOST
    stop: tuple[str, ...] = ()


class Told(NamedTuple):
    """One answer.

    Attributes:
        text: what was written.
        tokens: the characters as tokens.
        logs: natural logarithms of the probabilities at temperature 1 of all tokens at each place that was written,
            shape (tokens, outputs).
        cut: whether it was cut off at ``max_tokens``.
        asked: tokens of the prompt.
    """

    text: str
    tokens: list[int]
    logs: Wide
    cut: bool
    asked: int


def allowed(logits: Wide, tokens: Tokens, before: Ints) -> Wide:
    """Logits by the rules of spelling: no answer is empty, and a space stands between two other characters.

    Args:
        logits: shape (…, outputs); changed in place.
        tokens: the vocabulary.
        before: the token before, shape (…); the mark before the answer at its start.
    """
    bound = (before == tokens.answer) | (before == tokens.space)
    logits[bound, END] = -np.inf
    logits[bound, tokens.space] = -np.inf
    return logits


def log_probabilities(logits: Wide, temperature: float | Wide = 1.0) -> Wide:
    """Natural logarithms of probabilities along the last axis, for a temperature above 0."""
    scaled = (logits - logits.max(axis=-1, keepdims=True)) / temperature
    made: Wide = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return made


def drawn(logs: Wide, ask: Ask, key: str, place: int) -> int:
    """The token at a place of an answer.

    Args:
        logs: log-probabilities at temperature 1, shape (outputs,).
        ask: the request.
        key: digest of the weights.
        place: in the answer, from 0.
    """
    if ask.temperature == 0:
        return int(logs.argmax())
    chance = np.exp((logs - logs.max()) / ask.temperature)
    if ask.top_p < 1:
        order = np.argsort(-chance, kind="stable")
        before = np.cumsum(chance[order]) - chance[order]
        chance[order[before >= ask.top_p * chance.sum()]] = 0
    running = np.cumsum(chance)
    (u,) = uniforms(1, "learned", key, ask.seed, place, ask.prompt)
    return min(int(np.searchsorted(running, u * running[-1], side="right")), len(logs) - 1)


def ended(text: str, stop: Sequence[str]) -> str | None:
    """The text before the first of the stops in it; None if there is none."""
    found = [place for one in stop if (place := text.find(one)) >= 0]
    return text[: min(found)] if found else None
