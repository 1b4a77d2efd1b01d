"""The reference endpoint, made to know the prompts of ``llm.choice``; and the learned reference models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from assay.api.measurement import recipe
from assay.api.runs import settings as pairs
from assay.catalogue.build import fill
from assay.store.laboratory import writing
from assay.testing.learned.census import POPULATIONS, certified
from assay.testing.learned.cover import ITEMS, REPEATS
from assay.testing.learned.server import LearnedServer
from assay.testing.reference import ReferenceModel, skeleton
from assay.testing.reference_judge import ReferenceJudge, rated_answers
from assay.testing.reference_server import Faults, ReferenceServer
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record


class Settings(Record, kw_only=True):
    """What the reference endpoint is to be.

    Attributes:
        score: true score of the population, averaged over the variants.
        items: number of items.
        groups: clusters the items are dealt to; 0 for none.
        variants: prompt variants of ``llm.choice`` that the score is averaged over.
        repeats: repeats in the measurement file that is written.
        seed: another seed is another subject.
        latency_ms: waiting time before each answer, in milliseconds.
        faults: whether the usual faults of servers occur.
        judge: a judge that answers under the name ``judge``; the subject's score is then that of the items as they
            stand, without any wording.
        cases: number of rated answers that are written for the judge.
    """

    score: float = 0.85
    items: int = 200
    groups: int = 0
    variants: int = 3
    repeats: int = 4
    seed: int = 0
    latency_ms: float = 0.0
    faults: bool = False
    judge: ReferenceJudge | None = None
    cases: int = 200


def judge(text: str | None) -> ReferenceJudge | None:
    """A judge from settings such as ``sensitivity=0.9,specificity=0.8``; None for None.

    Raises:
        BadInput: an unknown setting, or a rate outside of 0 to 1.
    """
    if text is None:
        return None
    made: ReferenceJudge = fill(ReferenceJudge, pairs([pair for pair in text.split(",") if pair]), "--judge")
    return made


def reference(settings: Settings) -> ReferenceServer:
    """A server whose certified values are those for the first variants of ``llm.choice``."""
    if not 0 <= settings.latency_ms <= 3_600_000:
        got, expected = repr(settings.latency_ms), "milliseconds, from 0 to an hour"
        raise BadInput("setting.value", where="reference endpoint", key="latency_ms", got=got, expected=expected)
    probe = ReferenceModel(seed=settings.seed, n_items=settings.items, n_groups=settings.groups).item(0)
    made = recipe({"part": "llm.choice", "variants": settings.variants})
    wordings = {v.name: skeleton(made.bench.stimulus(probe, v), probe) for v in made.procedure.plan.variants}
    if settings.judge is not None:
        wordings = {}
    model = ReferenceModel(
        seed=settings.seed,
        n_items=settings.items,
        n_groups=settings.groups,
        score=settings.score,
        variants=wordings,
    )
    faults = Faults.standard(seed=settings.seed) if settings.faults else Faults()
    return ReferenceServer(model=model, faults=faults, latency_ms=settings.latency_ms, judge=settings.judge)


def learned(models: Sequence[str]) -> LearnedServer:
    """A server of learned reference models, whose weights are read and checked at once.

    Raises:
        BadInput: there is no model of a name, or its file is broken or not the one that was certified.
    """
    server = LearnedServer(tuple(dict.fromkeys(models)))
    assert server.checkpoints
    return server


def write_learned(server: LearnedServer, url: str, folder: str | Path, seed: int = 1) -> list[Path]:
    """Write a measurement file for the first model, and the true scores of all that are served.

    Args:
        server: the models.
        url: where they are served.
        folder: where to write.
        seed: another one draws other items.
    Returns:
        The files, the measurement file first.
    """
    place = Path(folder)
    files = {"measurement.toml": LEARNED.format(url=url, model=server.models[0], seed=seed, **SAMPLE).encode(),
             "census.json": _census(server.models)}  # fmt: skip
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
    return [place / name for name in files]


def _census(models: Sequence[str]) -> bytes:
    rows = [row for row in certified() if row.model in models]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"


def write(server: ReferenceServer, settings: Settings, url: str, folder: str | Path) -> list[Path]:
    """Write the items, a measurement file that fits, and the certificate.

    With a judge, the measurement is one by the judge, and there are its file and rated answers to calibrate it on.

    Returns:
        The files, the measurement file first.
    """
    place = Path(folder)
    paths = [place / "measurement.toml", place / "items.jsonl", place / "certificate.json"]
    certificate = msgspec.json.format(msgspec.json.encode(server.model.certificate()), indent=2)
    measurement = _MEASUREMENT if settings.judge is None else _JUDGED
    contents = [measurement.format(url=url, s=settings).encode(), server.model.items_jsonl(), certificate + b"\n"]
    if settings.judge is not None:
        paths += [place / "judge.toml", place / "ratings.csv"]
        contents += [_JUDGE.format(url=url).encode(), rated_answers(settings.cases, settings.seed + 1)]
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
    return paths


POPULATION: Final = POPULATIONS[0]
"""All sums of two two-digit numbers, asked in English."""
TEMPERATURE: Final = 1.0
SAMPLE: Final = {"items": ITEMS, "size": 8_100, "repeats": REPEATS, "temperature": TEMPERATURE}
"""How many of them the demonstration draws, and how it asks."""

LEARNED: Final = """title = "{model}: sums of two two-digit numbers"
[subject]
part = "llm.endpoint"
base_url = "{url}/v1"
model = "{model}"
api_key_env = ""
temperature = {temperature}
[material]
part = "bank.census"
generator = "bank.two_digit_sums"
settings = {{ operation = "sum" }}
n = {items}
seed = {seed}
[procedure]
part = "bank.text"
repeats = {repeats}
estimand = "population"
[[procedure.channel]]
measurand = "llm.accuracy"
instrument = "general.exact"
estimator = {{ part = "general.mean", population_items = {size} }}
"""

_MEASUREMENT = """title = "Reference endpoint"
[subject]
part = "llm.endpoint"
base_url = "{url}/v1"
model = "reference"
[material]
part = "general.table"
path = "items.jsonl"
[procedure]
part = "llm.choice"
repeats = {s.repeats}
variants = {s.variants}
estimand = "population"
"""

_JUDGED = """title = "Reference endpoint, judged"
[subject]
part = "llm.endpoint"
base_url = "{url}/v1"
model = "reference"
[material]
part = "general.table"
path = "items.jsonl"
[procedure]
part = "judging.passing"
[procedure.instrument]
part = "judging.pointwise"
file = "judge.toml"
"""
_JUDGE = """part = "judging.pointwise"
rubric = "judging.correctness"
language = "en"
[judge]
part = "llm.endpoint"
base_url = "{url}/v1"
model = "judge"
"""
