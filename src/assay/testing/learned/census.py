"""True scores of the learned reference models over finite populations, without sampling error.

At a temperature T > 0 the probability that an answer is right is the product of the probabilities of its tokens, the
end included, since an answer has one spelling in tokens only; at T = 0 an answer is right or wrong. The true score is
the mean over all items. Right is: equal to the reference, character by character, as ``general.exact`` with
``ignore_case = false`` reads it (for figures and Chinese characters also as it stands).

``python -m assay.testing.learned.census`` computes all of them again and compares them with the certified ones.
"""

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from assay.catalogue.build import build
from assay.testing.learned.arithmetic import Wide
from assay.testing.learned.checkpoint import Checkpoint, names, shipped
from assay.testing.learned.network import Network
from assay.testing.learned.sampling import allowed, log_probabilities
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json, Record

TEMPERATURES: Final = (0.0, 0.5, 1.0)
TOLERANCE: Final = 1e-9
"""Largest difference of a certified value from one computed again, on any machine that keeps to IEEE 754."""

_FILE: Final = Path(__file__).parent / "weights" / "census.json"
_TOGETHER: Final = 256


class Population(Record, kw_only=True):
    """All items of a finite generator in one language.

    Attributes:
        generator: such as ``bank.two_digit_sums``.
        language: ``en`` or ``zh``.
        settings: factors of the generator.
    """

    generator: str
    language: str
    settings: dict[str, Json] = {}

    def items(self, places: slice = slice(None)) -> list[tuple[str, str]]:
        """Question and right answer of each item, or of those at some places."""
        made = build("material", PartUse(part="bank.census", settings=msgspec.structs.asdict(self)), "census")
        items: Sequence[Any] = made.load(Path()).items[places]
        return [(item.stimulus, item.reference) for item in items]


class Certified(Record, kw_only=True):
    """A true score.

    Attributes:
        model: such as ``rm-1``.
        weights: SHA-256 of the checkpoint, in hexadecimal.
        population: the items.
        size: how many there are.
        scores: true score by temperature, as text such as ``0.5``.
    """

    model: str
    weights: str
    population: Population
    size: int
    scores: dict[str, float]


POPULATIONS: Final = tuple(
    Population(generator=f"bank.{name}", language=language, settings=settings)
    for name, settings in (
        ("two_digit_sums", {"operation": "sum"}), ("two_digit_sums", {"operation": "difference"}),
        ("number_order", {"wanted": "larger"}), ("number_order", {"wanted": "smaller"}),
        ("digit_sorting", {"length": 3}), ("digit_sorting", {"length": 4}),
        ("letter_rows", {"task": "copy"}), ("letter_rows", {"task": "reverse"}), ("days_later", {"days": 99}),
        ("agreement", {"distance": "next"}), ("agreement", {"distance": "apart"}),
    )
    for language in ("en", "zh")
)  # fmt: skip


def chances(network: Network, items: Sequence[tuple[str, str]], temperatures: Sequence[float]) -> Wide:
    """Probability of the right answer of each item.

    Args:
        network: the model.
        items: question and right answer.
        temperatures: 0 or more each.
    Returns:
        Shape (items, temperatures); exact but for the rounding of the exponential function (about 1e-15 each).
    """
    tokens = network.checkpoint.tokens
    made = np.zeros((len(items), len(temperatures)))
    alike: dict[tuple[int, int], list[tuple[int, list[int], list[int]]]] = defaultdict(list)
    for place, (question, answer) in enumerate(items):
        spelled = tokens.spelled(answer)
        if spelled is not None:  # what can never be written has the probability 0
            read = tokens.prompt(question)
            alike[len(read), len(spelled)].append((place, read, spelled))
    for rows in alike.values():
        for start in range(0, len(rows), _TOGETHER):
            part = rows[start : start + _TOGETHER]
            made[[row[0] for row in part]] = _chances(network, part, temperatures)
    return made


