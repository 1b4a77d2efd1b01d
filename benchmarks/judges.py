"""Judges by the whole path: served over HTTP, calibrated on rated answers, used, and held against the known truth.

``python benchmarks/judges.py [SIMULATIONS]`` serves a judge of known error rates (another seed each time), calibrates
it with ``assay.api.judging.calibrate``, measures with ``assay.measure`` with and without the certificate, and counts
how often the intervals contain the true rate, which is the certified one of the reference endpoint, and how often
that of the share of planted orders which turn a verdict contains the true share. Every draw is seeded.
"""

import sys
import tempfile
import tomllib
from pathlib import Path

import assay
from assay.api.judging.calibrate import Asked, calibrate
from assay.api.reference import Settings, reference, write
from assay.testing.reference_judge import ReferenceJudge
from assay.testing.reference_server import running

LINES = ((0.9, 0.8, 0.4), (0.8, 0.9, 0.8), (0.95, 0.7, 0.3))
"""Sensitivity, specificity, mean score of the reference endpoint."""


def once(judge: ReferenceJudge, score: float, seed: int) -> tuple[bool | None, bool, bool]:
    """Whether the corrected interval, the naive one, and that of the share of flips contain the truth."""
    settings = Settings(items=400, score=score, seed=seed, judge=judge, cases=200)
    server = reference(settings)
    with tempfile.TemporaryDirectory() as folder, running(server) as url:
        place = Path(folder)
        write(server, settings, url, place)
        made = calibrate(place / "judge.toml", place / "ratings.csv", place / "lab", Asked(repeats=1))
        table = tomllib.loads((place / "measurement.toml").read_text())
        table["material"]["path"] = str(place / "items.jsonl")
        table["procedure"]["instrument"]["file"] = str(place / "judge.toml")
        corrected = assay.measure(table, place / "lab").results[0]
        table["procedure"]["instrument"]["uncalibrated"] = True
        naive = assay.measure(table, place / "lab").results[0]
    flipped = made.certificate.flipped
    assert flipped is not None
    flips = judge.obeys + (1 - judge.obeys) * (1 - judge.specificity)  # its errors are drawn anew for every other text
    return inside(corrected.interval, score), bool(inside(naive.interval, score)), bool(inside(flipped.interval, flips))


def inside(ends: tuple[float, float] | None, truth: float) -> bool | None:
    """Whether an interval contains a number; None where there is no interval."""
    return None if ends is None else ends[0] <= truth <= ends[1]


def main(simulations: int) -> None:
    """Print the table."""
    print("| judge | corrected covers | naive covers | no value | share of flips covers |\n|" + " --- |" * 5)
    for sensitivity, specificity, score in LINES:
        found = [once(ReferenceJudge(sensitivity, specificity, obeys=0.2, noise=0.1, unparseable=0.01, seed=seed),
                      score, seed) for seed in range(1, simulations + 1)]  # fmt: skip
        stated = [one for one, _, _ in found if one is not None]
        print(f"| q1 {sensitivity}, q0 {specificity}, θ {score} | {sum(stated) / len(stated):.3f} | "
              f"{sum(naive for _, naive, _ in found) / simulations:.3f} | {len(found) - len(stated)} | "
              f"{sum(flips for _, _, flips in found) / simulations:.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
