"""The forward pass: like a plain one in double precision, and to the bit the same whatever is read together."""

import os
import subprocess
import sys

import numpy as np
import pytest

from assay.testing.learned.checkpoint import Checkpoint, shipped
from assay.testing.learned.network import Network, joined

PROMPTS = ("What is 23 + 45? Answer with the number alone.", "77 - 12 等于多少？只写数字。", "Write \"bcd\" again.")


def plain(made: Checkpoint, tokens: list[int]) -> np.ndarray:
    """Logits after the last token, in double precision, without rounding anything: an independent implementation."""
    weight = {name: array.astype(float) * made.worth[name][:, None] for name, array in made.weight.items()}
    shape, n = made.shape, len(tokens)
    places = shape.width // shape.heads
    angle = np.outer(np.arange(n), shape.base ** (-2 * np.arange(places // 2) / places))
    wheel = np.exp(1j * angle)
    x = weight["embedding"][tokens]

    def unit(rows: np.ndarray) -> np.ndarray:
        return rows / np.sqrt((rows**2).mean(axis=1, keepdims=True))

    for layer in range(shape.layers):
        q, k, v = np.split(unit(x) @ weight[f"layers.{layer}.qkv"].T, 3, axis=1)
        seen = np.zeros_like(x)
        for head in range(shape.heads):
            part = slice(head * places, (head + 1) * places)
            a, b = ((y[:, part][:, : places // 2] + 1j * y[:, part][:, places // 2 :]) * wheel for y in (q, k))
            score = (a @ b.conj().T).real / np.sqrt(places)
            score[np.triu_indices(n, 1)] = -np.inf
            share = np.exp(score - score.max(axis=1, keepdims=True))
            seen[:, part] = share / share.sum(axis=1, keepdims=True) @ v[:, part]
        x = x + seen @ weight[f"layers.{layer}.out"].T
        x = x + np.maximum(unit(x) @ weight[f"layers.{layer}.up"].T, 0) @ weight[f"layers.{layer}.down"].T
    return unit(x)[-1] @ weight["head"].T


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(shipped("rm-1"))


def test_it_is_what_a_plain_pass_gives_but_for_rounding(network: Network) -> None:
    far = []
    for prompt in PROMPTS:
        tokens = network.checkpoint.tokens.prompt(prompt)
        made = network.logits(np.array([tokens]), network.begun(1, len(tokens)))[0, 0]
        wanted = plain(network.checkpoint, tokens)
        assert made.argmax() == wanted.argmax()
        far.append(np.sqrt(np.mean((made - wanted) ** 2)) / wanted.std())
    assert max(far) < 0.05


def test_alone_or_with_others_the_bits_are_the_same(network: Network) -> None:
    tokens = np.random.default_rng(1).integers(0, network.checkpoint.tokens.size, (13, 24))
    together = network.logits(tokens, network.begun(13, 24))
    for n, row in enumerate(tokens):
        assert (network.logits(row[None], network.begun(1, 24))[0] == together[n]).all()


def test_read_at_once_or_one_by_one_the_bits_are_the_same(network: Network) -> None:
    tokens = network.checkpoint.tokens.prompt(PROMPTS[0])
    memory = network.begun(1, 2)
    each = [network.logits(np.array([[token]]), memory)[0, 0] for token in tokens]
    at_once = network.logits(np.array([tokens]), network.begun(1, len(tokens)), len(tokens))[0]
    assert (np.array(each) == at_once).all()
    assert memory.length.tolist() == [len(tokens)]


def test_conversations_of_different_length_do_not_see_each_other(network: Network) -> None:
    read = [network.checkpoint.tokens.prompt(prompt) for prompt in PROMPTS]
    memories = [network.begun(1, len(row)) for row in read]
    for row, memory in zip(read, memories, strict=True):
        network.logits(np.array([row]), memory)
    memory = joined(memories).kept(np.array([True, False, True]))
    made = network.logits(np.array([[3], [3]]), memory)
    for n, place in enumerate((0, 2)):
        alone = network.logits(np.array([[*read[place], 3]]), network.begun(1, len(read[place]) + 1))
        assert (made[n] == alone[0]).all()


def test_long_prompts_are_read_in_parts_to_the_same_end(network: Network) -> None:
    tokens = np.random.default_rng(2).integers(0, network.checkpoint.tokens.size, (1, 600))
    at_once = network.logits(tokens, network.begun(1, 600))
    memory = network.begun(1, 600)
    network.logits(tokens[:, :301], memory)
    assert (network.logits(tokens[:, 301:], memory) == at_once).all()


PROGRAM = """
import hashlib, numpy
from assay.testing.learned.checkpoint import shipped
from assay.testing.learned.network import Network
network = Network(shipped("rm-1"))
tokens = numpy.random.default_rng(1).integers(0, network.checkpoint.tokens.size, (5, 40))
print(hashlib.sha256(network.logits(tokens, network.begun(5, 40), 3).tobytes()).hexdigest())
"""


@pytest.mark.parametrize("kernel", ["", "Nehalem", "Prescott"])
def test_another_library_of_matrix_products_gives_the_same_bits(kernel: str) -> None:
    """The digest is that of the machine on which the true scores were counted; old kernels stand for others."""
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "1" if kernel else "2"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == DIGEST


DIGEST = "9bad0ffb4b32c5bb57c26079ff5e82a7d68fa83076130709bd63c4a30c1ddecb"
