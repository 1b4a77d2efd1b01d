"""Train the reference models: ``python training/train.py FOLDER``, on a CPU, in under 30 minutes.

Writes ``vocabulary.json``, ``step-N.npz`` for each step asked for, and ``record.json`` with the course of the
training. ``training/export.py`` makes checkpoints of these.
"""

import argparse
import json
import math
import platform
import time
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import Final

import numpy as np
import torch
from corpus import FINITE, LONGEST, corpus, loaded_vocabulary, save_vocabulary, vocabulary
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

WIDTH: Final = 128
HEADS: Final = 4
LAYERS: Final = 4
HIDDEN: Final = 512
BASE: Final = 10_000.0
"""Base of the rotary positions."""

Example = tuple[list[int], list[int]]
"""Tokens of a prompt, and of its answer."""


def normed(x: Tensor) -> Tensor:
    """Root mean square 1 along the last axis."""
    return x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-6).to(x.dtype)


class Layer(nn.Module):
    """Attention with rotary positions, then a hidden layer of rectified units; no biases."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """States, shape (batch, length, width)."""
        q, k, v = self.qkv(normed(x)).view(*x.shape[:2], 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        later = torch.full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
        score = turned(q, cos, sin) @ turned(k, cos, sin).transpose(-1, -2) * q.shape[-1] ** -0.5
        seen = torch.softmax(score + later, -1) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(x.shape))
        return x + self.down(torch.relu(self.up(normed(x))))


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions: the first half of each head is turned against the second."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)


class Model(nn.Module):
    """The decoder; what a character is read by is what it is written by."""

    def __init__(self, size: int, outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, WIDTH)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.outputs = outputs
        for name, weight in self.named_parameters():
            nn.init.normal_(weight, std=weight.shape[-1] ** -0.5)
            if name.endswith(("out.weight", "down.weight")):
                weight.data /= math.sqrt(2 * LAYERS)
        half = WIDTH // HEADS // 2
        angle = torch.outer(torch.arange(512.0), BASE ** (-torch.arange(half) / half))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, tokens: Tensor, rows: Tensor, places: Tensor) -> Tensor:
        """Logits at some places only, shape (places, outputs)."""
        x, n = self.embedding(tokens) * WIDTH**0.5, tokens.shape[1]
        for layer in self.layers:
            x = layer(x, self.cos[:n], self.sin[:n])
        return linear(normed(x[rows, places]), self.embedding.weight[: self.outputs])


def batches(kept: list[Example], budget: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Places of examples of similar length, about ``budget`` tokens each, in a random order."""
    length = np.array([len(a) + len(b) for a, b in kept])
    order = np.argsort(length + rng.random(len(kept)) * 4, kind="stable")
    made, start = [], 0
    while start < len(order):
        end = start + max(1, budget // int(length[order[start]] + 4))
        made.append(order[start:end].tolist())
        start = end
    for place in rng.permutation(len(made)):
        yield made[place]


def packed(chosen: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens padded at the end; rows and places at which something is written; and what it is."""
    width = max(len(a) + len(b) for a, b in chosen)
    tokens = np.zeros((len(chosen), width), np.int64)
    rows, places, wanted = [], [], []
    for row, (asked, told) in enumerate(chosen):
        tokens[row, : len(asked) + len(told)] = asked + told
        rows += [row] * len(told)
        places += range(len(asked) - 1, len(asked) + len(told) - 1)
        wanted += told
    return tuple(map(torch.from_numpy, (tokens, np.array(rows), np.array(places), np.array(wanted))))  # type: ignore


def state(model: Model) -> dict[str, np.ndarray]:
    """The weights by name; the head is the embedding of what can be written, at its own scale."""
    made = {name.removesuffix(".weight"): w.detach().float().numpy() for name, w in model.named_parameters()}
    return made | {"embedding": made["embedding"] * WIDTH**0.5, "head": made["embedding"][: model.outputs]}


def restore(model: Model, path: Path) -> None:
    """Take the weights that ``state`` gave."""
    found = np.load(path)
    for name, weight in model.named_parameters():
        array = found[name.removesuffix(".weight")]
        weight.data.copy_(torch.from_numpy(array / WIDTH**0.5 if name.startswith("embedding") else array))


def main() -> None:
    """Train and write the checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--examples", type=int, default=600_000, help="items that are drawn")
    parser.add_argument("--steps", type=int, default=9_000, help="steps, over which the rate falls")
    parser.add_argument("--tokens", type=int, default=3_072, help="tokens of a batch")
    parser.add_argument("--rate", type=float, default=3e-3, help="largest rate of learning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=Path, help="state to go on from, a file step-N.npz; random weights without it")
    parser.add_argument("--threads", type=int, default=1, help="cores that are used")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    begun = time.monotonic()
    tokens = loaded_vocabulary(args.begin.parent) if args.begin else vocabulary(args.seed, 60_000)
    save_vocabulary(tokens, args.folder / "vocabulary.json")
    kept = [(asked, told) for _, asked, told in corpus(tokens, args.seed + 1, args.examples)]
    model = Model(tokens.size, tokens.outputs)
    if args.begin:
        restore(model, args.begin)
    train(model, kept, args, {
        "arguments": {key: getattr(value, "name", value) for key, value in vars(args).items()},
        "torch": torch.__version__, "python": platform.python_version(), "machine": platform.machine(),
        "parameters": sum(p.numel() for p in model.parameters()), "finite_share": FINITE, "longest": LONGEST,
        "corpus_s": round(time.monotonic() - begun, 1),
    })  # fmt: skip


def train(model: Model, kept: list[Example], args: argparse.Namespace, record: dict[str, object]) -> None:
    """The course of training: warm-up, then a rate that falls as a cosine to a hundredth."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05)
    first = int(args.begin.stem.partition("-")[2]) if args.begin else 0
    rng, start, seen, next_kept = np.random.default_rng(args.seed), time.monotonic(), 0, 100
    course: list[tuple[float, ...]] = []
    losses: list[float] = []
    endless = chain.from_iterable(batches(kept, args.tokens, rng) for _ in count())
    for step, chosen in enumerate(islice(endless, args.steps), 1):
        falling = 0.01 + 0.99 * (1 + math.cos(math.pi * step / args.steps)) / 2
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, step / 300) * falling
        inputs, rows, places, wanted = packed([kept[place] for place in chosen])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(inputs, rows, places)
        loss = cross_entropy(logits.float(), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses, seen = [*losses, loss.item()], seen + inputs.numel()
        if step % 100 == 0:
            course.append((first + step, round(float(np.mean(losses)), 4), round(time.monotonic() - start, 1), seen))
            losses = []
            print(*course[-1], f"of {first + args.steps}", flush=True)
        if step == next_kept or step == args.steps:
            np.savez(args.folder / f"step-{first + step}.npz", **state(model))
            next_kept = int(next_kept * 1.3) // 100 * 100 + 100
            told = {**record, "course": course, "training_s": round(time.monotonic() - start, 1)}
            (args.folder / "record.json").write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