def _chances(network: Network, rows: list[tuple[int, list[int], list[int]]], temperatures: Sequence[float]) -> Wide:
    tokens = np.array([read + spelled[:-1] for _, read, spelled in rows])
    wanted = np.array([spelled for _, _, spelled in rows])
    logits = network.logits(tokens, network.begun(len(rows), tokens.shape[1]), wanted.shape[1])
    logits = allowed(logits, network.checkpoint.tokens, tokens[:, -wanted.shape[1] :])
    logs = log_probabilities(logits)
    made = []
    for temperature in temperatures:
        if temperature == 0:
            made.append((logs.argmax(axis=-1) == wanted).all(axis=1).astype(np.float64))
            continue
        each = np.take_along_axis(log_probabilities(logs, temperature), wanted[..., None], axis=-1)[..., 0]
        made.append(np.exp(each.sum(axis=1)))
    return np.stack(made, axis=1)


def counted(checkpoint: Checkpoint, populations: Sequence[Population] = POPULATIONS) -> Iterator[Certified]:
    """The true scores of a model, computed from its weights."""
    network = Network(checkpoint)
    for population in populations:
        found = chances(network, population.items(), TEMPERATURES)
        scores = {f"{t:g}": math.fsum(found[:, k]) / len(found) for k, t in enumerate(TEMPERATURES)}
        yield Certified(model=checkpoint.name, weights=checkpoint.digest, population=population, size=len(found),
                        scores=scores)  # fmt: skip


@cache
def certified() -> tuple[Certified, ...]:
    """The true scores that come with assay."""
    return msgspec.json.decode(_FILE.read_bytes(), type=tuple[Certified, ...])


def score(model: str, population: Population, temperature: float) -> float:
    """A certified true score.

    Raises:
        BadInput: there is none for this model, population and temperature, or it is one of other weights.
    """
    for row in certified():
        if (row.model, row.population) == (model, population) and f"{temperature:g}" in row.scores:
            if row.weights != shipped(model).digest:
                raise BadInput("learned.census", model=model, digest=shipped(model).digest, expected=row.weights)
            return row.scores[f"{temperature:g}"]
    raise BadInput("learned.uncounted", model=model, generator=population.generator, temperature=f"{temperature:g}")


def main(arguments: list[str] | None = None) -> int:
    """Compute the true scores again; 1 if one differs from the certified one."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.learned.census", description=__doc__)
    parser.add_argument("--model", nargs="*", help="of these models only (default: all)")
    parser.add_argument("--generator", nargs="*", help="of these generators only, such as bank.days_later")
    parser.add_argument("--write", metavar="FILE", type=Path, help="write what was found as certified values")
    args = parser.parse_args(arguments)
    chosen = [one for one in POPULATIONS if not args.generator or one.generator in args.generator]
    print("| model | generator | settings | language | items | T = 0 | T = 0.5 | T = 1 | as certified |")
    print("|" + " --- |" * 9)
    found, worst = [], 0.0
    for name in args.model or names():
        for row in counted(shipped(name), chosen):
            found.append(row)
            worst = max(worst, _shown(row, compare=args.write is None))
    if args.write:
        args.write.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return int(worst > TOLERANCE)


def _shown(row: Certified, compare: bool) -> float:
    """Print a row; the largest difference from the certified values."""
    settings = ", ".join(f"{key}={value}" for key, value in row.population.settings.items())
    cells = " | ".join(f"{row.scores[f'{t:g}']:.6f}" for t in TEMPERATURES)
    far = max((abs(row.scores[f"{t:g}"] - score(row.model, row.population, t)) for t in TEMPERATURES), default=0.0) \
        if compare else 0.0  # fmt: skip
    same = ("yes" if far <= TOLERANCE else f"NO: {far:.2g}") if compare else "new"
    print(f"| {row.model} | {row.population.generator} | {settings} | {row.population.language} | {row.size} "
          f"| {cells} | {same} |", flush=True)  # fmt: skip
    return far


if __name__ == "__main__":
    raise SystemExit(main())
