"""The reference endpoint, made to know the prompts of ``llm.choice``."""

from pathlib import Path

import msgspec

from assay.api.measurement import recipe
from assay.store.laboratory import writing
from assay.testing.reference import ReferenceModel, skeleton
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
    """

    score: float = 0.85
    items: int = 200
    groups: int = 0
    variants: int = 3
    repeats: int = 4
    seed: int = 0
    latency_ms: float = 0.0
    faults: bool = False


def reference(settings: Settings) -> ReferenceServer:
    """A server whose certified values are those for the first variants of ``llm.choice``."""
    if not 0 <= settings.latency_ms <= 3_600_000:
        got, expected = repr(settings.latency_ms), "milliseconds, from 0 to an hour"
        raise BadInput("setting.value", where="reference endpoint", key="latency_ms", got=got, expected=expected)
    probe = ReferenceModel(seed=settings.seed, n_items=settings.items, n_groups=settings.groups).item(0)
    made = recipe({"part": "llm.choice", "variants": settings.variants})
    wordings = {v.name: skeleton(made.bench.stimulus(probe, v), probe) for v in made.procedure.plan.variants}
    model = ReferenceModel(
        seed=settings.seed,
        n_items=settings.items,
        n_groups=settings.groups,
        score=settings.score,
        variants=wordings,
    )
    faults = Faults.standard(seed=settings.seed) if settings.faults else Faults()
    return ReferenceServer(model=model, faults=faults, latency_ms=settings.latency_ms)


def write(server: ReferenceServer, settings: Settings, url: str, folder: str | Path) -> list[Path]:
    """Write the items, a measurement file that fits, and the certificate.

    Returns:
        The three files, the measurement file first.
    """
    place = Path(folder)
    paths = [place / "measurement.toml", place / "items.jsonl", place / "certificate.json"]
    certificate = msgspec.json.format(msgspec.json.encode(server.model.certificate()), indent=2)
    contents = [_MEASUREMENT.format(url=url, s=settings).encode(), server.model.items_jsonl(), certificate + b"\n"]
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
    return paths


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
